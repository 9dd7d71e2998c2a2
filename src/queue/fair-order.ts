/**
 * Fair order between callers: whoever sends 2,000 jobs waits for them, not the next caller with one.
 *
 * Each waiting job has a place on a common scale (self-clocked fair queueing; Golestani, INFOCOM 1994): the caller's last
 * place, or where the queue is now when that is further, plus the cost of the job. The lowest place goes first; BullMQ
 * calls it the priority. So callers take turns whatever each of them has waiting, and a caller's own jobs keep their
 * order. With nothing waiting the scale begins anew.
 */
import { OneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { readRate } from './heartbeat.ts'
import type { JobKind } from './jobs.ts'
import { keys } from './redis-keys.ts'
import { countLua, runScript, script } from './scripts.ts'

export interface Place {
  readonly priority: number
  /** Jobs of all callers that wait. */
  readonly waiting: number
}

export interface FairShares {
  /** Most jobs of a kind that wait, of all callers. */
  readonly maxWaiting: number
  /** Of one caller, in units of cost: one caller cannot fill the queue. */
  readonly maxWaitingOfOne: number
}

/** BullMQ's own highest is 2^21. */
const highest = 2_000_000

// KEYS: prioritized jobs (score: priority * 2^32 + counter), places of callers, jobs that wait without a priority.
// ARGV: caller, cost, most jobs, most of one caller, highest place. Returns { place or -1 (full) or -2 (share used up), jobs, own }.
const take = script(`${countLua}
local waiting = redis.call('ZCARD', KEYS[1]) + redis.call('LLEN', KEYS[3])
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local now = first[2] and math.max(0, math.floor(tonumber(first[2]) / 4294967296) - 1) or 0
if #first == 0 then redis.call('DEL', KEYS[2]) end
local last = count(redis.call('HGET', KEYS[2], ARGV[1]))
local own = math.min(math.max(0, last - now), waiting)
if waiting >= tonumber(ARGV[3]) then return { -1, waiting, own } end
if own + tonumber(ARGV[2]) > tonumber(ARGV[4]) then return { -2, waiting, own } end
local place = math.min(math.max(last, now) + tonumber(ARGV[2]), tonumber(ARGV[5]))
redis.call('HSET', KEYS[2], ARGV[1], place)
redis.call('EXPIRE', KEYS[2], 86400)
return { place, waiting, own }
`)

/** How long a tenth of so many images takes at the rate of the last minute: 1 second to 10 minutes. */
async function secondsFor(client: RedisClient, images: number): Promise<number> {
  const rate = await readRate(client).catch(() => 0)
  return Math.min(600, Math.max(1, Math.ceil(images / 10 / Math.max(rate, 0.2))))
}

/** Seconds until a tenth of all that waits is done. */
export async function backlogSeconds(client: RedisClient): Promise<number> {
  const waiting = await Promise.all(
    (Object.keys(imagesOf) as (keyof typeof imagesOf)[]).map(
      async (kind) => imagesOf[kind] * (await client.zcard(keys.prioritized(kind))),
    ),
  )
  return await secondsFor(
    client,
    waiting.reduce((sum, images) => sum + images, 0),
  )
}

/** Of the time that a job takes, in ordinary images. */
const imagesOf = { classify: 1, chunk: 16, fit: 300, compare: 5000, map: 100 } as const

/**
 * @param cost in units of an ordinary job of this kind, a whole number from 1 on
 * @throws QUEUE_FULL when the queue or the caller's share of it is full
 */
export async function takePlace(
  client: RedisClient,
  kind: JobKind,
  caller: string,
  cost: number,
  { maxWaiting, maxWaitingOfOne }: FairShares,
): Promise<Place> {
  const names = [keys.prioritized(kind), keys.places(kind), keys.waiting(kind)]
  const args = [caller, cost, maxWaiting, maxWaitingOfOne, highest]
  const [place, waiting, own] = (await runScript(client, take, names, args)) as [number, number, number]
  if (place > 0) return { priority: place, waiting }
  const retryAfter = await secondsFor(client, imagesOf[kind] * (place === -1 ? waiting : own))
  throw new OneclassError(
    'QUEUE_FULL',
    place === -1
      ? `${waiting} jobs wait already: try again later, or add workers.`
      : 'Your share of the queue is used up: wait until some of your jobs are done.',
    { retryAfter },
  )
}
