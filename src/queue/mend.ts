/**
 * Whoever can write to Redis can put anything under our keys, and a restored backup or a careless hand can too. What the service can do
 * without is taken away there, so that it works again by itself: keys of another type, locks that never end, counters that are wrong.
 * Jobs, batches and images are not touched: they are judged where they are used.
 */
import { Job } from 'bullmq'
import { jobTypes } from '../wire/job-state.ts'
import type { RedisClient } from './connection.ts'
import { aheadMs } from './heartbeat.ts'
import { type JobKind, jobKinds, lifetimes } from './jobs.ts'
import { type LedgerName, ledgerKeys, ledgerLua } from './ledger.ts'
import { isDamage } from './redis-errors.ts'
import { keys, prefix } from './redis-keys.ts'
import { countLua, runScript, script } from './scripts.ts'

type KeyType = 'none' | 'number' | 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream'
/** A key, what it holds, and, of a lock, the most milliseconds that it lives. */
type Expected = readonly [key: string, type: KeyType, longest?: number]

/** BullMQ's keys of one queue; `JOB` are not among them. */
const queueKeys = {
  list: ['wait', 'paused', 'active'],
  zset: ['prioritized', 'delayed', 'completed', 'failed', 'marker', 'waiting-children'],
  set: ['stalled'],
  hash: ['meta'],
  number: ['id', 'pc'],
  string: ['limiter'],
  stream: ['events'],
  // schedules of jobs that come again and again: we have none
  none: ['repeat'],
} as const
/** Of the check for jobs of dead workers; half of a worker's longest silence. */
const stalledLockMs = 60_000

function expectedKeys(origin: string | undefined): Expected[] {
  const own: Expected[] = [
    [keys.workers, 'zset'],
    [keys.totals, 'hash'],
    [keys.errorTotals, 'hash'],
    [keys.driftNews, 'set'],
    [keys.demo, 'string', 3_600_000],
    ...jobTypes.map((type): Expected => [keys.recent(type), 'zset']),
    ...jobKinds.map((kind): Expected => [keys.places(kind), 'hash']),
  ]
  for (const name of ['stored', 'kept'] as const) {
    const [entries, bytes, owners, callers] = ledgerKeys(name)
    own.push([entries, 'zset'], [bytes, 'string'], [owners, 'hash'], [callers, 'hash'])
  }
  if (origin !== undefined)
    own.push(
      [keys.openBatches(origin), 'set'],
      [keys.finishedFits(origin), 'hash'],
      [keys.finishedComparisons(origin), 'hash'],
    )
  for (const kind of [...jobKinds, 'webhook']) {
    for (const [type, names] of Object.entries(queueKeys))
      for (const name of names) own.push([`${prefix}:${kind}:${name}`, type as KeyType])
    own.push([`${prefix}:${kind}:stalled-check`, 'string', stalledLockMs])
  }
  return own
}

// ARGV: a time that is still to come, then of each key its type and the most milliseconds that it lives (0: any).
// Returns places in KEYS, from 1.
const takeAway = script(`${countLua}
local gone = {}
for i, key in ipairs(KEYS) do
  local found, wanted, longest = redis.call('TYPE', key).ok, ARGV[2 * i], tonumber(ARGV[2 * i + 1])
  local isNumber = wanted == 'number'
  if isNumber then wanted = 'string' end
  local isWrong = found ~= 'none' and found ~= wanted
  if isNumber and found == wanted then isWrong = count(redis.call('GET', key)) == 0 end
  if found == wanted and longest > 0 then
    local left = redis.call('PTTL', key)
    isWrong = left < 0 or left > longest
  end
  -- an entry from the future: nothing can be added after it
  if found == wanted and found == 'stream' then isWrong = #redis.call('XRANGE', key, ARGV[1], '+', 'COUNT', 1) > 0 end
  if isWrong then
    redis.call('UNLINK', key)
    gone[#gone + 1] = i
  end
end
return gone
`)

/**
 * @param origin of the service, for the keys that are its own
 * @returns what was taken away
 */
