/** The one load: from the name of a saved model to what scores, and to its network. */
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type OpenOptions, openBackbone, openBackboneOf } from '../features/registry.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Registry } from '../store/registry.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { type Classifier, createClassifier } from './classify.ts'
import { backboneFor } from './model-backbone.ts'

export interface LoadedModel {
  /** As it was asked for: NAME or NAME@VERSION. */
  readonly ref: string
  readonly info: Model
  readonly artifact: Artifact
  readonly classifier: Classifier
}

/** @throws MODEL_NAME_INVALID, MODEL_NOT_FOUND, MODEL_CORRUPT, ALPHA_INVALID */
export async function loadModel(registry: Registry, ref: string, alpha?: number): Promise<LoadedModel> {
  const { info, artifact } = await registry.load(ref)
  const classifier = createClassifier(artifact, { model: labelOf(info), ...(alpha === undefined ? {} : { alpha }) })
  return { ref, info, artifact, classifier }
}

/** @throws MODEL_INCOMPATIBLE for a model of features, which has no network */
export function assertTakesImages({
  info,
  artifact,
}: Pick<LoadedModel, 'info' | 'artifact'>): NonNullable<Artifact['backbone']> {
  if (artifact.backbone !== null) return artifact.backbone
  throw new OneclassError(
    'MODEL_INCOMPATIBLE',
    `The model "${labelOf(info)}" was fitted on features and cannot take images: give it features (score --features X.npy, or scoreFeatures in code).`,
  )
}

/**
 * Embeddings that somebody brings are those of images as they are, at the network's own size.
 * @throws MODEL_INCOMPATIBLE for a model that looks at images in another way
 */
export function assertTakesFeatures({
  info,
  artifact: { light, enlarged },
}: Pick<LoadedModel, 'info' | 'artifact'>): void {
  const way = light ? 'with their light evened out' : enlarged ? 'at two sizes' : undefined
  if (way === undefined) return
  throw new OneclassError(
    'MODEL_INCOMPATIBLE',
    `The model "${labelOf(info)}" looks at images ${way}, which embeddings that you bring do not show: score images, or fit it without patches and with its light as it is.`,
  )
}

/**
 * The network that the model was fitted with, asking for the model's range of samples.
 * @param named where it is now, if it has moved
 * @throws MODEL_INCOMPATIBLE, BACKBONE_NOT_FOUND, BACKBONE_MISMATCH, DEPENDENCY_MISSING
 */
export async function openNetworkOf(
  model: Pick<LoadedModel, 'info' | 'artifact'>,
  options: OpenOptions,
  named?: string,
): Promise<Backbone> {
  const { id, hash } = assertTakesImages(model)
  if (named === undefined)
    return backboneFor(model.artifact, await openBackboneOf({ id, hash, label: labelOf(model.info) }, options))
  const network = await openBackbone(named, options)
  if (network.hash === hash) return backboneFor(model.artifact, network)
  await network.close()
  throw new OneclassError(
    'BACKBONE_MISMATCH',
    `The model "${labelOf(model.info)}" was fitted with another network than "${named}". Fit it again (oneclass fit --from-model ${labelOf(model.info)} --backbone ${named}), or name no backbone.`,
  )
}
