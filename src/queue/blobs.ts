/**
 * Bytes that travel through Redis: uploaded images under a random id, fitted models under the hash of their content.
 * Everything expires; the sum of bytes is bounded (QUEUE_FULL beyond it); what is read is checked against its hash.
 */
import { createHash, randomBytes } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import { parseJson } from '../system/parse-json.ts'
import type { RedisClient } from './connection.ts'
import { keys } from './redis-keys.ts'
import { runScript, script } from './scripts.ts'

export interface BlobStore {
  /** Stores bytes for `seconds`; returns an id. QUEUE_FULL when the bound is reached. */
  put(bytes: Uint8Array, seconds: number): Promise<string>
  /** The same for several, on fewer ways to Redis: all of them or none. */
  putAll(list: readonly Uint8Array[], seconds: number): Promise<string[]>
  /** The bytes, or undefined when they expired or were removed. */
  get(id: string): Promise<Buffer | undefined>
  getAll(ids: readonly string[]): Promise<(Buffer | undefined)[]>
  remove(ids: readonly string[]): Promise<void>
  /** Stores a model under its sha256, or renews its expiry. */
  putModel(sha256: string, bytes: Uint8Array, seconds: number): Promise<void>
  /** Renews a model's expiry; false when it is not there. */
  touchModel(sha256: string, seconds: number): Promise<boolean>
  getModel(sha256: string): Promise<Buffer | undefined>
  /** Bytes under a name that the caller knows again; the same name twice keeps the later bytes. */
  putNamed(name: string, bytes: Uint8Array, seconds: number): Promise<void>
  getNamed(name: string): Promise<Buffer | undefined>
  bytesStored(): Promise<number>
}

// KEYS: stored, its sum, then blobs. stored: member "KEY|SIZE", score = expiry in ms. ARGV: now, lifetime in ms, bound, sizes.
// What expired is taken off the sum before anything is added.
const takeOffExpired = `
local now = tonumber(ARGV[1])
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 200)
for _, member in ipairs(gone) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('DECRBY', KEYS[2], tonumber(string.match(member, '|(%d+)$')))
end
local used = tonumber(redis.call('GET', KEYS[2]) or '0')
`

const put = script(`${takeOffExpired}
local member = KEYS[3] .. '|' .. ARGV[4]
local known = redis.call('ZSCORE', KEYS[1], member)
if not known and used + tonumber(ARGV[4]) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[2])
if not known then redis.call('INCRBY', KEYS[2], ARGV[4]) end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), member)
return 1
`)

// Room for several new blobs, which are then written one by one: what is not written leaves the sum when it would expire.
const reserve = script(`${takeOffExpired}
local sum = 0
for i = 4, #ARGV do sum = sum + tonumber(ARGV[i]) end
if used + sum > tonumber(ARGV[3]) then return 0 end
redis.call('INCRBY', KEYS[2], sum)
for i = 4, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), KEYS[i - 1] .. '|' .. ARGV[i]) end
return 1
`)

const removal = script(`
for i = 1, #ARGV do
  redis.call('UNLINK', KEYS[i + 2])
  if redis.call('ZREM', KEYS[1], KEYS[i + 2] .. '|' .. ARGV[i]) == 1 then redis.call('DECRBY', KEYS[2], ARGV[i]) end
end
return 1
`)

const touch = script(`
if redis.call('PEXPIRE', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], 'XX', tonumber(ARGV[1]) + tonumber(ARGV[2]), KEYS[1] .. '|' .. redis.call('STRLEN', KEYS[1]))
return 1
`)

export function createBlobStore(client: RedisClient, maxBytes: number): BlobStore {
  /** @throws QUEUE_FULL when there is no room within the bound */
  const withRoom = async (work: () => Promise<boolean>): Promise<void> => {
    if (await work()) return
    throw new OneclassError(
      'QUEUE_FULL',
      'Too many bytes wait for the workers: try again in a few seconds, or add workers.',
    )
  }
  const store = (key: string, bytes: Uint8Array, seconds: number): Promise<void> =>
    withRoom(async () => {
      const args = [Date.now(), seconds * 1000, maxBytes, bytes.length, bufferOf(bytes)]
      return (await runScript(client, put, [keys.stored, keys.storedBytes, key], args)) === 1
    })
  const remove = async (ids: readonly string[]): Promise<void> => {
    if (ids.length === 0) return
    const sizes = ids.map((id) => id.split('.')[2] ?? '0')
    await runScript(client, removal, [keys.stored, keys.storedBytes, ...ids.map(keys.blob)], sizes)
  }
  return {
    async put(bytes, seconds) {
      const id = newId(bytes)
      await store(keys.blob(id), bytes, seconds)
      return id
    },
    async putAll(list, seconds) {
      if (list.length === 0) return []
      const ids = list.map(newId)
      const args = [Date.now(), seconds * 1000, maxBytes, ...list.map(({ length }) => length)]
      await withRoom(async () => {
        if ((await runScript(client, reserve, [keys.stored, keys.storedBytes, ...ids.map(keys.blob)], args)) !== 1)
          return false
        const written = await Promise.allSettled(
          list.map((bytes, i) => client.set(keys.blob(ids[i]!), bufferOf(bytes), 'PX', seconds * 1000)),
        )
        const fault = written.find((one) => one.status === 'rejected')
        if (fault === undefined) return true
        await remove(ids).catch(() => {})
        throw fault.reason
      })
      return ids
    },
    async get(id) {
      const bytes = await client.getBuffer(keys.blob(id))
      return bytes === null ? undefined : checked(bytes, id.split('.')[1])
    },
    async getAll(ids) {
      if (ids.length === 0) return []
      const found = await client.mgetBuffer(ids.map(keys.blob))
      return found.map((bytes, i) => (bytes === null ? undefined : checked(bytes, ids[i]!.split('.')[1])))
    },
    remove,
    async putModel(hash, bytes, seconds) {
      checked(bytes, hash)
      await store(keys.model(hash), bytes, seconds)
    },
    async touchModel(hash, seconds) {
      return (await runScript(client, touch, [keys.model(hash), keys.stored], [Date.now(), seconds * 1000])) === 1
    },
    async getModel(hash) {
      const bytes = await client.getBuffer(keys.model(hash))
      return bytes === null ? undefined : checked(bytes, hash)
    },
    async putNamed(name, bytes, seconds) {
      await store(keys.named(name), bytes, seconds)
    },
    async getNamed(name) {
      return (await client.getBuffer(keys.named(name))) ?? undefined
    },
    async bytesStored() {
      return Number((await client.get(keys.storedBytes)) ?? 0)
    },
  }
}

/** Removes the images of a list (`[{ blob }]`) and the list. What is not removed expires. */
export async function forgetInputs(blobs: BlobStore, list: string): Promise<void> {
  const entries = parseJson((await blobs.get(list).catch(() => undefined))?.toString('utf8'))
  const ids = (Array.isArray(entries) ? entries : []).map((entry: { blob?: unknown } | null) => entry?.blob)
  await blobs.remove([...ids, list].filter((id) => typeof id === 'string')).catch(() => {})
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Random; says hash and length of the bytes, so whoever has the id can check and remove them. */
function newId(bytes: Uint8Array): string {
  return `${randomBytes(12).toString('hex')}.${sha256(bytes)}.${bytes.byteLength}`
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function checked<T extends Uint8Array>(bytes: T, hash: string | undefined): T {
  if (sha256(bytes) === hash) return bytes
  throw new OneclassError('INTERNAL', 'Bytes in Redis do not have the hash that they were stored under.')
}
