/**
 * Somebody who can write to Redis puts other things under the keys of the service: no answer is INTERNAL, no worker stands still, and what
 * the service can do without it takes away and goes on. Jobs and notes that are forged: `hostile-redis.test.ts`.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import { openJobEvents } from '../../src/queue/events.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { ledgerKeys } from '../../src/queue/ledger.ts'
import { keys, prefix } from '../../src/queue/redis-keys.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { scoredImage } from '../support/stand-in-worker.ts'

let api: TestApi
let client: RedisClient
let sha256: string
before(async () => {
  api = await startTestApi()
  client = connect(api.redis.url, 'producer')
  const { models } = (await (await fetch(api.url('/v1/models'))).json()) as { models: { sha256: string }[] }
  sha256 = models[0]!.sha256
})
after(async () => {
  await disconnect(client)
  await api.end()
})

const until = async (done: () => Promise<boolean>, what: string | (() => string)) => {
  for (let i = 0; i < 240; i++) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`it did not happen: ${typeof what === 'string' ? what : what()}`)
}
const pages = ['models', 'models/thing', 'operations', 'jobs', 'batches'].map((page) => `/v1/${page}`)
const classify = () =>
  fetch(api.url('/v1/models/thing/classify'), {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: 'x'.repeat(100),
  })
const statusOf = async (response: Response): Promise<number> => {
  await response.body?.cancel()
  return response.status
}

/** Everything that people ask for, as statuses. */
const askAll = async (): Promise<number[]> => {
  const answers = await Promise.all([...pages, '/metrics'].map((page) => fetch(api.url(page))))
  return await Promise.all([...answers, await classify()].map(statusOf))
}

const put = async (key: string, type: 'string' | 'list' | 'hash'): Promise<void> => {
  await client.del(key)
  if (type === 'string') await client.set(key, 'x')
  else if (type === 'list') await client.rpush(key, 'x')
  else await client.hset(key, 'x', 'x')
}

test('keys of another type: 503 at most, and soon all is well again', async () => {
  const own = [keys.workers, keys.totals, keys.errorTotals, keys.driftNews, keys.places('classify'), keys.demo]
  const recent = [keys.recent('classify'), keys.recent('batch')]
  const queue = ['wait', 'active', 'prioritized', 'delayed', 'marker', 'events', 'meta', 'completed', 'stalled', 'pc']
  const drift = [keys.drift(sha256), keys.driftInbox(sha256), keys.driftLock(sha256)]
  const ledgers = [...ledgerKeys('stored'), ...ledgerKeys('kept')]
  const all = [...own, ...recent, ...queue.map((name) => `${prefix}:classify:${name}`), ...drift, ...ledgers]
  for (const type of ['string', 'list', 'hash'] as const) {
    for (const key of all) await put(key, type)
    for (let i = 0; i < 3; i++)
      for (const status of await askAll()) assert.ok([200, 202, 503].includes(status), `${type}: ${status}`)
    let last: number[] = []
    await until(
      async () => {
        last = await askAll()
        return last.every((status) => status < 300)
      },
      () => `${type}: ${last}`,
    )
  }
})

test('counters that are none, and those that keep everybody out', async () => {
  const [entries, bytes, owners, callers] = ledgerKeys('stored')
  const forgeries: (() => Promise<unknown>)[] = [
    () => client.set(bytes, 'abc'),
    () => client.set(bytes, '9223372036854775000'),
    () => client.set(bytes, '900000000000000'),
    () => client.zadd(entries, 1, 'no size', 2, `x|${'9'.repeat(400)}`, 'inf', 'y|900000000000'),
    () => client.hset(callers, 'anonymous', 'abc', '127.0.0.1', 'abc', 'local', '1e999'),
    () => client.hset(owners, 'nothing', 'nobody'),
    () => client.hset(keys.places('classify'), 'anonymous', 'nan', '127.0.0.1', '1e400'),
    () => client.zadd(`${prefix}:classify:prioritized`, '-inf', 'none', 'inf', 'nobody'),
    () => client.hset(keys.totals, 'images', 'abc', 'errors', '-5', 'inferences', '1e999'),
    () => client.hset(keys.errorTotals, 'INTERNAL', 'abc', '__proto__', '1'),
  ]
  for (let slot = -1; slot < 14; slot++) {
    const key = keys.rate(String(Math.floor(Date.now() / 5000) - slot))
    forgeries.push(() => client.set(key, 'abc', 'EX', 60))
  }
  for (const forge of forgeries) {
    await forge()
    const answer = await classify()
    assert.ok([202, 429, 503].includes(answer.status), `${forge}: ${answer.status}`)
    if (answer.status !== 202) assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
    for (const status of await askAll()) assert.notEqual(status, 500, String(forge))
  }
  await until(async () => (await statusOf(await classify())) === 202, 'a classify')
})

test('workers that are none are not shown and not counted', async () => {
  await client.zadd(keys.workers, '1e300', 'far', 'inf', 'never', Date.now(), 'odd', Date.now(), 'text')
  await client.hset(keys.worker('far'), 'startedAt', new Date().toISOString())
  await client.hset(keys.worker('odd'), { startedAt: 'x', pid: 'y', images: 'z' })
  await client.set(keys.worker('text'), 'x')
  const read = await fetch(api.url('/v1/operations'))
  assert.equal(read.status, 200)
  assert.deepEqual(((await read.json()) as { workers: unknown[] }).workers, [])
  await client.zrem(keys.workers, 'odd', 'text')
  assert.equal(await api.service.producer.workers(), 0)
})

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

test('a key of an Idempotency-Key and a picture of another type', async () => {
  const ask = () => api.json('/v1/models/thing/classify', { base64: 'eA==' }, 'POST', { 'idempotency-key': 'mine' })
  assert.equal(await statusOf(await ask()), 202)
  const [name] = await client.keys(`${prefix}:idempotency:*`)
  await put(name!, 'list')
  assert.equal(await statusOf(await ask()), 503)
  assert.equal(await statusOf(await ask()), 202)
  const batch = newJobId('batch')
  await put(keys.named(`${batch}:0`), 'list')
  assert.equal(await statusOf(await fetch(api.url(`/v1/batches/${batch}/images/0`))), 404)
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
