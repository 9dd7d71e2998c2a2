/** Workers say that they live, who they are, and what they did, so that the service knows whether anybody works, and on what. */
import { type ErrorCode, errorTable } from '../errors.ts'
import type { WorkerView } from '../wire/operations.ts'
import { orGoodbye, type RedisClient } from './connection.ts'
import { isDamage } from './redis-errors.ts'
import { keys } from './redis-keys.ts'
import { countOf } from './scripts.ts'
import { withScores } from './with-scores.ts'

export interface Totals {
  images: number
  errors: number
  inferences: number
}

export interface Heartbeat {
  count(totals: Partial<Omit<Totals, 'errors'>>): void
  /** An image that could not be scored, and why. */
  countError(code: ErrorCode): void
  stop(): Promise<void>
}

export interface WorkerFacts {
  readonly host: string
  readonly pid: number
  /** Of its program. */
  readonly version: string
  /** Cores that it uses. */
  readonly concurrency: number
  /** Format versions of model files that it reads. */
  readonly formats: readonly number[]
}

const names = ['images', 'errors', 'inferences'] as const
const beatMs = 5000
/** Images are counted into slots of this length, which the rate is the mean of. */
const slotMs = 5000
const rateSlots = 12
/** A worker that was silent for longer counts as gone. */
export const aliveMs = 15_000
/** Milliseconds by which the clocks of workers may be ahead; what says to be of later is no worker's. */
export const aheadMs = 3_600_000
/** Workers that are looked at. */
const mostWorkers = 1000
/** A worker that is silent for so long is shown no more. */
const shownMs = 60_000

export function startHeartbeat(client: RedisClient, id: string, facts: WorkerFacts): Heartbeat {
  const pending: Totals = { images: 0, errors: 0, inferences: 0 }
  const pendingCodes = new Map<ErrorCode, number>()
  const own = keys.worker(id)
  const startedAt = new Date().toISOString()

  const beat = async (): Promise<void> => {
    const now = Date.now()
    const sent = { ...pending }
    const codes = [...pendingCodes]
    pendingCodes.clear()
    const pipeline = client
      .pipeline()
      .zadd(keys.workers, now, id)
      .zremrangebyscore(keys.workers, 0, now - 3_600_000)
      .hset(own, { ...facts, formats: facts.formats.join(','), startedAt })
    for (const name of names) {
      pending[name] -= sent[name]
      if (sent[name] > 0) pipeline.hincrby(keys.totals, name, sent[name]).hincrby(own, name, sent[name])
    }
    if (sent.images > 0) {
      const slot = keys.rate(String(Math.floor(now / slotMs)))
      pipeline.incrby(slot, sent.images).expire(slot, 300)
    }
    for (const [code, count] of codes) pipeline.hincrby(keys.errorTotals, code, count)
    pipeline.expire(own, 3600)
    await pipeline.exec().catch(() => {})
  }
  const timer = setInterval(() => void beat(), beatMs)
  void beat()
  return {
    count(totals) {
      for (const name of ['images', 'inferences'] as const) pending[name] += totals[name] ?? 0
    },
    countError(code) {
      pending.errors++
      pendingCodes.set(code, (pendingCodes.get(code) ?? 0) + 1)
    },
    async stop() {
      clearInterval(timer)
      await orGoodbye(beat().then(() => Promise.all([client.zrem(keys.workers, id), client.del(own)])))
    },
  }
}

export async function readTotals(client: RedisClient): Promise<Totals> {
  return totalsOf(await client.hgetall(keys.totals))
}

/** How often each code stood in place of a result, since this Redis was first used. */
export async function readErrors(client: RedisClient): Promise<Record<string, number>> {
  const fields = await client.hgetall(keys.errorTotals)
  return Object.fromEntries(
    Object.entries(fields).flatMap(([code, count]) =>
      Object.hasOwn(errorTable, code) ? [[code, countOf(count)]] : [],
    ),
  )
}

/** Images a second, the mean of the last minute. */
export async function readRate(client: RedisClient): Promise<number> {
  // the slot that is being filled is left out
  const last = Math.floor(Date.now() / slotMs) - 1
  const slots = Array.from({ length: rateSlots }, (_, i) => keys.rate(String(last - i)))
  const counts = await client.mget(...slots)
  return counts.reduce((sum, count) => sum + countOf(count), 0) / ((rateSlots * slotMs) / 1000)
}

/** Workers heard of in the last minute, the longest at work first. */
export async function readWorkers(client: RedisClient): Promise<WorkerView[]> {
  const now = Date.now()
  const range = [keys.workers, now - shownMs, now + aheadMs, 'WITHSCORES', 'LIMIT', 0, mostWorkers] as const
  const views: WorkerView[] = []
  for (const { member: id, score } of withScores(await client.zrangebyscore(...range))) {
    const fields = await client.hgetall(keys.worker(id)).catch((error: unknown) => {
      if (isDamage(error)) return {} as Record<string, string>
      throw error
    })
    const started = Date.parse(fields['startedAt'] ?? '')
    if (Number.isNaN(started)) continue // of an earlier version, or of nobody
    views.push({
      id,
      host: fields['host'] ?? '',
      pid: countOf(fields['pid']),
      version: fields['version'] ?? '',
      concurrency: countOf(fields['concurrency']),
      startedAt: new Date(started).toISOString(),
      lastSeen: new Date(score).toISOString(),
      ...totalsOf(fields),
    })
  }
  return views.sort((a, b) => a.startedAt.localeCompare(b.startedAt))
}

function totalsOf(fields: Readonly<Record<string, string>>): Totals {
  const number = (name: string) => countOf(fields[name])
  return { images: number('images'), errors: number('errors'), inferences: number('inferences') }
}
