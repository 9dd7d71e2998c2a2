/** What webhooks are told of: fits, comparisons and batches of this service that ended, and models whose drift monitor gives an alarm. */
import type { Producer } from '../queue/producer.ts'
import type { Registry } from '../store/registry.ts'
import type { Log } from '../system/log.ts'
import { labelOf } from '../wire/label.ts'
import { driftIdOf, readDrift } from './drift-log.ts'
import { openWebhooks } from './webhooks.ts'

export interface Notices {
  /** A job or batch ended: it is read and told of. */
  ended(id: string): void
  close(): Promise<void>
}

const driftMs = 60_000

/** @throws INVALID_ARGUMENT where the secret is missing or an address is none */
export async function openNotices(options: {
  readonly producer: Producer
  readonly registry: Registry
  readonly redisUrl: string
  readonly log: Log
  readonly urls?: readonly string[]
  readonly secret?: string | undefined
  /** Shorter in tests. */
  readonly pauseMs?: number
  readonly driftMs?: number
}): Promise<Notices> {
  const { producer, registry, redisUrl, log, urls = [], secret, pauseMs } = options
  if (urls.length === 0) return { ended: () => {}, close: async () => {} }
  const webhooks = await openWebhooks({ urls, secret, redisUrl, log, ...(pauseMs !== undefined && { pauseMs }) })
  const running = new Set<Promise<void>>()
  const inBackground = (work: () => Promise<void>): void => {
    const task = work()
      .catch((error: unknown) => log('warn', 'webhook not sent', { error: String(error) }))
      .finally(() => running.delete(task))
    running.add(task)
  }
  const now = (): string => new Date().toISOString()

  const tellEnd = async (id: string): Promise<void> => {
    const data = await producer.job(id)
    if (data?.state !== 'done' && data?.state !== 'failed' && data?.state !== 'cancelled') return
    await webhooks.send(id, { type: `job.${data.state}`, timestamp: now(), data })
  }

  /** An alarm stays on: the same message again is none for a week. */
  const tellDrift = async (): Promise<void> => {
    for (const info of (await registry.list()).filter(({ serving }) => serving)) {
      const drift = await readDrift(producer.client, info)
      if (!drift.accepted.alarm) continue
      const data = { model: labelOf(info), drift }
      await webhooks.send(`drift ${driftIdOf(info)} ${info.alpha}`, { type: 'model.drift', timestamp: now(), data })
    }
  }
  const timer = setInterval(() => inBackground(tellDrift), options.driftMs ?? driftMs)
  timer.unref()

  return {
    ended: (id) => inBackground(() => tellEnd(id)),
    async close() {
      clearInterval(timer)
      await Promise.all(running)
      await webhooks.close()
    },
  }
}
