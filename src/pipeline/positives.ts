/** How positives are named in a model, whatever the way to their folder. */
import { basename, resolve } from 'node:path'
import { type Collected, collect } from '../images/collect.ts'
import { findLayout, isOfClass, isOfOthers } from '../images/layout.ts'
import type { ImageSource } from '../images/source.ts'

export interface CollectedPositives extends Omit<Collected, 'images'> {
  readonly images: readonly ImageSource[]
  /** Where the folder is the root of a data set: what of it is learnt, and what is left out. */
  readonly note?: string
  readonly advice?: string
}

/**
 * The images of a folder of positives, named by the folder's own name and the path below it: `train/17.jpg`. Errors as `collect`.
 * @param learnAll of the root of a data set, learn all images all the same
 */
export async function collectPositives(folder: string, learnAll = false): Promise<CollectedPositives> {
  const { images, failed, skipped } = await collect(folder, { names: 'relative' })
  const name = basename(resolve(folder))
  const { images: ofClass, ...note } = ofOneClass(images, (source) => source.name, learnAll)
  return {
    images: ofClass.map((source) => ({ ...source, name: `${name}/${source.name}` })),
    failed: failed.map(({ image, error }) => ({ image: `${name}/${image}`, error })),
    skipped,
    ...note,
  }
}

/** The images of a folder of negatives; of the root of a data set its negatives only. Errors as `collect`. */
export async function collectNegatives(folder: string): Promise<CollectedPositives> {
  const { images, failed, skipped } = await collect(folder, { names: 'relative' })
  const isOther = isOfOthers(findLayout(images.map(({ name }) => name)))
  const name = basename(resolve(folder))
  return {
    images: images
      .filter((source) => isOther(source.name))
      .map((source) => ({ ...source, name: `${name}/${source.name}` })),
    failed: failed.map(({ image, error }) => ({ image: `${name}/${image}`, error })),
    skipped,
  }
}

/**
 * The images of the class, where they lie in a data set with other parts.
 * @param nameOf below the folder, with "/" between its parts
 */
export function ofOneClass<T>(
  images: readonly T[],
  nameOf: (image: T) => string,
  learnAll: boolean,
): { readonly images: readonly T[]; readonly note?: string; readonly advice?: string } {
  const layout = findLayout(learnAll ? [] : images.map(nameOf))
  const isPositive = isOfClass(layout)
  const { note, advice } = layout
  return {
    images: images.filter((image) => isPositive(nameOf(image))),
    ...(note && { note }),
    ...(advice && { advice }),
  }
}
