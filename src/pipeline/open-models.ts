/** Several models at once, each network opened once however many models use it. */

import { OneclassError, toOneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type OpenOptions, openBackboneOf } from '../features/registry.ts'
import type { Artifact } from '../store/artifact.ts'
import { expandRefs } from '../store/model-refs.ts'
import type { Registry } from '../store/registry.ts'
import type { ErrorBody } from '../wire/error.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { type Classifier, createClassifier } from './classify.ts'
import { withRange } from './range.ts'

export interface OpenedModel {
  /** As it was asked for: NAME or NAME@VERSION. */
  readonly ref: string
  readonly info: Model
  readonly artifact: Artifact
  readonly classifier: Classifier
  /** Models that were fitted with the same network, and prepare pixels for it in the same way, share it. */
  readonly backbone: Backbone
}

/** A model that cannot be opened. */
export interface UnopenedModel {
  readonly ref: string
  readonly error: ErrorBody
}

export interface OpenedModels {
  readonly models: readonly OpenedModel[]
  /** With `keepGoing`: those that cannot be opened, when others can. */
  readonly failed: readonly UnopenedModel[]
  close(): Promise<void>
}

/**
 * @param refs NAME or NAME@VERSION; the one word `all` stands for every model, in its version in use
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_INCOMPATIBLE (fitted on features), BACKBONE_NOT_FOUND, INVALID_ARGUMENT
 */
export async function openModels(
  registry: Registry,
  refs: readonly string[],
  options: OpenOptions & { readonly alpha?: number | undefined; readonly keepGoing?: boolean },
): Promise<OpenedModels> {
  const wanted = await expandRefs(registry, refs)
  const networks = new Map<string, Promise<Backbone>>()
  const prepared = new Map<string, Backbone>()
  const close = async () => {
    for (const opened of networks.values()) await (await opened.catch(() => undefined))?.close()
  }
  const open = async (ref: string): Promise<OpenedModel> => {
    const { info, artifact } = await registry.load(ref)
    if (artifact.backbone === null)
      throw new OneclassError(
        'MODEL_INCOMPATIBLE',
        `The model "${labelOf(info)}" was fitted on features and cannot take images.`,
      )
    const { id, hash } = artifact.backbone
    const network = networks.get(hash) ?? openBackboneOf({ id, hash }, options)
    networks.set(hash, network)
    const key = JSON.stringify([hash, artifact.range])
    const backbone = prepared.get(key) ?? withRange(await network, artifact.range)
    prepared.set(key, backbone)
    const alpha = options.alpha === undefined ? {} : { alpha: options.alpha }
    const classifier = createClassifier(artifact, { model: labelOf(info), ...alpha })
    return { ref, info, artifact, classifier, backbone }
  }
  const models: OpenedModel[] = []
  const failed: UnopenedModel[] = []
  try {
    for (const ref of wanted) {
      try {
        models.push(await open(ref))
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (!options.keepGoing || error.code === 'INTERNAL') throw thrown
        failed.push({ ref, error: error.toJSON() })
      }
    }
    if (models.length === 0) throw new OneclassError(failed[0]!.error.code, failed[0]!.error.message)
    return { models, failed, close }
  } catch (error) {
    await close()
    throw error
  }
}
