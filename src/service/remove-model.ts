/**
 * A model is removed with all that comes from it: its files, its bytes and gallery in Redis, what was served, and the work that is
 * under way. Work that went on would need bytes that are gone, and a fit would bring a name back that somebody took away.
 */
import { OneclassError, toOneclassError } from '../errors.ts'
import type { ModelUse } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import { keys } from '../queue/redis-keys.ts'
import { jobsUnderWay } from '../queue/under-way.ts'
import type { ConfirmedStore } from '../store/confirmed.ts'
import type { Registry } from '../store/registry.ts'
import { withLock } from '../system/lock.ts'
import { parseJson } from '../system/parse-json.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { forgetDrift } from './drift-moves.ts'
import { savingLock } from './fit-saver.ts'

export interface Removing {
  readonly producer: Producer
  readonly registry: Registry
  readonly confirmed: ConfirmedStore
  readonly home: string
  readonly origin: string
  /** Told of each model file whose bytes leave Redis. */
  forgetOffer(sha256: string): void
}

/** @param ref NAME (all versions) or NAME@VERSION. @throws MODEL_NOT_FOUND */
export async function removeModel(context: Removing, ref: string): Promise<void> {
  const { registry, home } = context
  // a fit is saved before, and is then removed too, or after its cancellation, and is then not saved
  await withLock(
    savingLock(home),
    async () => {
      const before = await registry.list()
      await registry.remove(ref)
      await endAllOf(context, before, await registry.list(), ref)
    },
    { makesRoom: true },
  )
}

/**
 * Ends what comes from the models that were there before and are not any more.
 * @param name of which fits end too
 */
export async function endAllOf(
  context: Omit<Removing, 'registry' | 'home'>,
  before: readonly Model[],
  after: readonly Model[],
  name?: string,
): Promise<void> {
  const gone = whatIsGone(before, after)
  await endWork(context, gone, name)
  await forget(context, gone)
}

/** A label may be given again: with other bytes it is another model. */
export function identityOf(model: ModelUse | Model): string {
  return `${'label' in model ? model.label : labelOf(model)} ${model.sha256}`
}

interface Gone {
  readonly models: readonly Model[]
  readonly identities: ReadonlySet<string>
  /** Of model files and galleries that no other model has. */
  readonly hashes: ReadonlySet<string>
}

function whatIsGone(before: readonly Model[], after: readonly Model[]): Gone {
  const left = new Set(after.map(identityOf))
  const models = before.filter((model) => !left.has(identityOf(model)))
  const hashesLeft = new Set(after.flatMap(hashesOf))
  return {
    models,
    identities: new Set(models.map(identityOf)),
    hashes: new Set(models.flatMap(hashesOf).filter((hash) => !hashesLeft.has(hash))),
  }
}

function hashesOf({ sha256, gallery }: Model): string[] {
  return gallery ? [sha256, gallery] : [sha256]
}

async function endWork(
  { producer, origin }: Pick<Removing, 'producer' | 'origin'>,
  { identities, hashes }: Gone,
  name: string | undefined,
): Promise<void> {
  const isGone = (use: ModelUse): boolean => identities.has(identityOf(use)) || hashes.has(use.sha256)
  const ids: string[] = []
  for (const { id, data } of await jobsUnderWay(producer.queues, 'classify')) {
    const uses = 'model' in data ? [data.model] : 'models' in data ? usesOf(data.models) : []
    if (uses.some(isGone)) ids.push(id)
  }
  for (const { id, data } of await jobsUnderWay(producer.queues, 'map')) if (isGone(data.model)) ids.push(id)
  for (const { id, data } of await jobsUnderWay(producer.queues, 'fit')) {
    const isOfName = data.name === name && data.origin === origin
    if (isOfName || (data.base !== undefined && hashes.has(data.base.gallery))) ids.push(id)
  }
  // made and not saved yet
  const notes = name === undefined ? {} : await producer.client.hgetall(keys.finishedFits(origin))
  for (const [id, note] of Object.entries(notes))
    if ((parseJson(note) as { name?: unknown } | undefined)?.name === name) ids.push(id)
  for (const id of ids) await producer.cancel(id).catch(isOver)

  for (const id of await producer.batches.open(origin)) {
    const batch = await producer.batches.read(id)
    const gone = batch && [batch.model, ...usesOf(batch.also ?? [])].find(isGone)
    if (gone === undefined) continue
    const { code, message } = new OneclassError('MODEL_NOT_FOUND', `The model "${gone.label}" was removed.`)
    await producer.failBatch(id, { code, message })
  }
}

function usesOf(asked: readonly ({ use: ModelUse } | { error: unknown })[]): ModelUse[] {
  return asked.flatMap((one) => ('use' in one ? one.use : []))
}

/** It ended by itself meanwhile. */
function isOver(error: unknown): void {
  const { code } = toOneclassError(error)
  if (code !== 'CONFLICT' && code !== 'JOB_NOT_FOUND') throw error
}

async function forget(
  { producer: { blobs, client }, confirmed, forgetOffer }: Pick<Removing, 'producer' | 'confirmed' | 'forgetOffer'>,
  { models, hashes }: Gone,
): Promise<void> {
  for (const model of models) await forgetDrift(client, model)
  for (const hash of hashes) {
    await blobs.removeModel(hash)
    forgetOffer(hash)
    await confirmed.forget(hash)
  }
}
