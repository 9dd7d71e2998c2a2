/**
 * Bytes that travel through Redis: uploaded images under a random id, fitted models under the hash of their content.
 * Everything expires; the sum of bytes is bounded (QUEUE_FULL beyond it); what is read is checked against its hash.
 */
import { createHash, randomBytes } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'
import { runScript, script } from './scripts.ts'

export interface BlobStore {
  /** Stores bytes for `seconds`; returns an id. QUEUE_FULL when the bound is reached. */
  put(bytes: Uint8Array, seconds: number): Promise<string>
  /** The bytes, or undefined when they expired or were removed. */
  get(id: string): Promise<Buffer | undefined>
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

// stored: member "KEY|SIZE", score = expiry in ms. What expired is taken off the sum before anything is added.
const put = script(`
local now = tonumber(ARGV[1])
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 200)
for _, member in ipairs(gone) do
  redis.call('ZREM', KEYS[2], member)
  redis.call('DECRBY', KEYS[3], tonumber(string.match(member, '|(%d+)$')))
end
local member = KEYS[1] .. '|' .. ARGV[4]
local known = redis.call('ZSCORE', KEYS[2], member)
local used = tonumber(redis.call('GET', KEYS[3]) or '0')
if not known and used + tonumber(ARGV[4]) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[2])
if not known then redis.call('INCRBY', KEYS[3], ARGV[4]) end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), member)
return 1
`)

const remove = script(`
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
  const store = async (key: string, bytes: Uint8Array, seconds: number): Promise<void> => {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const args = [Date.now(), seconds * 1000, maxBytes, data.length, data]
    let stored: unknown
    try {
      stored = await runScript(client, put, [key, keys.stored, keys.storedBytes], args)
    } catch (error) {
      if (error instanceof Error && /OOM/.test(error.message)) stored = 0
      else throw error
    }
    if (stored !== 1) {
      throw new OneclassError(
        'QUEUE_FULL',
        'Too many bytes wait for the workers: try again in a few seconds, or add workers.',
      )
    }
  }
  return {
    async put(bytes, seconds) {
      const id = `${randomBytes(12).toString('hex')}.${sha256(bytes)}.${bytes.byteLength}`
      await store(keys.blob(id), bytes, seconds)
      return id
    },
    async get(id) {
      const bytes = await client.getBuffer(keys.blob(id))
      return bytes === null ? undefined : checked(bytes, id.split('.')[1])
    },
    async remove(ids) {
      if (ids.length === 0) return
      const sizes = ids.map((id) => id.split('.')[2] ?? '0')
      await runScript(client, remove, [keys.stored, keys.storedBytes, ...ids.map(keys.blob)], sizes)
    },
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

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function checked<T extends Uint8Array>(bytes: T, hash: string | undefined): T {
  if (sha256(bytes) === hash) return bytes
  throw new OneclassError('INTERNAL', 'Bytes in Redis do not have the hash that they were stored under.')
}
