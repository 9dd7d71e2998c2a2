/** Batches that somebody else wrote into Redis: nothing outside is read or written, nothing goes on without an end, and others go on. */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openService } from '../../src/api/service.ts'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { createLog } from '../../src/system/log.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { scoredImage, startStandIn } from '../support/stand-in-worker.ts'

let api: TestApi
let client: RedisClient
let origin: string
let sha256: string
before(async () => {
  api = await startTestApi()
  client = connect(api.redis.url, 'producer')
  origin = (await readFile(join(api.home, 'origin'), 'utf8')).trim()
  const { models } = (await (await fetch(api.url('/v1/models'))).json()) as { models: { sha256: string }[] }
  sha256 = models[0]!.sha256
})
after(async () => {
  await disconnect(client)
  await api.end()
})

interface Forged {
  readonly record?: Readonly<Record<string, unknown>>
  readonly fields?: Readonly<Record<string, string | number>>
  readonly names?: readonly string[]
}

async function forge(id: string, { record = {}, fields = {}, names = [] }: Forged): Promise<string> {
  const whole = {
    id,
    model: { label: 'thing@1', sha256, alpha: 0.05 },
    chunkSize: 16,
    folder: null,
    origin,
    createdAt: new Date().toISOString(),
    ...record,
  }
  const counts = { state: 'running', total: names.length, done: 0, errors: 0 }
  await client.hset(keys.batch(id), { record: JSON.stringify(whole), ...counts, ...fields })
  if (names.length > 0) await client.rpush(keys.batchNames(id), ...names)
  await client.sadd(keys.openBatches(origin), id)
  return id
}

const statusOf = async (path: string, method = 'GET'): Promise<number> => {
  const response = await fetch(api.url(path), { method, signal: AbortSignal.timeout(20_000) })
  await response.body?.cancel()
  return response.status
}

test('a batch that does not fit together is none', async () => {
  const forged: Record<string, Forged> = {
    'more images than names': { fields: { total: 9e15 }, names: ['a'] },
    'another id': { record: { id: '../../x' }, names: ['a'] },
    'chunks without end': { record: { chunkSize: 1e300 }, names: ['a'] },
    'a time that is none': { record: { createdAt: 'now' }, names: ['a'] },
  }
  for (const [what, parts] of Object.entries(forged)) {
    const id = await forge(newJobId('batch'), parts)
    for (const path of [`batches/${id}`, `batches/${id}/results`, `jobs/${id}`])
      assert.equal(await statusOf(`/v1/${path}`), 404, what)
    assert.equal(await statusOf(`/v1/jobs/${id}`, 'DELETE'), 404, what) // takes away chunk by chunk
  }
  const id = newJobId('batch')
  await client.set(keys.batch(id), 'x')
  assert.equal(await statusOf(`/v1/batches/${id}`), 404)
})

test('a list of results without an end: no more lines than images', async () => {
  const id = await forge(newJobId('batch'), { names: ['a', 'b'], fields: { state: 'done', done: 2 } })
  await client.hset(keys.batchResults(id), 0, JSON.stringify({ ...scoredImage('a'), index: 0 }))
  const many = Array.from({ length: 5000 }, () => '0')
  await client.rpush(keys.batchOrder(id), '7', ...many)
  for (const query of ['', '?fdr=0.1', '?from=1', '?follow=false']) {
    const text = await (await fetch(api.url(`/v1/batches/${id}/results${query}`))).text()
    assert.equal(text.trim().split('\n').length, query === '?from=1' ? 1 : 2, query)
  }
})

test('batches that point outside are fed by a service that starts, and show nothing of it', async () => {
  await mkdir(join(api.base, 'secret'))
  await writeFile(join(api.base, 'secret', 'a.jpg'), 'SECRET')
  await writeFile(join(api.root, 'fine.jpg'), 'fine')
  const places: [folder: string, names: string[]][] = [
    [join(api.base, 'secret'), ['a.jpg']],
    [api.root, ['../secret/a.jpg', `${join(api.base, 'secret')}/a.jpg`, '../../../../etc/passwd']],
    ['/proc/self', ['environ', 'root/etc/passwd']],
    ['s3://bucket/prefix/', ['a.jpg', '../x']],
    ['', ['a.jpg']],
  ]
  const outside: string[] = []
  for (const [folder, names] of places) {
    outside.push(await forge(newJobId('batch'), { record: { folder }, names }))
    outside.push(
      await forge(newJobId('batch'), { record: { folder, isStreamed: true }, fields: { open: '1', total: 0 } }),
    )
  }
  const broken = await forge(newJobId('batch'), { record: { folder: api.root }, names: ['fine.jpg'] })
  await client.set(keys.batchResults(broken), 'no results')
  const honest = await forge(newJobId('batch'), { record: { folder: api.root }, names: ['fine.jpg'] })
  await client.sadd(keys.openBatches(origin), '../../x', 'batch-of-nobody', '')
  const worker = await startStandIn(api.redis.url)
  const again = await openService({
    home: api.home,
    redisUrl: api.redis.url,
    isLoopback: true,
    roots: [api.root],
    webFolder: join(api.base, 'none'),
    version: '0.0.0',
    log: createLog('silent', { part: 'api' }),
  })
  try {
    const ended = async (id: string): Promise<string> => {
      for (let i = 0; i < 600; i++) {
        const batch = await again.producer.batches.read(id)
        if (batch?.state === 'done' || batch?.state === 'failed' || batch?.state === 'cancelled') return batch.state
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return 'running'
    }
    assert.equal(await ended(honest), 'done')
    assert.equal(await ended(broken), 'failed') // and not waiting for ever
    for (const id of outside) {
      const batch = await again.producer.batches.read(id)
      const lines = await again.producer.batches.lines(id, 0, 10)
      assert.doesNotMatch(JSON.stringify([batch, lines]), /SECRET/)
      for (const line of lines) assert.match(line, /"error"|^\{"image":"fine\.jpg"/)
    }
    for (const image of worker.seen.keys()) assert.equal(image, 'fine.jpg')
  } finally {
    await again.close()
    await worker.stop()
  }
})