export async function mendKeys(client: RedisClient, origin?: string): Promise<string[]> {
  const expected = expectedKeys(origin)
  const future = Date.now() + aheadMs
  const args = [future, ...expected.flatMap(([, type, longest = 0]) => [type, longest])]
  const names = expected.map(([key]) => key)
  const gone = new Set((await runScript(client, takeAway, names, args)) as number[])
  await client.zremrangebyscore(keys.workers, future, '+inf')
  return names.filter((_, i) => gone.has(i + 1))
}

// KEYS: the ledger's. ARGV: most entries that are counted anew though the sum looks right, latest end. Returns what the sum was off by.
const count = script(`${ledgerLua}
local sum = redis.call('GET', KEYS[2])
local isNumber = not sum or (#sum <= 15 and string.match(sum, '^%d+$'))
local entries = redis.call('ZCARD', KEYS[1])
if isNumber and entries > tonumber(ARGV[1]) then return '0' end
local total, callers, owners = 0, {}, {}
local list = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #list, 2 do
  local entry, size = list[i], string.match(list[i], '|(%d+)$')
  local ends = tonumber(list[i + 1])
  if not size or #size > 15 or ends > tonumber(ARGV[2]) then
    redis.call('ZREM', KEYS[1], entry)
    redis.call('HDEL', KEYS[3], entry)
  else
    total = total + tonumber(size)
    local owner = redis.call('HGET', KEYS[3], entry)
    if owner then
      owners[#owners + 1] = { entry, owner }
      callers[owner] = (callers[owner] or 0) + tonumber(size)
    end
  end
end
redis.call('SET', KEYS[2], string.format('%.0f', total))
redis.call('DEL', KEYS[4])
for owner, bytes in pairs(callers) do redis.call('HSET', KEYS[4], owner, string.format('%.0f', bytes)) end
if redis.call('HLEN', KEYS[3]) > #owners then
  redis.call('DEL', KEYS[3])
  for _, one in ipairs(owners) do redis.call('HSET', KEYS[3], one[1], one[2]) end
end
return string.format('%.0f', total - count(sum))
`)

/** So many take some 20 ms, in which Redis does nothing else. */
const countedEntries = 10_000

/** Counts what is in a ledger anew. @returns bytes by which the sum was wrong */
export async function recount(client: RedisClient, name: LedgerName): Promise<number> {
  const latest = Date.now() + (lifetimes.outcome + 24 * 3600) * 1000
  return Number(await runScript(client, count, ledgerKeys(name), [countedEntries, latest]))
}

type JobQueue = Parameters<typeof Job.fromId>[0]

/** Is it an error about what a job's record holds, and not about the way to Redis? */
export function isUnreadable(error: unknown): boolean {
  return isDamage(error) || error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError
}

/** Counters that BullMQ counts up in the record; a number that is none would fail each fetch. */
function hasCounts(job: Job | undefined): boolean {
  return job === undefined || [job.attemptsMade, job.attemptsStarted, job.stalledCounter].every(Number.isSafeInteger)
}

/** Places of a queue that are looked at. */
const looked = 100

/**
 * Takes out of a queue what no worker can read: each would make the next fetch fail. The keys stay, since an id may name any key of ours.
 * @returns ids
 */
export async function dropUnreadable(client: RedisClient, queue: JobQueue, kind: JobKind): Promise<string[]> {
  const at = (name: string) => `${prefix}:${kind}:${name}`
  const ids = new Set([
    ...(await client.lrange(at('active'), 0, 10 * looked)),
    ...(await client.lrange(at('wait'), -looked, -1)),
    ...(await client.zrangebyscore(at('prioritized'), '-inf', '+inf', 'LIMIT', 0, looked)),
  ])
  const dropped: string[] = []
  for (const id of ids) {
    const isWhole = await Job.fromId(queue, id).then(hasCounts, (thrown: unknown) => !isUnreadable(thrown))
    if (isWhole) continue
    for (const list of ['active', 'wait', 'paused']) await client.lrem(at(list), 0, id)
    for (const set of ['prioritized', 'delayed']) await client.zrem(at(set), id)
    dropped.push(id)
  }
  // a fetch that failed took the sign that there is work with it
  if (dropped.length > 0) await client.zadd(at('marker'), 0, '0')
  return dropped
}
