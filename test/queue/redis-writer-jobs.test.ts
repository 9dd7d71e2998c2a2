/**
 * Somebody who can write to Redis puts other things under the keys of the service: no answer is INTERNAL, no worker stands still, and what
 * the service can do without it takes away and goes on. Here: jobs and events.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disconnect } from '../../src/queue/connection.ts'
import { connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import { openJobEvents } from '../../src/queue/events.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { keys, prefix } from '../../src/queue/redis-keys.ts'
import { scoredImage } from '../support/stand-in-worker.ts'
import { api, client, statusOf, until } from '../support/written-redis.ts'

test('records of jobs that are none: an answer each, and the list goes on', async () => {
  const key = (id: string) => `${prefix}:classify:${id}`
  const forge: Record<string, (id: string) => Promise<unknown>> = {
    'no time': (id) => client.hset(key(id), { name: 'classify', data: '{}', opts: '{}', timestamp: 'x' }),
    'no JSON': (id) => client.hset(key(id), { name: 'classify', data: 'no', opts: 'no', timestamp: '1' }),
    'another type': (id) => client.set(key(id), 'x'),
    'a model that is no text': (id) =>
      client.hset(key(id), { name: 'classify', data: '{"model":{"label":{}}}', opts: '{}', timestamp: '1e300' }),
    'an outcome that is a list': (id) => client.rpush(keys.outcome(id), 'x'),
    'half an outcome': (id) =>
      client.set(
        keys.outcome(id),
        JSON.stringify({
          kind: 'saved',
          view: { id, type: 'classify', state: 'done', progress: { done: 1, total: 1 } },
        }),
      ),
    'a result that is none': async (id) => {
      const record = { name: 'classify', data: '{"model":{"label":"m@1"}}', opts: '{}', returnvalue: '{"evil":1}' }
      await client.hset(key(id), { ...record, timestamp: '1', finishedOn: '2' })
      await client.zadd(`${prefix}:classify:completed`, 1, id)
    },
    'a reason that is none': async (id) => {
      await client.hset(key(id), { name: 'classify', data: '{}', opts: '{}', timestamp: '1', failedReason: 'boo' })
      await client.zadd(`${prefix}:classify:failed`, 1, id)
    },
  }
  for (const [what, make] of Object.entries(forge)) {
    const id = newJobId('classify')
    await make(id)
    await client.zadd(keys.recent('classify'), Date.now(), `${id} anonymous`)
    const read = await fetch(api.url(`/v1/jobs/${id}`))
    const body = (await read.json()) as { state?: string; code?: string; error?: { code: string } }
    assert.ok([200, 404, 503].includes(read.status), `${what}: ${read.status}`)
    if (read.status === 200) assert.equal(body.state, 'failed', what)
    assert.notEqual(body.code ?? body.error?.code, 'INTERNAL', what)
    assert.equal(await statusOf(await fetch(api.url('/v1/jobs'))), 200, what)
    for (const path of [`api/queues/classify/${id}`, 'api/queues?activeQueue=classify&status=latest&page=1'])
      assert.notEqual(await statusOf(await fetch(api.url(`/admin/queues/${path}`))), 500, `${what}: ${path}`)
  }
})

test('jobs that no worker can read or end: an honest one behind them is done', async () => {
  const worker = connectConsumer(api.redis.url)
  const tries = new Map<string, number>()
  const seen: string[] = []
  const consumer = await startConsumer({
    kind: 'classify',
    url: api.redis.url,
    client: worker,
    concurrency: 2,
    lockMs: 1000,
    async handle({ id, data }) {
      tries.set(id, (tries.get(id) ?? 0) + 1)
      if (data.image === 'fails.jpg') throw new Error('a fault')
      seen.push(data.image)
      return scoredImage(data.image)
    },
  })
  const data = (image: string) => ({
    image,
    blob: `${'0'.repeat(24)}.${'0'.repeat(64)}.1`,
    model: { label: 'm@1', sha256: '0'.repeat(64), alpha: 0.05 },
  })
  const key = (id: string) => `${prefix}:classify:${id}`
  const forge = async (image: string, more: Record<string, string>): Promise<string> => {
    const id = newJobId('classify')
    const record = { name: 'classify', data: JSON.stringify(data(image)), opts: '{}', timestamp: '1' }
    await client.hset(key(id), { ...record, ...more })
    await client.lpush(key('wait'), id)
    return id
  }
  const { producer } = api.service
  try {
    for (let i = 0; i < 5; i++) {
      const id = newJobId('classify')
      await client.set(key(id), 'no job')
      await client.lpush(key('wait'), id)
      await client.zadd(key('prioritized'), '-1', `of-another-type-${i}`)
      await client.set(key(`of-another-type-${i}`), 'x')
    }
    await forge('counts.jpg', { atm: 'x', ats: 'y', stc: 'z' })
    await client.zadd(key('repeat'), Date.now(), 'evil')
    await client.hset(key('repeat:evil'), { name: 'classify', every: '1', data: '{}', opts: '{}', ic: '1' })
    const parent = await forge('parent.jpg', { parentKey: 'x', parent: '7' })
    const endless = await forge('fails.jpg', {
      opts: '{"attempts":1000000000,"backoff":{"type":"exponential","delay":1}}',
    })
    const custom = await forge('fails.jpg', { opts: '{"attempts":3,"backoff":{"type":"custom"}}' })
    const honest = newJobId('classify')
    await producer.add('classify', honest, data('honest.jpg'))
    await until(async () => (await producer.job(honest))?.state === 'done', 'the honest job')
    await until(async () => (await producer.job(parent))?.state === 'done', 'the job with a parent')
    for (const id of [endless, custom]) {
      await until(async () => (await producer.job(id))?.state === 'failed', 'the end of a job that fails')
      assert.equal(tries.get(id), 3)
    }
    const ours = seen.filter((image) => !image.startsWith('image')) // those are of the tests before
    assert.deepEqual(ours.sort(), ['honest.jpg', 'parent.jpg'])
    await until(async () => (await client.exists(key('repeat'))) === 0, 'the end of the schedule')
  } finally {
    await consumer.drain(2000)
    await disconnect(worker)
  }
})

test('events that are none do not end the listening', async () => {
  const events = await openJobEvents(api.redis.url)
  const stream = `${prefix}:classify:events`
  const tell = (id: string, at = '*') =>
    client.xadd(stream, at, 'event', 'completed', 'jobId', id, 'returnvalue', JSON.stringify(scoredImage('a.jpg')))
  /** Is the end of a job heard from the stream alone? */
  const hears = async (): Promise<boolean> => {
    const id = newJobId('classify')
    const gone = new AbortController()
    const ended = events.outcome(id, 400, async () => undefined, gone.signal)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await tell(id)
    return (await ended)?.state === 'done'
  }
  try {
    await until(hears, 'an event')
    for (const [name, field] of [['completed', 'returnvalue'] as const, ['progress', 'data'] as const])
      await client.xadd(stream, '*', 'event', name, 'jobId', newJobId('classify'), field, 'no json')
    await client.xadd(stream, '*', 'event', 'error', 'x', 'y')
    await until(hears, 'an event behind those that are none')
    await tell(newJobId('classify'), '18446744073709551614-1') // nothing can be added behind it
    await until(async () => {
      events.renew() // as the service does when the stream was taken away
      return await hears().catch(() => false)
    }, 'an event after one of the future')
  } finally {
    await events.close()
  }
})
