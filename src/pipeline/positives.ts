/** How positives are named in a model, whatever the way to their folder. */
import { basename, resolve } from 'node:path'
import { type Collected, collect } from '../images/collect.ts'
import { findLayout, isOfClass } from '../images/layout.ts'

export interface CollectedPositives extends Collected {
  /** Where the folder is the root of a data set: what of it is learnt, and what is left out. */
  readonly note?: string
}

/**
 * The images of a folder of positives, named by the folder's own name and the path below it: `train/17.jpg`. Errors as `collect`.
 * @param learnAll of the root of a data set, learn all images all the same
 */
export async function collectPositives(folder: string, learnAll = false): Promise<CollectedPositives> {
  const { images, failed, skipped } = await collect(folder, { names: 'relative' })
  const name = basename(resolve(folder))
  const layout = findLayout(learnAll ? [] : images.map((source) => source.name))
  const isPositive = isOfClass(layout)
  return {
    images: images
      .filter((source) => isPositive(source.name))
      .map((source) => ({ ...source, name: `${name}/${source.name}` })),
    failed: failed.map(({ image, error }) => ({ image: `${name}/${image}`, error })),
    skipped,
    ...(layout.note && { note: layout.note }),
  }
}
