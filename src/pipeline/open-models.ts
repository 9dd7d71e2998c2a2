/** Several models at once, each network opened once however many models use it. */

import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type OpenOptions, openBackboneOf } from '../features/registry.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Registry } from '../store/registry.ts'
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
  /** Models that were fitted with the same network share it. */
  readonly backbone: Backbone
}

export interface OpenedModels {
  readonly models: readonly OpenedModel[]
  close(): Promise<void>
}

/** A model is some megabytes in memory. */
export const maxModelsAtOnce = 200

/**
 * @param refs NAME or NAME@VERSION; the one word `all` stands for every model, in its version in use
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, MODEL_INCOMPATIBLE (fitted on features), BACKBONE_NOT_FOUND, INVALID_ARGUMENT
 */
export async function openModels(
  registry: Registry,
  refs: readonly string[],
  options: OpenOptions & { readonly alpha?: number | undefined },
): Promise<OpenedModels> {
  const isAll = refs.length === 1 && refs[0] === 'all' && !(await isThere(registry, 'all'))
  const wanted = isAll ? await namesOfAll(registry) : [...new Set(refs)]
  if (wanted.length === 0 || wanted.length > maxModelsAtOnce)
    throw new OneclassError(
      wanted.length === 0 ? 'MODEL_NOT_FOUND' : 'INVALID_ARGUMENT',
      wanted.length === 0
        ? 'There is no model that takes images. Fit one first: oneclass fit DIR --name NAME.'
        : `Expected at most ${maxModelsAtOnce} models at once but received ${wanted.length}.`,
    )
  const backbones = new Map<string, Promise<Backbone>>()
  const close = async () => {
    for (const opened of backbones.values()) await (await opened.catch(() => undefined))?.close()
  }
  try {
    const models: OpenedModel[] = []
    for (const ref of wanted) {
      const { info, artifact } = await registry.load(ref)
      if (artifact.backbone === null)
        throw new OneclassError(
          'MODEL_INCOMPATIBLE',
          `The model "${labelOf(info)}" was fitted on features and cannot take images.`,
        )
      const { id, hash } = artifact.backbone
      const opened = backbones.get(hash) ?? openBackboneOf({ id, hash }, options)
      backbones.set(hash, opened)
      const alpha = options.alpha === undefined ? {} : { alpha: options.alpha }
      const classifier = createClassifier(artifact, { model: labelOf(info), ...alpha })
      models.push({ ref, info, artifact, classifier, backbone: withRange(await opened, artifact.range) })
    }
    return { models, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function namesOfAll(registry: Registry): Promise<string[]> {
  return (await registry.list()).flatMap(({ name, serving, backbone }) => (serving && backbone ? [name] : []))
}

async function isThere(registry: Registry, name: string): Promise<boolean> {
  return await registry.info(name).then(
    () => true,
    () => false,
  )
}
