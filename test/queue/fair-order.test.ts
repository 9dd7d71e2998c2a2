import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { OneclassError } from '../../src/errors.ts'
import { disconnect } from '../../src/queue/connection.ts'
import { connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import { type JobData, newJobId } from '../../src/queue/jobs.ts'
import { createProducer, type Producer } from '../../src/queue/producer.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let producer: Producer

before(async () => {
  redis = await startTestRedis()
  producer = createProducer({ url: redis.url, maxWaiting: 100, maxWaitingOfOne: 60 })
})
beforeEach(() => producer.client.flushdb())
after(async () => {
  await producer.close()
  await redis.end()
})

const data = (image: string): JobData['classify'] => ({
  image,
  blob: `${'0'.repeat(24)}.${'0'.repeat(64)}.1`,
  model: { label: 'a@1', sha256: '0'.repeat(64), alpha: 0.05 },
})
const send = (caller: string, image: string) => producer.add('classify', newJobId('classify'), data(image), caller)

/** The images in the order in which one worker takes them. */
async function drained(count: number): Promise<string[]> {
  const client = connectConsumer(redis.url)
  const seen: string[] = []
  const consumer = await startConsumer({
    kind: 'classify',
    url: redis.url,
    client,
    concurrency: 1,
    handle: async ({ data: { image } }) => seen.push(image),
  })
  while (seen.length < count) await new Promise((resolve) => setTimeout(resolve, 20))
  await consumer.drain(5000)
  await disconnect(client)
  return seen
}

test('callers take turns, whatever each has waiting; the jobs of one stay in order', async () => {
  for (let i = 0; i < 40; i++) await send('flood', `flood-${i}`)
  await send('one', 'one-0')
  for (let i = 0; i < 3; i++) await send('three', `three-${i}`)
  const order = await drained(44)
  assert.ok(order.indexOf('one-0') <= 3, order.slice(0, 9).join())
  assert.ok(order.indexOf('three-2') <= 9, order.slice(0, 12).join())
  const flood = order.filter((image) => image.startsWith('flood'))
  assert.deepEqual(
    flood,
    flood.toSorted((a, b) => Number(a.slice(6)) - Number(b.slice(6))),
  )
})

test('a caller’s share ends before the queue does, and a refusal says when to come back', async () => {
  let refused: OneclassError | undefined
  for (let i = 0; i < 61; i++)
    await send('flood', `${i}`).catch((error: OneclassError) => {
      refused = error
    })
  assert.equal(refused?.code, 'QUEUE_FULL')
  assert.match(refused.message, /Your share/)
  assert.ok(Number(refused.retryAfter) >= 1)
  for (let i = 0; i < 40; i++) await send('other', `${i}`)
  await assert.rejects(send('third', 'x'), { code: 'QUEUE_FULL', message: /100 jobs wait/ })
  assert.equal((await producer.counts()).classify.waiting, 100)
  await drained(100)
  await send('flood', 'again') // its share came back with its jobs
})

test('an image for many models costs more turns, and its long result is counted', async () => {
  const many = (caller: string, image: string, count: number) => {
    const { blob, model } = { ...data(image), model: { label: 'a@1', sha256: '0'.repeat(64), alpha: 0.05 } }
    const models = Array.from({ length: count }, (_, i) => ({ ref: `m${i}`, use: model }))
    return producer.add('classify', newJobId('classify'), { image, blob, models }, caller)
  }
  for (let i = 0; i < 3; i++) await many('many', `many-${i}`, 100) // 20 turns each
  for (let i = 0; i < 30; i++) await send('few', `few-${i}`)
  await assert.rejects(many('more', 'more', 400), { code: 'QUEUE_FULL' }) // its share is 60 turns
  assert.equal(await producer.kept.bytes(), 3 * 100 * 900) // what was refused is not counted
  const order = await drained(33)
  assert.ok(order.indexOf('few-25') < order.indexOf('many-2'), order.join())
  await send('few', 'one more')
  await many('few', 'a few', 10)
  assert.equal(await producer.kept.bytes(), 3 * 100 * 900)
})
