/** The version of a model that a fit adds to. */
import { OneclassError } from '../errors.ts'
import { decodeGallery } from '../store/gallery.ts'
import type { ModelInfo, Registry } from '../store/registry.ts'
import type { BasePositives } from './make-gallery.ts'

export interface BaseVersion {
  readonly info: ModelInfo
  readonly backbone: NonNullable<ModelInfo['backbone']>
  readonly positives: BasePositives
}

/** @throws MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_INCOMPATIBLE when nothing is kept of its positives */
export async function readBaseVersion(
  registry: Registry,
  ref: string,
  exclude: readonly number[] = [],
): Promise<BaseVersion> {
  const info = await registry.info(ref)
  const bytes = await registry.gallery(ref)
  if (bytes === undefined || info.backbone === null) {
    throw new OneclassError(
      'MODEL_INCOMPATIBLE',
      `Nothing is kept of the positives of "${info.name}@${info.version}" (it was imported, fitted on features, or made by an earlier oneclass): fit it again from its images.`,
    )
  }
  return { info, backbone: info.backbone, positives: { gallery: decodeGallery(bytes), exclude } }
}
