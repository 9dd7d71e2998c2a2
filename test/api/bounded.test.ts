/** What a caller may cost the API process and Redis, and that nothing stays behind. A real Redis, no workers. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

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
    await redis.config('SET', 'maxmemory', '1')
    const refused = await send(Buffer.alloc(100, 1), { 'content-type': 'image/jpeg' })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal(await codeOf(refused), 'REDIS_UNAVAILABLE')
    assert.equal((await checks())['redis'], false)
    for (const path of ['/v1/models/thing', '/metrics', '/v1/operations'])
      assert.notEqual((await fetch(api.url(path))).status, 500, path)
    await redis.config('SET', 'maxmemory', '0')
    assert.equal((await send(Buffer.alloc(100, 1), { 'content-type': 'image/jpeg' })).status, 202)
    assert.equal((await checks())['redis'], true)
  } finally {
    redis.disconnect()
  }
})
