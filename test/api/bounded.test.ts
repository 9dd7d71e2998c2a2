/** What a caller may cost the API process and Redis, and that nothing stays behind. A real Redis, no workers. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'
import { rawCall } from '../support/raw-http.ts'

let api: TestApi

before(async () => {
  api = await startTestApi()
})
after(() => api.end())

const stored = () => api.service.producer.blobs.bytesStored()
const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(api.url('/v1/models/thing/classify'), { method: 'POST', body, headers })
const form = (count: number, size: number, fields: Record<string, string> = {}): FormData => {
  const made = new FormData()
  for (const [name, value] of Object.entries(fields)) made.append(name, value)
  for (let i = 0; i < count; i++) made.append('images', new Blob([Buffer.alloc(size, i)]), `${i}.jpg`)
  return made
}

test('a body of brackets is refused before it is built', async () => {
  const half = 4 * 2 ** 20
  for (const x of [
    `${'['.repeat(half)}${']'.repeat(half)}`,
    `[${'{},'.repeat(half)}0]`,
    `${'{"a":'.repeat(half / 4)}`,
  ]) {
    const before = process.memoryUsage().rss
    const response = await send(`{"x":${x}}`, { 'content-type': 'application/json' })
    assert.equal(await codeOf(response), 'INVALID_ARGUMENT')
    assert.ok(process.memoryUsage().rss - before < 400 * 2 ** 20)
  }
  const fine = await send(JSON.stringify({ base64: Buffer.alloc(3 * 2 ** 20).toString('base64') }), {
    'content-type': 'application/json',
  })
  assert.equal(fine.status, 202)
})

test('what a refused request stored goes with it', async () => {
  const bytes = (n: number) => Buffer.alloc(50_000, n)
  const image = { 'content-type': 'image/jpeg', 'idempotency-key': 'one' }
  assert.equal((await send(bytes(1), image)).status, 202)
  const base = await stored()
  assert.equal(await codeOf(await send(bytes(2), image)), 'CONFLICT')
  assert.equal((await send(bytes(1), image)).headers.get('idempotency-replayed'), 'true')
  const post = (path: string, body: FormData, key: string) =>
    fetch(api.url(path), { method: 'POST', body, headers: { 'idempotency-key': key } })
  assert.equal((await post('/v1/models/thing/batches', form(3, 1000), 'two')).status, 202)
  assert.equal((await post('/v1/models', form(20, 1000, { name: 'a' }), 'three')).status, 202)
  const later = await stored()
  assert.ok(later > base)
  assert.equal(await codeOf(await post('/v1/models/thing/batches', form(9, 50_000), 'two')), 'CONFLICT')
  assert.equal(
    await codeOf(await post('/v1/models/thing/batches', form(9, 50_000, { alpha: '7' }), 'x')),
    'ALPHA_INVALID',
  )
  assert.equal(await codeOf(await post('/v1/models', form(9, 50_000, { name: 'a' }), 'three')), 'CONFLICT')
  assert.equal(await codeOf(await post('/v1/models', form(9, 50_000, { name: '../a' }), 'y')), 'INVALID_ARGUMENT')
  assert.equal(
    await codeOf(await post('/v1/models', form(9, 50_000, { name: 'b', base: 'gone' }), 'z')),
    'MODEL_NOT_FOUND',
  )
  assert.equal(await stored(), later)
})

test('what is cancelled before a worker has it takes its bytes along', async () => {
  const base = await stored()
  const cancel = async (response: Response): Promise<void> => {
    const { id } = (await response.json()) as { id: string }
    const cancelled = await fetch(api.url(`/v1/jobs/${id}`), { method: 'DELETE' })
    assert.equal(((await cancelled.json()) as { state: string }).state, 'cancelled')
  }
  await cancel(await send(Buffer.alloc(9000, 9), { 'content-type': 'image/jpeg' }))
  await cancel(await fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form(100, 5000) }))
  await cancel(await fetch(api.url('/v1/models'), { method: 'POST', body: form(20, 5000, { name: 'b' }) }))
  assert.equal(await stored(), base)
  const counts = await api.service.producer.counts()
  assert.deepEqual([counts.chunk.waiting, counts.fit.waiting], [1, 1]) // those of the test before
})

test('a full Redis: 503 with a time to come back, not ready, and all well when there is room again', async () => {
  const redis = new Redis(api.redis.url)
  try {
    const checks = async () => {
      const response = await fetch(api.url('/readyz'))
      return ((await response.json()) as { checks: Record<string, boolean> }).checks
    }
    assert.equal((await checks())['redis'], true)
    const queue = api.service.producer.queues.get('classify')!
    await queue.pause()
    assert.equal((await checks())['queue'], false)
    await queue.resume()
    assert.equal((await checks())['queue'], true)
    await redis.config('SET', 'maxmemory', '1')
    const refused = await send(Buffer.alloc(100, 1), { 'content-type': 'image/jpeg' })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal(await codeOf(refused), 'REDIS_UNAVAILABLE')
    assert.equal((await checks())['redis'], false)
    for (const path of ['/v1/models/thing', '/metrics', '/v1/operations'])
      assert.equal((await fetch(api.url(path))).status, 200, path)
    await redis.config('SET', 'maxmemory', '0')
    assert.equal((await send(Buffer.alloc(100, 1), { 'content-type': 'image/jpeg' })).status, 202)
    assert.equal((await checks())['redis'], true)
  } finally {
    redis.disconnect()
  }
})

test('names and results count before they are there, for each caller; what was refused leaves nothing', async (t) => {
  const small = await startTestApi({ maxKeptBytes: 900_000, maxKeptBytesOfOne: 500_000 })
  t.after(() => small.end())
  const { keys, producer } = small.service
  const [one, two] = [(await keys.create('one', 'classify')).key, (await keys.create('two', 'classify')).key]
  const batch = (key: string, count: number, name = 'n'.repeat(200)) => {
    const made = new FormData()
    for (let i = 0; i < count; i++) made.append('images', new Blob(['x']), `${name}${i}.jpg`)
    const headers = { authorization: `Bearer ${key}` }
    return fetch(small.url('/v1/models/thing/batches'), { method: 'POST', body: made, headers })
  }
  const before = await producer.blobs.bytesStored()
  const first = await batch(one, 200)
  assert.equal(first.status, 202)
  const stored = await producer.blobs.bytesStored()
  assert.ok(stored - before > 200 * 700) // a blob of one byte takes more than a byte
  const kept = await producer.kept.bytes()
  assert.ok(kept > 200 * 1600, String(kept))
  const refused = await batch(one, 200)
  assert.ok(Number(refused.headers.get('retry-after')) > 5)
  assert.equal(await codeOf(refused), 'QUEUE_FULL')
  assert.equal(await producer.blobs.bytesStored(), stored)
  assert.equal((await batch(two, 200)).status, 202) // another caller
  assert.equal(await codeOf(await batch(two, 150)), 'QUEUE_FULL')
  const { id } = (await first.json()) as { id: string }
  await producer.batches.remove({ id, origin: (await producer.batches.read(id))!.origin })
  assert.equal((await batch(one, 200)).status, 202)
})

test('connections that idle make room for others; requests of one caller under way are counted', async (t) => {
  const small = await startTestApi({ maxConnections: 20, maxRequestsOfOne: 5 })
  t.after(() => small.end())
  const idle = Array.from({ length: 60 }, () => rawCall(small.address, ''))
  await Promise.all(idle.map(({ socket }) => once(socket, 'connect')))
  const agent = { headers: { connection: 'close' } }
  for (let i = 0; i < 5; i++) assert.equal((await fetch(small.url('/healthz'), agent)).status, 200)
  await new Promise((resolve) => setTimeout(resolve, 100))
  const left = idle.filter(({ socket }) => !socket.destroyed)
  assert.ok(left.length < 20, `${left.length} of 60 idle connections are left`)
  const head = 'POST /v1/models/thing/classify HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: image/jpeg\r\n'
  const slow = Array.from({ length: 5 }, () => rawCall(small.address, `${head}content-length: 100\r\n\r\nx`))
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(await codeOf(await fetch(small.url('/v1/models'), agent)), 'RATE_LIMITED')
  for (const { socket } of slow) socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal((await fetch(small.url('/v1/models'), agent)).status, 200)
  for (const { socket } of idle) socket.destroy()
})
