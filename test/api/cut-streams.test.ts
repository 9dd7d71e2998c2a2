/** Results and events that are cut off in the middle: whoever reads them is told so, in every form, and can go on. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test, { type TestContext } from 'node:test'
import { openService, type Service } from '../../src/api/service.ts'
import { createClient } from '../../src/client.ts'
import { flagDiscoveries } from '../../src/detectors/promise.ts'
import { newJobId } from '../../src/queue/jobs.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { createLog } from '../../src/system/log.ts'
import type { BatchLine } from '../../src/wire/batch.ts'
import { startTestApi, type TestApi } from '../support/api.ts'

/** 20 of them: with the last ones many more are flagged than without. */
const pValues = Array.from({ length: 20 }, (_, i) => (i < 4 ? 0.01 + 0.03 * i : i < 10 ? 0.9 : 0.01))
const fdr = 0.2

async function start(t: TestContext): Promise<TestApi> {
  const api = await startTestApi()
  t.after(() => api.end())
  return api
}

/** A batch of which the first ten results are there. */
async function beginBatch(service: Service): Promise<string> {
  const id = newJobId('batch')
  const model = { label: 'thing@1', sha256: 'a'.repeat(64), alpha: 0.05 }
  const more = { isOpen: false, chunkSize: 4, folder: null, origin: 'here', decide: { calibrationScores: 500 } }
  const record = { id, model, ...more, createdAt: new Date().toISOString() }
  await service.producer.batches.create(
    record,
    pValues.map((_, i) => `${i}.jpg`),
  )
  await commit(service, id, 0, 10)
  return id
}

async function commit({ producer }: Service, id: string, from: number, to: number): Promise<void> {
  const results = pValues.slice(from, to).map((pValue, i) => {
    const index = from + i
    const of = { score: 1 - pValue, pValue }
    const detectors = { isolationForest: of, oneClassSvm: of }
    const scored = { ...of, alpha: 0.05, isPositive: pValue > 0.05, detectors, nearest: [] }
    return {
      index,
      isError: false,
      line: JSON.stringify({ image: `${index}.jpg`, index, model: 'thing@1', ...scored }),
    }
  })
  await producer.batches.commit(id, results)
}

async function all<T>(lines: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const line of lines) into.push(line)
  return into
}

/** What an HTTP/1.0 reader, such as a proxy, gets, and how it ended. */
function readOld(api: TestApi, path: string): Promise<{ text: string; error: string | undefined }> {
  return new Promise((resolve) => {
    let [text, error]: [string, string | undefined] = ['', undefined]
    const socket = connect(Number(new URL(api.address).port), '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n`),
    )
    socket.on('data', (some) => {
      text += some
    })
    socket.on('error', (thrown: NodeJS.ErrnoException) => {
      error = thrown.code
    })
    socket.on('close', () => resolve({ text, error }))
  })
}

test('a service that stops breaks every open answer, and no flags are made of a part', async (t) => {
  const api = await start(t)
  const client = createClient(api.address)
  const id = await beginBatch(api.service)
  const [lines, flagged]: BatchLine[][] = [[], []]
  const events: unknown[] = []
  const old = readOld(api, `/v1/batches/${id}/results`)
  const reads = [
    all(client.lines(id), lines),
    all(client.lines(id, { fdr }), flagged),
    all(client.batchEvents(id), events),
    client.resultsCsv(id),
    client.resultsCsv(id, { fdr }),
  ].map((read) => assert.rejects(read, TypeError))
  while (lines!.length < 10 || events.length < 1) await new Promise((resolve) => setTimeout(resolve, 20))
  await api.service.close()
  await Promise.all(reads)
  assert.deepEqual([lines!.length, flagged!.length], [10, 0])
  const { text, error } = await old
  assert.match(text, /^HTTP\/1\.1 200 [\s\S]*9\.jpg/)
  assert.equal(error, 'ECONNRESET')
})

