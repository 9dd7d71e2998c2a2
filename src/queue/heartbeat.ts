/** Workers say that they live, and count what they did, so that the service knows whether anybody works. */
import type { RedisClient } from './connection.ts'
import { keys } from './keys.ts'

export interface Totals {
  images: number
  errors: number
  inferences: number
}

export interface Heartbeat {
  count(totals: Partial<Totals>): void
  stop(): Promise<void>
}

export function startHeartbeat(client: RedisClient, worker: string): Heartbeat {
  const pending: Totals = { images: 0, errors: 0, inferences: 0 }
  const beat = async (): Promise<void> => {
    const sent = { ...pending }
    const pipeline = client
      .pipeline()
      .zadd(keys.workers, Date.now(), worker)
      .zremrangebyscore(keys.workers, 0, Date.now() - 3_600_000)
    for (const name of ['images', 'errors', 'inferences'] as const) {
      pending[name] -= sent[name]
      if (sent[name] > 0) pipeline.hincrby(keys.totals, name, sent[name])
    }
    await pipeline.exec().catch(() => {})
  }
  const timer = setInterval(() => void beat(), 5000)
  void beat()
  return {
    count(totals) {
      for (const name of ['images', 'errors', 'inferences'] as const) pending[name] += totals[name] ?? 0
    },
    async stop() {
      clearInterval(timer)
      await beat()
      await client.zrem(keys.workers, worker).catch(() => {})
    },
  }
}

export async function readTotals(client: RedisClient): Promise<Totals> {
  const fields = await client.hgetall(keys.totals)
  const number = (name: string) => Number(fields[name] ?? 0)
  return { images: number('images'), errors: number('errors'), inferences: number('inferences') }
}
