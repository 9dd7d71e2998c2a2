/** Several models at once, each network opened once however many models use it. */
import { OneclassError, present, toOneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type OpenOptions, openBackboneOf } from '../features/registry.ts'
import { expandRefs } from '../store/model-refs.ts'
import type { Registry } from '../store/registry.ts'
import type { ErrorBody } from '../wire/error.ts'
import { labelOf } from '../wire/label.ts'
import { assertTakesImages, type LoadedModel, loadModel } from './load-model.ts'
import { backboneFor, wayOf } from './model-backbone.ts'

export interface OpenedModel extends LoadedModel {
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
  const close = async () => {
    for (const opened of networks.values()) await (await opened.catch(() => undefined))?.close()
  }
  const open = async (ref: string) => {
    const model = await loadModel(registry, ref, options.alpha)
    const { id, hash } = assertTakesImages(model)
    const network = networks.get(hash) ?? openBackboneOf({ id, hash, label: labelOf(model.info) }, options)
    networks.set(hash, network)
    return { ...model, network: await network, key: wayOf(hash, model.artifact) }
  }
  const opened: Awaited<ReturnType<typeof open>>[] = []
  const failed: UnopenedModel[] = []
  try {
    for (const ref of wanted) {
      try {
        opened.push(await open(ref))
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (!options.keepGoing || error.code === 'INTERNAL') throw thrown
        failed.push({ ref, error: error.toJSON() })
      }
    }
    const [first] = failed
    if (opened.length === 0 && first) throw new OneclassError(first.error.code, first.error.message)
    return { models: shareBackbones(opened), failed, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Models that want the same of a network look at an image once; one that looks at places wants more than one that does not. */
function shareBackbones<M extends LoadedModel>(
  opened: readonly (M & { readonly network: Backbone; readonly key: string })[],
): (M & { readonly backbone: Backbone })[] {
  const prepared = new Map<string, Backbone>()
  for (const { key, artifact, network } of opened)
    if (artifact.patches || !prepared.has(key)) prepared.set(key, backboneFor(artifact, network))
  return opened.map((model) => ({ ...model, backbone: present(prepared.get(model.key), 'the backbone of a model') }))
}
