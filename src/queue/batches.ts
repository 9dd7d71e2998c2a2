/**
 * Batches: what is to be scored, and each image's result exactly once.
 *
 * A result is written by a script that sets it only where none is (so a chunk that ran twice changes nothing), appends its
 * index to the order in which results stream, counts, and closes the batch with the last one: all or nothing.
 * Results refer to images by index; a batch is done when every index has a result, an error being a result too.
 */
import { parseJson } from '../system/parse-json.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { JobState } from '../wire/job-state.ts'
import { maxPoints } from './batch-extras.ts'
import type { RedisClient } from './connection.ts'
import { lifetimes, type ModelUse } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { channels, keys } from './redis-keys.ts'
import { runScript, script } from './scripts.ts'

export interface BatchRecord {
  readonly id: string
  readonly state: JobState
  readonly total: number
  /** Images with a result, errors included. */
  readonly done: number
  readonly errors: number
  readonly model: ModelUse
  readonly chunkSize: number
  /** Absolute, resolved; null for uploads. */
  readonly folder: string | null
  /** What is kept of its images besides their results (`batch-extras.ts`). */
  readonly keep?: { readonly thumbnails: boolean; readonly map: boolean }
  /** What is decided about the whole of it, when its results are read; with the number of held-out scores of its model. */
  readonly decide?: Decisions & { readonly calibrationScores: number }
  readonly origin: string
  /** Whose it is: callers take turns. None of a batch of an earlier version. */
  readonly owner?: string
  /** That its names and results take, as they are counted (`ledger.ts`). None of a batch of an earlier version. */
  readonly bytes?: number
  readonly createdAt: string
  readonly finishedAt: string | null
}

/**
 * What a batch takes in Redis until its results expire: each name in the list, in its chunk and in its result; a result line of some
 * 700 bytes with its places in two tables; the embeddings.
 */
function bytesOf(images: readonly string[], { keep }: Pick<BatchRecord, 'keep'>): number {
  const names = images.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(name)), 0)
  const points = keep?.map ? Math.min(images.length, maxPoints) : 0
  return 2000 + 3 * names + 1000 * images.length + 2000 * points
}

export interface BatchResult {
  readonly index: number
  /** The result as JSON, one line. */
  readonly line: string
  readonly isError: boolean
}

export interface BatchStore {
  /**
   * False when the batch exists already.
   * @throws QUEUE_FULL when its names and results would not fit into what is kept, or into its owner's share of that
   */
  create(
    batch: Omit<BatchRecord, 'state' | 'done' | 'errors' | 'finishedAt' | 'bytes'>,
    images: readonly string[],
  ): Promise<boolean>
  read(id: string): Promise<BatchRecord | undefined>
  images(id: string): Promise<string[]>
  /** Writes what is not written yet. Returns the batch's state after that, undefined when it is gone. */
  commit(id: string, results: readonly BatchResult[]): Promise<JobState | undefined>
  /** Those of the indices that have no result yet; all when the batch is gone. */
  missing(id: string, indices: readonly number[]): Promise<number[]>
  /** Results in the order in which they came, from the `offset`-th. */
  lines(id: string, offset: number, count: number): Promise<string[]>
  /** Results by index; null where there is none yet. */
  linesAt(id: string, indices: readonly number[]): Promise<(string | null)[]>
  cancel(id: string): Promise<boolean>
  /** Takes everything of a batch away, as if it had never been. */
  remove(batch: Pick<BatchRecord, 'id' | 'origin'>): Promise<void>
  /** Batches of this origin that are not finished. */
  open(origin: string): Promise<string[]>
  forget(id: string, origin: string): Promise<void>
}

// ARGV: time, channel, message, seconds to keep, then (index, isError, line) for each
const commit = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'cancelled' then return state end
local added, errors = 0, 0
for i = 5, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[2], ARGV[i], ARGV[i + 2]) == 1 then
    redis.call('RPUSH', KEYS[3], ARGV[i])
    added = added + 1
    if ARGV[i + 1] == '1' then errors = errors + 1 end
  end
