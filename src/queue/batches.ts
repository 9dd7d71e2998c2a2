/**
 * Batches: what is to be scored, and each image's result exactly once.
 *
 * A result is written by a script that sets it only where none is (so a chunk that ran twice changes nothing), appends its
 * index to the order in which results stream, counts, and closes the batch with the last one: all or nothing.
 * Results refer to images by index; a batch is done when every index has a result, an error being a result too.
 * Names of a large folder or a bucket come while the work goes on (`append`): such a batch is open until it has the last of them.
 */
import { pairs } from '../core/pairs.ts'
import { parseJson } from '../system/parse-json.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { JobState } from '../wire/job-state.ts'
import { areAscii } from '../wire/result-csv.ts'
import { wholeLine } from './batch-forms.ts'
import { bytesOfNames, readNames, readNamesAt } from './batch-names.ts'
import { readBatch } from './batch-read.ts'
import { append, cancel, commit, create, fail, missing } from './batch-scripts.ts'
import type { RedisClient } from './connection.ts'
import { type AskedModel, lifetimes, type ModelUse, typeOfJob } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { channels, keys } from './redis-keys.ts'
import { countOf, runScript } from './scripts.ts'

export interface BatchRecord {
  readonly id: string
  readonly state: JobState
  /** Images known so far; all of them when it is not open. */
  readonly total: number
  /** More names may come. */
  readonly isOpen: boolean
  /** Its names came while the work went on: its chunks are cut without knowing the end. */
  readonly isStreamed?: boolean
  /** Images with a result, errors included. */
  readonly done: number
  readonly errors: number
  readonly model: ModelUse
  /** Asked about each image too. */
  readonly also?: readonly AskedModel[]
  readonly chunkSize: number
  /** Absolute and resolved, or `s3://bucket/prefix/`; null for uploads. */
  readonly folder: string | null
  /** What all names of an upload begin with: the folder that was dropped. */
  readonly uploadedFolder?: string
  /** Of an upload of several folders the first of them. */
  readonly uploadedFolders?: readonly string[]
  /** Where its results are written in the end: `s3://bucket/prefix/`. */
  readonly results?: string
  /** What is kept of its images besides their results (`batch-extras.ts`). */
  readonly keep?: { readonly thumbnails: boolean; readonly map: boolean }
  /** What is decided about the whole of it, when its results are read; with the number of held-out scores of its model. */
  readonly decide?: Decisions & { readonly calibrationScores: number }
  readonly origin: string
  /** Whose it is: callers take turns. None of a batch of an earlier version. */
  readonly owner?: string
  /** That its names and results take, as they are counted (`ledger.ts`). None of a batch of an earlier version. */
  readonly bytes?: number
  /** Do all names so far have ASCII characters only? */
  readonly isAscii: boolean
  /** Why it failed. */
  readonly error: ErrorBody | null
  /** What it waits for at present: an object store, Redis. */
  readonly waitsFor: ErrorBody | null
  readonly createdAt: string
  readonly finishedAt: string | null
}

/** What is known of a batch when it is made. */
export type NewBatch = Omit<
  BatchRecord,
  'state' | 'total' | 'done' | 'errors' | 'finishedAt' | 'bytes' | 'isAscii' | 'error' | 'waitsFor'
>

export interface BatchResult {
  readonly index: number
  /** The result as JSON, one line. */
  readonly line: string
  readonly isError: boolean
}

export interface BatchStore {
  /**
   * False when the batch exists already.
   * @param names all of them, or, of one that is open, the first
   * @throws QUEUE_FULL when its names and results would not fit into what is kept, or into its owner's share of that
   */
  create(batch: NewBatch, names: readonly string[]): Promise<boolean>
  /**
   * Adds names to an open batch, if it has `from` so far; closes it with the last ones.
   * @returns how many it has; undefined when it is closed, over or gone
   * @throws QUEUE_FULL as `create`
   */
  append(id: string, from: number, names: readonly string[], isLast: boolean): Promise<number | undefined>
  /** Undefined for none, and for a record that is damaged. */
  read(id: string): Promise<BatchRecord | undefined>
  /** Names of the images from `first` to before `end`. */
  names(id: string, first: number, end: number): Promise<string[]>
  /** Names by index; undefined where there is none. */
  namesAt(id: string, indices: readonly number[]): Promise<(string | undefined)[]>
  /** Writes what is not written yet. Returns the batch's state after that, undefined when it is gone. */
  commit(id: string, results: readonly BatchResult[]): Promise<JobState | undefined>
  /** Those of the indices that have no result yet; all when the batch is gone. */
  missing(id: string, indices: readonly number[]): Promise<number[]>
  /** Results in the order in which they came, from the `offset`-th; an error in the place of one that is damaged. */
  lines(id: string, offset: number, count: number): Promise<string[]>
  /** Results by index; null where there is none yet. */
  linesAt(id: string, indices: readonly number[]): Promise<(string | null)[]>
  cancel(id: string): Promise<boolean>
  /** Ends it before its end; what is scored stays. */
  fail(id: string, error: ErrorBody): Promise<boolean>
  /** Says what it waits for, or that it goes on. */
  setWaiting(id: string, error: ErrorBody | null): Promise<void>
  /** Takes everything of a batch away, as if it had never been. */
  remove(batch: Pick<BatchRecord, 'id' | 'origin'>): Promise<void>
  /** Batches of this origin that are not finished. */
  open(origin: string): Promise<string[]>
  forget(id: string, origin: string): Promise<void>
}

