/**
 * Messages to the outside that must arrive, though the other side may be away for hours: kept in Redis and tried again, further and
 * further apart. The same id twice is one message.
 */
import { Queue, UnrecoverableError, Worker } from 'bullmq'
import { closeQueue, connect, disconnect } from './connection.ts'
import { prefix } from './redis-keys.ts'

export interface Delivery {
  readonly url: string
  readonly body: string
}

export interface Deliveries {
  add(id: string, delivery: Delivery): Promise<void>
  close(): Promise<void>
}

const day = 24 * 3600
/** Milliseconds before the first try again; it doubles: 12 tries take some eleven hours. */
const firstPause = 20_000
const maxTries = 12

export interface DeliveryOptions {
  readonly url: string
  /** Resolves to false where it was refused for good; what it throws is tried again. */
  deliver(id: string, delivery: Delivery): Promise<boolean>
  readonly onGivenUp?: (id: string, reason: string) => void
  /** Shorter in tests. */
  readonly pauseMs?: number
}

export async function openDeliveries(options: DeliveryOptions): Promise<Deliveries> {
  const [client, blocking] = [connect(options.url, 'producer', 'oneclass:api'), connect(options.url, 'consumer')]
  const queue = new Queue<Delivery>('webhook', { connection: client, prefix, skipWaitingForReady: true })
  const worker = new Worker<Delivery>(
    'webhook',
    async (job) => {
      if (!(await options.deliver(job.id ?? '', job.data))) throw new UnrecoverableError('it was refused')
    },
    { connection: blocking, prefix, concurrency: 4 },
  )
  queue.on('error', () => {}) // they reconnect by themselves
  worker.on('error', () => {})
  worker.on('failed', (job, error) => {
    const isLast = error instanceof UnrecoverableError || (job?.attemptsMade ?? 0) >= maxTries
    if (isLast) options.onGivenUp?.(job?.id ?? '', error.message)
  })
  await worker.waitUntilReady()
  return {
    async add(id, delivery) {
      await queue.add('webhook', delivery, {
        jobId: id,
        attempts: maxTries,
        backoff: { type: 'exponential', delay: options.pauseMs ?? firstPause, jitter: 0.2 },
        removeOnComplete: { age: 7 * day, count: 1000 },
        removeOnFail: { age: 7 * day, count: 1000 },
      })
    },
    async close() {
      await Promise.all([worker, queue].map(closeQueue))
      await disconnect(client, blocking)
    },
  }
}