end
if added == 0 then return state end
local done = redis.call('HINCRBY', KEYS[1], 'done', added)
if errors > 0 then redis.call('HINCRBY', KEYS[1], 'errors', errors) end
if done >= tonumber(redis.call('HGET', KEYS[1], 'total')) then
  state = 'done'
  redis.call('HSET', KEYS[1], 'state', state, 'finishedAt', ARGV[1])
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[4]) end
elseif state == 'queued' then
  state = 'running'
  redis.call('HSET', KEYS[1], 'state', state)
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return state
`)

const create = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'record', ARGV[1], 'total', ARGV[2], 'state', 'queued', 'done', 0, 'errors', 0)
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[5])
return 1
`)

const cancel = script(`
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'queued' and state ~= 'running' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'cancelled', 'finishedAt', ARGV[1])
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, ARGV[4]) end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
`)

export function createBatchStore(client: RedisClient, kept?: Ledger): BatchStore {
  const keysOf = (id: string) => [keys.batch(id), keys.batchResults(id), keys.batchOrder(id), keys.batchImages(id)]
  const bytesKept = async (id: string): Promise<number | undefined> =>
    (parseJson(await client.hget(keys.batch(id), 'record')) as BatchRecord | undefined)?.bytes
  return {
    async create(batch, images) {
      const bytes = bytesOf(images, batch)
      const entry = { name: keys.batch(batch.id), bytes }
      await kept?.charge(entry, lifetimes.outcome, batch.owner ?? '')
      const into = [keys.batch(batch.id), keys.batchImages(batch.id), keys.openBatches(batch.origin)]
      const args = [
        JSON.stringify({ ...batch, bytes }),
        images.length,
        JSON.stringify(images),
        batch.id,
        lifetimes.outcome,
      ]
      try {
        return (await runScript(client, create, into, args)) === 1
      } catch (error) {
        await kept?.release(entry).catch(() => {}) // it ends by itself
        throw error
      }
    },
    async read(id) {
      const fields = await client.hgetall(keys.batch(id))
      if (fields['record'] === undefined) return undefined
      const record = JSON.parse(fields['record']) as Omit<BatchRecord, 'state' | 'done' | 'errors' | 'finishedAt'>
      return {
        ...record,
        state: fields['state'] as JobState,
        done: Number(fields['done']),
        errors: Number(fields['errors']),
        finishedAt: fields['finishedAt'] ?? null,
      }
    },
    async images(id) {
      return JSON.parse((await client.get(keys.batchImages(id))) ?? '[]') as string[]
    },
    async commit(id, results) {
      const args: (string | number)[] = [new Date().toISOString(), channels.batch, id, lifetimes.batch]
      for (const { index, isError, line } of results) args.push(index, isError ? 1 : 0, line)
      const state = await runScript(client, commit, keysOf(id), args)
      return (state as JobState | null) ?? undefined
    },
    async missing(id, indices) {
      if (indices.length === 0) return []
      const found = await client.hmget(keys.batchResults(id), ...indices.map(String))
      return indices.filter((_, i) => found[i] === null)
    },
    async lines(id, offset, count) {
      const order = await client.lrange(keys.batchOrder(id), offset, offset + count - 1)
      if (order.length === 0) return []
      return (await client.hmget(keys.batchResults(id), ...order)).filter((line) => line !== null)
    },
    async linesAt(id, indices) {
      return indices.length === 0 ? [] : await client.hmget(keys.batchResults(id), ...indices.map(String))
    },
    async cancel(id) {
      const args = [new Date().toISOString(), channels.batch, id, lifetimes.batch]
      return (await runScript(client, cancel, keysOf(id), args)) === 1
    },
    async remove({ id, origin }) {
      const bytes = await bytesKept(id)
      await client.unlink(...keysOf(id), keys.batchPoints(id))
      await client.srem(keys.openBatches(origin), id)
      if (bytes) await kept?.release({ name: keys.batch(id), bytes })
    },
    async open(origin) {
      return await client.smembers(keys.openBatches(origin))
    },
    async forget(id, origin) {
      const bytes = await bytesKept(id)
      // its results expire sooner than a batch that nobody finishes
      if (bytes) await kept?.renew({ name: keys.batch(id), bytes }, lifetimes.batch)
      await client.srem(keys.openBatches(origin), id)
    },
  }
}