test('results of a batch that goes meanwhile do not end as if they were whole', async (t) => {
  const api = await start(t)
  const id = await beginBatch(api.service)
  const lines: BatchLine[] = []
  const read = assert.rejects(all(createClient(api.address).lines(id), lines), TypeError)
  while (lines.length < 10) await new Promise((resolve) => setTimeout(resolve, 20))
  const { batches } = api.service.producer
  await batches.remove((await batches.read(id))!)
  await read
})

test('results that a finished batch lost are told, and what is left of them can be read', async (t) => {
  const api = await start(t)
  const id = await beginBatch(api.service)
  await commit(api.service, id, 10, 20)
  const { client: redis } = api.service.producer
  await redis.ltrim(keys.batchOrder(id), 0, 9)
  const client = createClient(api.address)
  for (const decisions of [{}, { fdr }]) {
    await assert.rejects(all(client.stream(id, decisions)), { code: 'JOB_EXPIRED', status: 410 })
    await assert.rejects(client.resultsCsv(id, decisions), { code: 'JOB_EXPIRED' })
  }
  const left = await (await fetch(api.url(`/v1/batches/${id}/results?follow=false`))).text()
  assert.equal(left.trim().split('\n').length, 10)
})

test('the client goes on while a proxy says that the service is away', async (t) => {
  const api = await start(t)
  const id = await beginBatch(api.service)
  await commit(api.service, id, 10, 20)
  const away = [502, 503, 504, 429]
  const client = createClient(api.address, {
    fetch: async (asked, init) => {
      const status = away.pop()
      return status === undefined ? await fetch(asked, init) : new Response('<html>', { status })
    },
  })
  assert.equal((await all(client.stream(id))).length, 20)
})

test('of many results that one caller reads at once one piece is read at a time', async (t) => {
  const api = await start(t)
  const id = await beginBatch(api.service)
  await commit(api.service, id, 10, 20)
  const { batches } = api.service.producer
  const { lines } = batches
  let [atWork, most, pieces] = [0, 0, 0]
  batches.lines = async (...asked) => {
    if (asked[2] === 1) return await lines(...asked) // a look whether the last one is there
    most = Math.max(most, ++atWork)
    pieces++
    await new Promise((resolve) => setTimeout(resolve, 5))
    return await lines(...asked).finally(() => atWork--)
  }
  const read = await Promise.all(Array.from({ length: 20 }, () => all(createClient(api.address).lines(id))))
  assert.ok(read.every(({ length }) => length === 20))
  assert.ok(pieces >= 20)
  assert.equal(most, 1)
})

test('the client goes on with another process, and its flags are those of all lines', async (t) => {
  const api = await start(t)
  let address: string | undefined = api.address
  const client = createClient('http://service', {
    fetch: async (asked, init) => {
      if (address === undefined) throw new TypeError('nobody is there')
      return await fetch(asked.replace('http://service', address), init)
    },
  })
  const id = await beginBatch(api.service)
  const [plain, flagged] = [all(client.stream(id)), all(client.stream(id, { fdr }))]
  await new Promise((resolve) => setTimeout(resolve, 300))
  address = undefined
  await api.service.close()
  const second = await openService({
    home: api.home,
    redisUrl: api.redis.url,
    isLoopback: true,
    roots: [],
    webFolder: api.base,
    version: '0.0.0',
    log: createLog('error', { part: 'api' }, () => {}),
  })
  t.after(() => second.close())
  address = await second.app.listen({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => setTimeout(resolve, 600))
  await commit(second, id, 10, 20)
  assert.deepEqual(
    (await plain).map(({ index }) => index),
    pValues.map((_, i) => i),
  )
  const right = [...flagDiscoveries(pValues, fdr).flagged].map((flag) => flag === 1)
  assert.ok(right.filter(Boolean).length > 4)
  assert.deepEqual(
    (await flagged).map((line) => 'flagged' in line && line.flagged),
    right,
  )
})
