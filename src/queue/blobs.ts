/**
 * Bytes that travel through Redis: uploaded images under a random id, fitted models under the hash of their content.
 * Everything expires; the sum of bytes is bounded, for all and for each caller (`ledger.ts`); what is read is checked against its hash.
 */
import { randomBytes } from 'node:crypto'
import { pairs } from '../core/pairs.ts'
import { OneclassError } from '../errors.ts'
import { sha256InTurns } from '../system/sha256.ts'
import type { RedisClient } from './connection.ts'
import { backlogSeconds } from './fair-order.ts'
import { type Bounds, ledgerKeys, ledgerLua } from './ledger.ts'
import { isDamage } from './redis-errors.ts'
import { keys } from './redis-keys.ts'
import { countOf, runScript, script } from './scripts.ts'

export interface BlobStore {
  /** Stores bytes for `seconds`; returns an id. QUEUE_FULL when the bound, or the owner's share of it, is reached. */
  put(bytes: Uint8Array, seconds: number, owner?: string): Promise<string>
  /** The same for several, on fewer ways to Redis: all of them or none. */
  putAll(list: readonly Uint8Array[], seconds: number, owner?: string): Promise<string[]>
  /** The bytes, or undefined when they expired, were removed, or are others than those that were put there. */
  get(id: string): Promise<Buffer | undefined>
  getAll(ids: readonly string[]): Promise<(Buffer | undefined)[]>
  remove(ids: readonly string[]): Promise<void>
  /** Stores a model under its sha256, or renews its expiry. */
  putModel(sha256: string, bytes: Uint8Array, seconds: number): Promise<void>
  /** Renews a model's expiry; false when it is not there. */
  touchModel(sha256: string, seconds: number): Promise<boolean>
  getModel(sha256: string): Promise<Buffer | undefined>
  /** Takes a model, or a gallery, away at once. */
  removeModel(sha256: string): Promise<void>
  /** Bytes under a name that the caller knows again; the same name twice keeps the later bytes. */
  putNamed(name: string, bytes: Uint8Array, seconds: number, owner?: string): Promise<void>
  getNamed(name: string): Promise<Buffer | undefined>
  bytesStored(): Promise<number>
}

/**
 * What a blob takes in Redis besides its bytes: its key, twice more in the ledger, and their places in Redis's tables. Measured: 5,000
 * blobs of one byte take 709 bytes each.
 */
export const blobOverhead = 720

// KEYS: the ledger's four, then blobs. ARGV: now, lifetime in ms, bound of all, bound of one, owner, then sizes (and the bytes).
const put = script(`${ledgerLua}
endOld(ARGV[1])
local entry = KEYS[5] .. '|' .. ARGV[6]
if not redis.call('ZSCORE', KEYS[1], entry) then
  local found = room(tonumber(ARGV[6]), ARGV[5], ARGV[3], ARGV[4])
  if found < 0 then return found end
end
redis.call('SET', KEYS[5], ARGV[7], 'PX', ARGV[2])
on(entry, ARGV[6], ARGV[5], tonumber(ARGV[1]) + tonumber(ARGV[2]))
return 1
`)

// Room for several new blobs, which are then written one by one: what is not written leaves the sum when it would expire.
const reserve = script(`${ledgerLua}
endOld(ARGV[1])
local sum = 0
for i = 6, #ARGV do sum = sum + tonumber(ARGV[i]) end
local found = room(sum, ARGV[5], ARGV[3], ARGV[4])
if found < 0 then return found end
for i = 6, #ARGV do on(KEYS[i - 1] .. '|' .. ARGV[i], ARGV[i], ARGV[5], tonumber(ARGV[1]) + tonumber(ARGV[2])) end
return 1
`)

// ARGV: sizes
const removal = script(`${ledgerLua}
for i = 1, #ARGV do
  redis.call('UNLINK', KEYS[i + 4])
  off(KEYS[i + 4] .. '|' .. ARGV[i])
end
return 1
`)

// KEYS: the ledger's four, the blob, whose size is asked for. ARGV: overhead
const removeWhole = script(`${ledgerLua}
local isBytes = redis.call('TYPE', KEYS[5]).ok == 'string'
local size = string.format('%.0f', (isBytes and redis.call('STRLEN', KEYS[5]) or 0) + tonumber(ARGV[1]))
redis.call('UNLINK', KEYS[5])
off(KEYS[5] .. '|' .. size)
return 1
`)

// KEYS: the ledger's four, the blob. ARGV: now, lifetime in ms, overhead
const touch = script(`
if redis.call('TYPE', KEYS[5]).ok ~= 'string' then return 0 end
if redis.call('PEXPIRE', KEYS[5], ARGV[2]) == 0 then return 0 end
local size = string.format('%.0f', redis.call('STRLEN', KEYS[5]) + tonumber(ARGV[3]))
redis.call('ZADD', KEYS[1], 'XX', tonumber(ARGV[1]) + tonumber(ARGV[2]), KEYS[5] .. '|' .. size)
return 1
`)

/** No list and no image is longer; what says to be is not fetched. */
const maxBlobBytes = 256 * 1024 ** 2

const names = ledgerKeys('stored')

