/** A change of a model: its alpha, its name, the version in use, in any combination. */
import { OneclassError } from '../errors.ts'
import type { Producer } from '../queue/producer.ts'
import type { Registry } from '../store/registry.ts'
import type { Log } from '../system/log.ts'
import { labelOf } from '../wire/label.ts'
import type { Model, ModelChange } from '../wire/model.ts'
import { renameDrift } from './drift-moves.ts'

/**
 * All of it or nothing: first it is looked whether the version is there, then the name is changed, which another model may refuse, and then
 * comes what only a broken disk can refuse.
 * @param ref NAME, or NAME@VERSION where only alpha is changed
 */
export async function changeModel(
  { producer, registry, log }: { readonly producer: Producer; readonly registry: Registry; readonly log: Log },
  ref: string,
  { alpha, name, use }: ModelChange,
): Promise<Model> {
  if ((name !== undefined || use !== undefined) && ref.includes('@')) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'A name and the version in use belong to all versions of a model: name it without @VERSION.',
    )
  }
  let model = await registry.info(use === undefined ? ref : `${ref}@${use}`)
  if (name !== undefined && name !== ref) {
    const versions = (await registry.list()).filter((one) => one.name === model.name)
    const { version } = model
    await registry.rename(ref, name)
    model = await registry.info(`${name}@${version}`)
    // its images are counted anew where this fails; the model has its name
    await renameDrift(producer.client, versions, name).catch((error: unknown) =>
      log('warn', 'drift begins anew', { model: name, error: String(error) }),
    )
  }
  const label = labelOf(model)
  if (use !== undefined) model = await registry.use(label)
  return alpha === undefined ? model : await registry.setAlpha(label, alpha)
}
