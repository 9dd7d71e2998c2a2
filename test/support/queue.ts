/** A Redis, a producer, events, and consumers that come and go: for tests of jobs without the HTTP service. */
import assert from 'node:assert/strict'
import { after, before, beforeEach } from 'node:test'
import { disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { type ConsumerOptions, connectConsumer, startConsumer, type Task } from '../../src/queue/consumer.ts'
import { type JobEvents, openJobEvents } from '../../src/queue/events.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { createProducer, type Producer } from '../../src/queue/producer.ts'
import type { Job } from '../../src/wire/job.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

export let redis: TestRedis
export let client: RedisClient
/** At most five jobs wait. */
export let producer: Producer
export let events: JobEvents
before(async () => {
  redis = await startTestRedis()
  client = connectConsumer(redis.url)
  producer = createProducer({ url: redis.url, maxWaiting: 5 })
  events = await openJobEvents(redis.url)
})
after(async () => {
  await events.close()
  await producer.close()
  await disconnect(client)
  await redis.end()
})
beforeEach(async () => {
  await producer.queues.get('classify')!.obliterate({ force: true })
})

/** Of a job that classifies. */
export const data = {
  image: 'a.jpg',
  blob: `${'0'.repeat(24)}.${'0'.repeat(64)}.1`,
  model: { label: 'm@1', sha256: '0'.repeat(64), alpha: 0.05 },
}

export const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200; i++) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('it did not happen')
}

/** A consumer while the work lasts. */
export async function withConsumer(
  handle: (task: Task<'classify'>) => Promise<unknown>,
  work: () => Promise<void>,
  more: Partial<ConsumerOptions<'classify'>> = {},
): Promise<void> {
  const consumer = await startConsumer({ kind: 'classify', url: redis.url, client, concurrency: 4, handle, ...more })
  try {
    await work()
  } finally {
    await consumer.drain(5000)
  }
}

export async function send(change: object = {}): Promise<string> {
  const id = newJobId('classify')
  await producer.add('classify', id, { ...data, ...change })
  return id
}

export async function finished(id: string): Promise<Job> {
  const view = await events.wait(id, 10_000, () => producer.job(id))
  assert.ok(view)
  return view
}