/** @param bounds of bytes with their overhead */
export function createBlobStore(client: RedisClient, bounds: Bounds): BlobStore {
  const common = (seconds: number, owner: string) => [Date.now(), seconds * 1000, bounds.all, bounds.ofOne, owner]
  /** @throws QUEUE_FULL when a script found no room within the bounds */
  const assertRoom = async (found: unknown): Promise<void> => {
    if (found === 1) return
    throw new OneclassError(
      'QUEUE_FULL',
      found === -1
        ? 'Too many bytes wait for the workers: try again later, or add workers.'
        : 'Your share of the bytes that may wait is used up: wait until some of your jobs are done.',
      { retryAfter: await backlogSeconds(client) },
    )
  }
  const store = async (key: string, bytes: Uint8Array, seconds: number, owner = ''): Promise<void> => {
    const args = [...common(seconds, owner), bytes.length + blobOverhead, bufferOf(bytes)]
    await assertRoom(await runScript(client, put, [...names, key], args))
  }
  const remove = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return
    const sizes = ids.map((id) => sizeOf(id) + blobOverhead)
    await runScript(client, removal, [...names, ...ids.map(keys.blob)], sizes)
  }
  const getAll = async (ids: readonly string[]): Promise<(Buffer | undefined)[]> => {
    const pipeline = client.pipeline()
    // its id says how long it is: one byte more is fetched, which tells what is longer
    for (const id of ids) pipeline.getrangeBuffer(keys.blob(id), 0, Math.min(sizeOf(id) || 0, maxBlobBytes))
    const found = new Map(pairs(ids, await answersOf<Buffer>(pipeline)))
    const whole: (Buffer | undefined)[] = []
    for (const id of ids) {
      const bytes = found.get(id)
      const isWhole = bytes?.length === sizeOf(id) && (await sha256InTurns(bytes)) === hashOf(id)
      whole.push(isWhole ? bytes : undefined)
    }
    return whole
  }
  return {
    async put(bytes, seconds, owner) {
      const id = await newId(bytes)
      await store(keys.blob(id), bytes, seconds, owner)
      return id
    },
    async putAll(list, seconds, owner = '') {
      if (list.length === 0) return []
      const ids = await Promise.all(list.map(newId))
      const args = [...common(seconds, owner), ...list.map(({ length }) => length + blobOverhead)]
      await assertRoom(await runScript(client, reserve, [...names, ...ids.map(keys.blob)], args))
      const written = await Promise.allSettled(
        pairs(ids, list).map(([id, bytes]) => client.set(keys.blob(id), bufferOf(bytes), 'PX', seconds * 1000)),
      )
      const fault = written.find((one) => one.status === 'rejected')
      if (fault === undefined) return ids
      await remove(ids).catch(() => {})
      throw fault.reason
    },
    get: async (id) => (await getAll([id]))[0],
    getAll,
    remove,
    async putModel(hash, bytes, seconds) {
      if ((await sha256InTurns(bytes)) !== hash)
        throw new OneclassError('INTERNAL', 'A model was to be stored under another hash.')
      await store(keys.model(hash), bytes, seconds)
    },
    async touchModel(hash, seconds) {
      const args = [Date.now(), seconds * 1000, blobOverhead]
      return (await runScript(client, touch, [...names, keys.model(hash)], args)) === 1
    },
    async getModel(hash) {
      const [size] = await answersOf<number>(client.pipeline().strlen(keys.model(hash)))
      if (size === 0) return undefined
      const bytes = size === undefined ? null : await client.getBuffer(keys.model(hash))
      if (bytes !== null && (await sha256InTurns(bytes)) === hash) return bytes
      await client.unlink(keys.model(hash)) // it is none: whoever needs it puts it there again
      return undefined
    },
    async removeModel(hash) {
      await runScript(client, removeWhole, [...names, keys.model(hash)], [blobOverhead])
    },
    async putNamed(name, bytes, seconds, owner) {
      await store(keys.named(name), bytes, seconds, owner)
    },
    async getNamed(name) {
      const bytes = await client.getBuffer(keys.named(name)).catch((error: unknown) => {
        if (isDamage(error)) return null
        throw error
      })
      return bytes ?? undefined
    },
    async bytesStored() {
      return countOf(await client.get(names[1]))
    },
  }
}

/** Random; says hash and length of the bytes, so whoever has the id can check and remove them. */
async function newId(bytes: Uint8Array): Promise<string> {
  return `${randomBytes(12).toString('hex')}.${await sha256InTurns(bytes)}.${bytes.byteLength}`
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What an id says of the hash of its bytes. */
export function hashOf(id: string): string {
  return id.split('.')[1] ?? ''
}

/** What an id says of the length of its bytes. */
export function sizeOf(id: string): number {
  return Number(id.split('.')[2] ?? 0)
}

/** What the commands of a pipeline answered; undefined where a key holds something else than bytes. */
async function answersOf<T>(pipeline: ReturnType<RedisClient['pipeline']>): Promise<(T | undefined)[]> {
  const answers = (await pipeline.exec()) ?? []
  return answers.map(([error, answer]) => {
    if (error && !isDamage(error)) throw error
    return error ? undefined : (answer as T)
  })
}
