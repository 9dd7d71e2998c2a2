/** From positives to a model: images or feature rows in, an artifact and a report on what was in the folder out. */
import { fromRows, type Matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { fitEnsemble, minimumRows } from '../detectors/ensemble.ts'
import { describePositives } from '../detectors/similarity.ts'
import { type ErrorBody, OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import { groupNearDuplicates, type PerceptualHash, perceptualHash } from '../images/phash.ts'
import type { Artifact } from '../store/artifact.ts'

export interface FitOptions {
  /** False-rejection rate that decisions use, in (0, 1). Default 0.05. */
  readonly alpha?: number
  /** Default 1. The same positives, options and seed give the same bytes. */
  readonly seed?: number
  readonly onProgress?: (done: number, total: number, stage: 'images' | 'fitting') => void
  readonly signal?: AbortSignal
}

export interface FittedImages {
  readonly artifact: Artifact
  /** Images that the model was fitted on. */
  readonly used: number
  readonly rejected: readonly { readonly image: string; readonly error: ErrorBody }[]
  /** Groups of two or more images that look the same; they are used, but held out together. */
  readonly duplicates: readonly (readonly string[])[]
}

/** Bits by which perceptual hashes of the same photo may differ. */
const nearDuplicateBits = 4

/**
 * @param X embeddings of positives, one a row, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE, ALPHA_INVALID
 */
export async function fitFeatures(
  X: Matrix,
  options: FitOptions & {
    readonly images?: readonly string[]
    readonly backbone?: Artifact['backbone']
    readonly groups?: ArrayLike<number>
  } = {},
): Promise<Artifact> {
  const { alpha = 0.05, seed = 1, onProgress } = options
  assertAlpha(alpha)
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the seed to be a whole number from 0 on but received ${seed}.`,
    )
  }
  const ensemble = await fitEnsemble(
    X,
    {
      ...(options.groups ? { groups: options.groups } : {}),
      onProgress: (done, total) => onProgress?.(done, total, 'fitting'),
    },
    createRandom(seed),
  )
  return {
    backbone: options.backbone ?? null,
    dim: X.cols,
    n: X.rows,
    alpha,
    seed,
    ensemble,
    positives: { ...describePositives(ensemble.whitening, X), images: options.images ?? null },
  }
}

/** @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, ALPHA_INVALID, CANCELLED; an image that cannot be read is reported, not thrown */
export async function fitImages(
  sources: readonly ImageSource[],
  backbone: Backbone,
  options: FitOptions = {},
): Promise<FittedImages> {
  assertAlpha(options.alpha ?? 0.05)
  const rows: Float32Array[] = []
  const images: string[] = []
  const hashes: PerceptualHash[] = []
  const rejected: { image: string; error: ErrorBody }[] = []
  const pending = new Map<number, PerceptualHash>()
  const embedded = embedImages(backbone, sources, {
    onPixels: (index, pixels) => pending.set(index, perceptualHash(pixels)),
    onProgress: (done, total) => options.onProgress?.(done, total, 'images'),
    ...(options.signal ? { signal: options.signal } : {}),
  })
  for await (const { index, source, embedding, error } of embedded) {
    if (error) rejected.push({ image: source.name, error: error.toJSON() })
    else {
      rows.push(embedding)
      images.push(source.name)
      hashes.push(pending.get(index)!)
    }
    pending.delete(index)
  }
  if (rows.length < minimumRows) {
    const lost =
      rejected.length > 0 ? ` ${rejected.length} could not be read, the first: ${rejected[0]!.error.message}` : ''
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Expected at least ${minimumRows} readable images but received ${rows.length}; some 200 make a good model.${lost}`,
    )
  }
  const groups = groupNearDuplicates(hashes, nearDuplicateBits)
  const artifact = await fitFeatures(fromRows(rows), {
    ...options,
    images,
    groups,
    backbone: { id: backbone.id, hash: backbone.hash },
  })
  return { artifact, used: rows.length, rejected, duplicates: namesOfGroups(groups, images) }
}

function namesOfGroups(groups: readonly number[], images: readonly string[]): string[][] {
  const members = new Map<number, string[]>()
  groups.forEach((leader, i) => {
    members.set(leader, [...(members.get(leader) ?? []), images[i]!])
  })
  return [...members.values()].filter((names) => names.length > 1)
}