export function createBatchStore(client: RedisClient, kept?: Ledger): BatchStore {
  const keysOf = (id: string) => [
    keys.batch(id),
    keys.batchResults(id),
    keys.batchOrder(id),
    keys.batchImages(id),
    keys.batchNames(id),
  ]
  const bytesKept = async (id: string): Promise<number> => {
    const [bytes, record] = await client.hmget(keys.batch(id), 'bytes', 'record')
    return countOf(bytes ?? String((parseJson(record ?? null) as { bytes?: number } | undefined)?.bytes))
  }
  const stop = async (script: typeof cancel, id: string, ...more: string[]): Promise<boolean> => {
    const args = [new Date().toISOString(), channels.batch, id, lifetimes.batch, ...more]
    return (await runScript(client, script, keysOf(id), args)) === 1
  }
  return {
    async create(batch, names) {
      const bytes = bytesOfNames(names, batch, 0)
      const entry = { name: keys.batch(batch.id), bytes }
      await kept?.charge(entry, lifetimes.outcome, batch.owner ?? '')
      const { isOpen, ...record } = batch
      const into = [keys.batch(batch.id), keys.batchNames(batch.id), keys.openBatches(batch.origin)]
      const args = [
        JSON.stringify(record),
        batch.id,
        lifetimes.outcome,
        bytes,
        isOpen ? 1 : 0,
        asciiFlag(names),
        ...names,
      ]
      try {
        return (await runScript(client, create, into, args)) === 1
      } catch (error) {
        await kept?.release(entry).catch(() => {}) // it ends by itself
        throw error
      }
    },
    async append(id, from, names, isLast) {
      const record = parseJson(await client.hget(keys.batch(id), 'record')) as Partial<BatchRecord> | undefined
      const owner = record?.owner ?? ''
      const before = await bytesKept(id)
      const entry = { name: keys.batch(id), bytes: before }
      const bytes = before + bytesOfNames(names, record ?? {}, from)
      if (names.length > 0) await kept?.grow(entry, bytes, lifetimes.outcome, owner)
      const into = [
        keys.batch(id),
        keys.batchNames(id),
        keys.batchResults(id),
        keys.batchOrder(id),
        keys.batchImages(id),
      ]
      const args = [new Date().toISOString(), channels.batch, id, lifetimes.batch, lifetimes.outcome]
      const more = [from, isLast ? 1 : 0, names.length > 0 ? bytes : before, asciiFlag(names), ...names]
      const length = (await runScript(client, append, into, [...args, ...more])) as number
      // somebody else was faster, or it is over: nothing was added
      if (length !== from + names.length && names.length > 0)
        await kept?.grow({ ...entry, bytes }, before, lifetimes.outcome, owner)
      return length < 0 ? undefined : length
    },
    read: (id) => readBatch(client, id),
    names: (id, first, end) => readNames(client, id, first, end),
    namesAt: (id, indices) => readNamesAt(client, id, indices),
    async commit(id, results) {
      const args: (string | number)[] = [new Date().toISOString(), channels.batch, id, lifetimes.batch]
      for (const { index, isError, line } of results) args.push(index, isError ? 1 : 0, line)
      const state = await runScript(client, commit, keysOf(id), args)
      return (state as JobState | null) ?? undefined
    },
    async missing(id, indices) {
      const places = (await runScript(client, missing, [keys.batchResults(id)], [...indices])) as number[]
      const without = new Set(places)
      return indices.filter((_, i) => without.has(i + 1))
    },
    async lines(id, offset, count) {
      const order = await client.lrange(keys.batchOrder(id), offset, offset + count - 1)
      if (order.length === 0) return []
      const lines = await client.hmget(keys.batchResults(id), ...order)
      return pairs(order, lines).map(([index, line]) => wholeLine(line, index))
    },
    async linesAt(id, indices) {
      return indices.length === 0 ? [] : await client.hmget(keys.batchResults(id), ...indices.map(String))
    },
    cancel: (id) => stop(cancel, id),
    fail: (id, error) => stop(fail, id, JSON.stringify(error)),
    async setWaiting(id, error) {
      if (error === null) await client.hdel(keys.batch(id), 'waits')
      else if ((await client.exists(keys.batch(id))) === 1)
        await client.hset(keys.batch(id), 'waits', JSON.stringify(error))
    },
    async remove({ id, origin }) {
      const bytes = await bytesKept(id)
      await client.unlink(...keysOf(id), keys.batchPoints(id))
      await client.srem(keys.openBatches(origin), id)
      if (bytes) await kept?.release({ name: keys.batch(id), bytes })
    },
    async open(origin) {
      return (await client.smembers(keys.openBatches(origin))).filter((id) => typeOfJob(id) === 'batch')
    },
    async forget(id, origin) {
      const bytes = await bytesKept(id)
      // its results expire sooner than a batch that nobody finishes
      if (bytes) await kept?.renew({ name: keys.batch(id), bytes }, lifetimes.batch)
      await client.srem(keys.openBatches(origin), id)
    },
  }
}

function asciiFlag(names: readonly string[]): number {
  return areAscii(names) ? 1 : 0
}
