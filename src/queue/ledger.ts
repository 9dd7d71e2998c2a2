/**
 * What is in Redis, counted in bytes and for each caller, so that it has a bound and nobody can use up all of it.
 *
 *   stored   images, lists, models and galleries, as long as they wait or are used (`blobs.ts`)
 *   kept     what outlives the work: names and results of batches, idempotency keys, outcomes
 *
 * An entry has a name, a size, an end (in ms) and perhaps an owner. It is taken off the sums when it is removed, or at the first
 * look after its end. Everything is done by scripts: a sum that was read and then written would be wrong under load.
 */
import { OneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { prefix } from './redis-keys.ts'
import { countLua, countOf, runScript, script } from './scripts.ts'

export type LedgerName = 'stored' | 'kept'

export interface Bounds {
  /** Of all callers together. */
  readonly all: number
  /** Of one caller. */
  readonly ofOne: number
}

/** Entries by their end; their sum; entry -> owner; owner -> sum. */
export function ledgerKeys(name: LedgerName): [string, string, string, string] {
  const key = `${prefix}:${name}`
  return [key, `${key}:bytes`, `${key}:owners`, `${key}:callers`]
}

/** Lua: KEYS[1] to KEYS[4] as in `ledgerKeys`. An entry is "NAME|SIZE". */
export const ledgerLua = `
${countLua}
local function sizeOf(entry) return count(string.match(entry, '|(%d+)$')) end
local function off(entry)
  if redis.call('ZREM', KEYS[1], entry) == 0 then return end
  local size = sizeOf(entry)
  redis.call('DECRBY', KEYS[2], string.format('%.0f', size))
  local caller = redis.call('HGET', KEYS[3], entry)
  if not caller then return end
  redis.call('HDEL', KEYS[3], entry)
  if size > 0 and redis.call('HINCRBY', KEYS[4], caller, string.format('-%.0f', size)) <= 0 then redis.call('HDEL', KEYS[4], caller) end
end
local function endOld(now)
  for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 500)) do off(entry) end
end
-- 1: there is room; -1: the bound of all is reached; -2: that of the caller
local function room(size, caller, all, ofOne)
  if count(redis.call('GET', KEYS[2])) + size > tonumber(all) then return -1 end
  if caller ~= '' and count(redis.call('HGET', KEYS[4], caller)) + size > tonumber(ofOne) then return -2 end
  return 1
end
local function on(entry, size, caller, ends)
  if redis.call('ZSCORE', KEYS[1], entry) then redis.call('ZADD', KEYS[1], ends, entry) return end
  redis.call('ZADD', KEYS[1], ends, entry)
  redis.call('INCRBY', KEYS[2], size)
  if caller == '' then return end
  redis.call('HSET', KEYS[3], entry, caller)
  redis.call('HINCRBY', KEYS[4], caller, size)
end
`

/** What an entry of `kept` takes in Redis besides its bytes: its key, and its places in Redis's tables and in the ledger (690 measured). */
export const keptOverhead = 700

export interface Entry {
  readonly name: string
  readonly bytes: number
}

export interface Ledger {
  /**
   * Counts an entry for `seconds`; the same again renews its end.
   * @param owner '' for none
   * @throws QUEUE_FULL when the bound, or the owner's share of it, is reached
   */
  charge(entry: Entry, seconds: number, owner: string): Promise<void>
  /** The same for what is there already, bound or not. */
  note(entry: Entry, seconds: number): Promise<void>
  /**
   * Another size for an entry, where there is room for it.
   * @throws QUEUE_FULL as `charge`; the entry is then as it was
   */
  grow(entry: Entry, bytes: number, seconds: number, owner: string): Promise<void>
  /** Another end for an entry that is counted. */
  renew(entry: Entry, seconds: number): Promise<void>
  release(entry: Entry): Promise<void>
  bytes(): Promise<number>
}

// ARGV: now, end, bound of all, bound of one, caller, size, name
const charge = script(`${ledgerLua}
endOld(ARGV[1])
local entry = ARGV[7] .. '|' .. ARGV[6]
if not redis.call('ZSCORE', KEYS[1], entry) then
  local found = room(tonumber(ARGV[6]), ARGV[5], ARGV[3], ARGV[4])
  if found < 0 then return { found, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or ARGV[1] } end
end
on(entry, ARGV[6], ARGV[5], ARGV[2])
return { 1, '0' }
`)

// ARGV as of charge, then the size that it had
const grow = script(`${ledgerLua}
endOld(ARGV[1])
off(ARGV[7] .. '|' .. ARGV[8])
local found = room(tonumber(ARGV[6]), ARGV[5], ARGV[3], ARGV[4])
if found < 0 then
  on(ARGV[7] .. '|' .. ARGV[8], ARGV[8], ARGV[5], ARGV[2])
  return { found, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or ARGV[1] }
end
on(ARGV[7] .. '|' .. ARGV[6], ARGV[6], ARGV[5], ARGV[2])
return { 1, '0' }
`)

const release = script(`${ledgerLua} off(ARGV[1]) return 1`)

const hour = 3600

export function openLedger(client: RedisClient, bounds: Bounds): Ledger {
  const names = ledgerKeys('kept')
  const enter = async ({ name, bytes }: Entry, seconds: number, owner: string, { all, ofOne }: Bounds) => {
    const now = Date.now()
    const args = [now, now + seconds * 1000, all, ofOne, owner, bytes, name]
    assertRoom((await runScript(client, charge, names, args)) as [number, string], now)
  }
  const assertRoom = ([found, next]: [number, string], now: number): void => {
    if (found === 1) return
    throw new OneclassError(
      'QUEUE_FULL',
      found === -1
        ? 'The names and results that are kept for a day fill what Redis may hold: try again later, or give Redis more room.'
        : 'The names and results that are kept for you for a day take up your share: try again later.',
      { retryAfter: Math.min(hour, Math.max(1, Math.ceil((countOf(next) - now) / 1000))) },
    )
  }
  const unbounded = { all: Number.MAX_SAFE_INTEGER, ofOne: Number.MAX_SAFE_INTEGER }
  const nameOf = ({ name, bytes }: Entry): string => `${name}|${bytes}`
  return {
    charge: (entry, seconds, owner) => enter(entry, seconds, owner, bounds),
    async grow(entry, bytes, seconds, owner) {
      const now = Date.now()
      const args = [now, now + seconds * 1000, bounds.all, bounds.ofOne, owner, bytes, entry.name, entry.bytes]
      assertRoom((await runScript(client, grow, names, args)) as [number, string], now)
    },
    note: (entry, seconds) => enter(entry, seconds, '', unbounded),
    async renew(entry, seconds) {
      await client.zadd(names[0], 'XX', Date.now() + seconds * 1000, nameOf(entry))
    },
    async release(entry) {
      await runScript(client, release, names, [nameOf(entry)])
    },
    async bytes() {
      return countOf(await client.get(names[1]))
    },
  }
}
