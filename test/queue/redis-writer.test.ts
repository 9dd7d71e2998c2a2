/**
 * Somebody who can write to Redis puts other things under the keys of the service: no answer is INTERNAL, no worker stands still, and what
 * the service can do without it takes away and goes on. Jobs and events: `redis-writer-jobs.test.ts`; jobs and notes that are forged: `hostile-redis.test.ts`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newJobId } from '../../src/queue/jobs.ts'
import { ledgerKeys } from '../../src/queue/ledger.ts'
import { keys, prefix } from '../../src/queue/redis-keys.ts'
import { driftIdOf } from '../../src/service/drift-log.ts'
import { api, client, sha256, statusOf, until } from '../support/written-redis.ts'

const pages = ['models', 'models/thing', 'operations', 'jobs', 'batches'].map((page) => `/v1/${page}`)
const classify = () =>
  fetch(api.url('/v1/models/thing/classify'), {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: 'x'.repeat(100),
  })

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
  const driftId = driftIdOf({ name: 'thing', version: 1, sha256 })
  const drift = [keys.drift(driftId), keys.driftInbox(driftId), keys.driftLock(driftId)]
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
