/** What happens to drift monitors when models get another name or are removed, and to those of earlier builds. */
import type { RedisClient } from '../queue/connection.ts'
import { keys } from '../queue/redis-keys.ts'
import type { Model } from '../wire/model.ts'
import { driftIdOf } from './drift-log.ts'

type Named = Pick<Model, 'name' | 'version' | 'sha256'>

/** The versions of a model that has another name now keep their monitors. Images that are scored under the old name later do not count. */
export async function renameDrift(client: RedisClient, before: readonly Named[], to: string): Promise<void> {
  for (const model of before) await moveDrift(client, driftIdOf(model), driftIdOf({ ...model, name: to }))
}

export async function forgetDrift(client: RedisClient, model: Named): Promise<void> {
  const id = driftIdOf(model)
  await client.unlink(keys.drift(id), keys.driftInbox(id), keys.driftLock(id))
  await client.srem(keys.driftNews, id)
}

/**
 * Earlier builds named a monitor by the hash of the model's bytes alone. The version in use of these bytes goes on with it, others begin
 * anew: which images were whose is not known.
 */
export async function takeOverDrift(client: RedisClient, models: readonly Model[]): Promise<void> {
  const inUseFirst = [...models].sort((a, b) => Number(b.serving) - Number(a.serving))
  for (const model of inUseFirst) await moveDrift(client, model.sha256, driftIdOf(model))
}

/** Nothing is written over: the place that it goes to may have a monitor already. */
async function moveDrift(client: RedisClient, from: string, to: string): Promise<void> {
  await client.unlink(keys.driftLock(from)) // whoever moves it on at this moment writes nothing more
  const isMoved = await moveKey(client, keys.driftInbox(from), keys.driftInbox(to))
  await moveKey(client, keys.drift(from), keys.drift(to))
  await client.srem(keys.driftNews, from)
  if (isMoved) await client.sadd(keys.driftNews, to)
}

async function moveKey(client: RedisClient, from: string, to: string): Promise<boolean> {
  if ((await client.exists(from)) === 0) return false
  const renamed = await client.renamenx(from, to).catch((error: Error) => {
    if (/no such key/.test(error.message)) return 0 // gone meanwhile
    throw error
  })
  return renamed === 1
}
