/**
 * Somebody who can write to Redis can send jobs and see images. It must end there: no code runs, no file is written outside
 * of its place, no worker and no service dies, and honest jobs go on. Here: jobs; notes and records: `hostile-redis.test.ts`.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import { disconnect } from '../../src/queue/connection.ts'
import { type Consumer, connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { prefix } from '../../src/queue/redis-keys.ts'
import { scoredImage } from '../support/stand-in-worker.ts'
import { api, client, deep, until } from '../support/written-redis.ts'

test('jobs that are none: a worker goes on', async () => {
  const worker = connectConsumer(api.redis.url)
  const seen: string[] = []
  const consumer: Consumer = await startConsumer({
    kind: 'classify',
    url: api.redis.url,
    client: worker,
    concurrency: 2,
    lockMs: 1000,
    handle: async ({ data }) => {
      seen.push(data.image)
      return scoredImage(data.image)
    },
  })
  const queue = (name: string) => `${prefix}:classify:${name}`
  const hashes: Record<string, string>[] = [
    { name: 'classify', data: 'no json', opts: '{}', timestamp: '1' },
    { name: 'classify', data: '{}', opts: 'no json', timestamp: '1' },
    { name: 'classify', data: deep(50_000), opts: '{}', timestamp: '1' },
    { name: 'classify', data: '{"__proto__":{"polluted":1}}', opts: '{"__proto__":{"polluted":1}}', timestamp: '1' },
    { name: '__proto__', data: 'null', opts: '{"attempts":1e9,"backoff":{"type":"__proto__"}}', timestamp: 'x' },
    { name: 'classify', data: '7', opts: '{"backoff":{"type":"custom","delay":-1}}', timestamp: '1', stacktrace: 'x' },
    { name: 'classify', data: '{}', opts: '{"repeat":{"every":1},"parent":{"id":"x","queue":"y"}}', timestamp: '1' },
    { name: 'classify', data: '{}', opts: '{}', timestamp: '1', parent: 'no json', progress: 'no json' },
    { name: 'classify', data: '{}', opts: '{}', timestamp: '1', stc: '-5', atm: 'x', rjk: 'x:1:2' },
  ]
  try {
    for (const hash of hashes) {
      const id = newJobId('classify')
      await client.hset(queue(id), hash)
      await client.lpush(queue('wait'), id)
    }
    await client.lpush(queue('wait'), 'no such job', '../../x', '')
    const honest = newJobId('classify')
    await api.service.producer.add('classify', honest, {
      image: 'honest.jpg',
      blob: `${'0'.repeat(24)}.${'0'.repeat(64)}.1`,
      model: { label: 'm@1', sha256: '0'.repeat(64), alpha: 0.05 },
    })
    await until(async () => (await api.service.producer.job(honest))?.state === 'done')
    assert.deepEqual(seen, ['honest.jpg'])
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  } finally {
    await consumer.drain(2000)
    await disconnect(worker)
  }
})

test('a chunk that no worker answers for, however often it is sent, does not keep its batch from ending', async () => {
  await writeFile(join(api.root, 'a.jpg'), 'x')
  await writeFile(join(api.root, 'b.jpg'), 'x')
  const worker = connectConsumer(api.redis.url)
  let tries = 0
  const consumer = await startConsumer({
    kind: 'chunk',
    url: api.redis.url,
    client: worker,
    concurrency: 1,
    handle: async () => {
      tries++
      throw new OneclassError('INVALID_ARGUMENT', 'The job does not have the form that this worker knows.')
    },
  })
  try {
    const { id } = (await (await api.json('/v1/models/thing/batches', { folder: api.root })).json()) as { id: string }
    const text = await (
      await fetch(api.url(`/v1/batches/${id}/results`), { signal: AbortSignal.timeout(60_000) })
    ).text()
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { image: string; error: { code: string } })
    assert.deepEqual(lines.map(({ image, error }) => [image, error.code]).sort(), [
      ['a.jpg', 'INTERNAL'],
      ['b.jpg', 'INTERNAL'],
    ])
    assert.equal(tries, 2)
  } finally {
    await consumer.drain(2000)
    await disconnect(worker)
  }
})
