/** A model fitted again: on what is kept of its positives, or, with another network, on the images themselves. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { OneclassError } from '../errors.ts'
import { openBackboneOf } from '../features/registry.ts'
import type { FileSource } from '../images/source.ts'
import { askedOfBase } from '../store/fit-facts.ts'
import { openRegistry } from '../store/registry.ts'
import { labelOf } from '../wire/label.ts'
import { readBaseVersion } from './base-version.ts'
import type { FitModelOptions } from './fit-model.ts'

export interface RefitOptions {
  /** The data directory. */
  readonly home: string
  /** NAME or NAME@VERSION. */
  readonly ref: string
  /** Another network than the model's own. */
  readonly backbone?: string | undefined
  /** Where the positives lie now. Default: as they were named, seen from the current directory. */
  readonly folder?: string | undefined
  /** Where the negatives lie now. */
  readonly negatives?: string | undefined
  /** Another alpha than the model's. */
  readonly alpha?: number | undefined
}

type RefitInput = Pick<
  FitModelOptions,
  'positives' | 'negatives' | 'backbone' | 'base' | 'alpha' | 'confidence' | 'calibration' | 'seed' | 'range'
>

/**
 * What `fitModel` takes for it. With the model's own network, where it is still here, no image is needed.
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_INCOMPATIBLE (nothing is kept), IMAGE_NOT_FOUND naming what is missing and the way out
 */
export async function refitInput({ home, ref, backbone, folder, negatives, alpha }: RefitOptions): Promise<RefitInput> {
  const { info, backbone: own, positives } = await readBaseVersion(openRegistry(home), ref)
  if (backbone === undefined && folder === undefined && (await isHere(own, home)))
    return { positives: undefined, base: labelOf(info), negatives }
  const { gallery } = positives
  const find = async (names: readonly string[], place: string | undefined) => {
    const sources = names.map((name) => sourceOf(name, place))
    const missing: FileSource[] = []
    for (const source of sources) if (!(await isFile(source.path))) missing.push(source)
    const [first] = missing
    if (first === undefined) return sources
    const lost = `${missing.length} of ${names.length} are not there, such as "${first.path}"`
    if (backbone === undefined && place !== undefined)
      throw new OneclassError(
        'IMAGE_NOT_FOUND',
        `The images of "${labelOf(info)}" are looked for by their names in "${place}": ${lost}. Name the folder where they lie, or none to fit on what is kept of them: oneclass fit --from-model ${ref}`,
      )
    const why = backbone === undefined ? 'which is not here: ' : ''
    throw new OneclassError(
      'IMAGE_NOT_FOUND',
      `Of "${labelOf(info)}" the embeddings of "${own.id}" are kept, ${why}and another network needs the images themselves: ${lost}. Start where their folder lies, or name it: oneclass fit DIR --from-model ${ref}${backbone === undefined ? '' : ` --backbone ${backbone}`}`,
    )
  }
  return {
    positives: await find(gallery.images, folder),
    negatives: negatives ?? (gallery.negatives && (await find(gallery.negatives.images, undefined))),
    backbone,
    ...askedOfBase(info, { alpha }),
    seed: info.seed,
    ...(info.range && { range: info.range }),
  }
}

/** A name begins with that of the folder: `train/17.jpg`. */
function sourceOf(name: string, folder: string | undefined): FileSource {
  return { name, path: folder === undefined ? resolve(name) : join(resolve(folder), name.slice(name.indexOf('/') + 1)) }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false
}

async function isHere(backbone: { readonly id: string; readonly hash: string }, home: string): Promise<boolean> {
  return await openBackboneOf(backbone, { home }).then(
    async (open) => {
      await open.close()
      return true
    },
    () => false,
  )
}
