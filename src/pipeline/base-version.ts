/** The version of a model that a fit adds to. */
import { matrix } from '../core/matrix.ts'
import { OneclassError } from '../errors.ts'
import { decodeGallery, nothingKept, placesOfRow } from '../store/gallery.ts'
import type { Registry } from '../store/registry.ts'
import { labelOf } from '../wire/label.ts'
import type { Growth, Model } from '../wire/model.ts'
import { createClassifier } from './classify.ts'
import type { FittedImages } from './fit.ts'
import type { BasePositives } from './make-gallery.ts'

export interface BaseVersion {
  readonly info: Model
  readonly backbone: NonNullable<Model['backbone']>
  readonly positives: BasePositives
}

/** @throws MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_INCOMPATIBLE when nothing is kept of its positives */
export async function readBaseVersion(
  registry: Registry,
  ref: string,
  exclude: readonly number[] = [],
): Promise<BaseVersion> {
  const info = await registry.info(ref)
  // by its number: a name may mean another version by now
  const bytes = await registry.gallery(labelOf(info))
  if (bytes === undefined || info.backbone === null) throw nothingKept(labelOf(info))
  return { info, backbone: info.backbone, positives: { gallery: decodeGallery(bytes), exclude } }
}

/** What changed from an earlier version to what was fitted on its positives and new images. @param base NAME@VERSION */
export function growthOf(
  base: string,
  { gallery }: Pick<BasePositives, 'gallery'>,
  { used, kept, repeated }: Pick<FittedImages, 'used' | 'kept' | 'repeated'>,
): Growth {
  return { base, kept, added: used - kept, excluded: gallery.images.length - kept, repeated: repeated.length }
}

/**
 * How many of the new positives the earlier version rejects at its alpha: whether they showed it anything. Undefined where it looks at
 * places and the new version does not, and where it was removed meanwhile, also if its number is taken anew.
 */
export async function newToBase(
  registry: Registry,
  base: BaseVersion,
  fitted: FittedImages,
): Promise<number | undefined> {
  const { kept, added } = growthOf(labelOf(base.info), base.positives, fitted)
  if (added === 0) return 0
  const { dim, embeddings } = fitted.gallery
  const rows = matrix(added, dim, Float64Array.from(embeddings.subarray(kept * dim)))
  const loaded = await registry.load(labelOf(base.info)).catch((error: unknown) => {
    if (error instanceof OneclassError && error.code === 'MODEL_NOT_FOUND') return undefined
    throw error
  })
  if (loaded?.info.sha256 !== base.info.sha256) return undefined
  const { info, artifact } = loaded
  const { places } = fitted.gallery
  const seen = places && Array.from({ length: added }, (_, i) => placesOfRow(places, kept + i))
  const classifier = createClassifier(artifact, { model: labelOf(info) })
  if (classifier.needsMaps && seen === undefined) return undefined
  const results = classifier.scoreMatrix(rows, undefined, classifier.needsMaps ? seen : undefined)
  return results.filter(({ isPositive }) => !isPositive).length
}
