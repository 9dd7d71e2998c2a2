/** Batches of buckets and of large folders: names and images come as work goes in, and what goes wrong has a way out. */
import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import { openStore } from '../../src/service/s3-store.ts'
import type { BatchJob } from '../../src/wire/job.ts'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'
import { eventually } from '../support/ports.ts'
import { memoryBucket, type S3Server, s3Access, startS3Server } from '../support/s3-server.ts'
import { type StandIn, startStandIn } from '../support/stand-in-worker.ts'

let server: S3Server
let api: TestApi
let worker: StandIn
const bucket = memoryBucket()
const out = memoryBucket()
const name = (i: number) => `${String(i).padStart(5, '0')}.jpg`
const many = 1300

before(async () => {
  server = await startS3Server()
  server.sessionToken = 'first'
  server.buckets.set('photos', bucket)
  for (let i = 0; i < many; i++) bucket.set(`many/${name(i)}`, Buffer.from(`bytes ${i}`))
  const gone = memoryBucket()
  for (let i = 0; i < 1200; i++) gone.put(name(i), Buffer.from('x'))
  server.buckets.set('gone', gone)
  server.buckets.set('large', { keys: laterKeys, get: () => Buffer.from('x'), put: () => {} })
  const { accessKeyId, secretAccessKey, region } = s3Access
  const credentials = { accessKeyId, secretAccessKey, sessionToken: 'first' }
  const s3 = { credentials, region, endpoint: server.endpoint, pauseMs: 1, tries: 4 }
  // a quarter of it: the Redis of tests is small
  const limits = { maxKeptBytesOfOne: 24_000_000, maxFolderImages: 10_000 }
  server.buckets.set('out', out)
  const prefixes = ['s3://photos', 's3://large/deep', 's3://gone']
  api = await startTestApi(limits, { s3, prefixes, results: ['s3://out/results'] })
})
after(async () => {
  await worker?.stop()
  await api.end()
  await server.close()
})
beforeEach(() => {
  server.fault = () => undefined
  server.sessionToken = 'first'
})

const start = async (folder: string): Promise<BatchJob> => {
  const response = await api.json('/v1/models/thing/batches', { folder })
  assert.equal(response.status, 202, await response.clone().text())
  return (await response.json()) as BatchJob
}
const read = async (id: string): Promise<BatchJob> =>
  (await (await fetch(api.url(`/v1/batches/${id}`))).json()) as BatchJob
const ended = async (id: string): Promise<BatchJob> => {
  await eventually(`${id} ends`, async () => ['done', 'failed'].includes((await read(id)).state))
  return await read(id)
}
type Line = { image: string; index: number; nearest?: { image: string }[]; error?: { code: string } }
const linesOf = async (id: string): Promise<Line[]> =>
  (await (await fetch(api.url(`/v1/batches/${id}/results`))).text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

test('names are read as far as work goes in; then every image has exactly one result, whatever the store does', async () => {
  const job = await start('s3://photos/many')
  assert.equal(job.folder, 'many')
  assert.deepEqual([job.progress.total, job.progress.listing], [1000, true])
  const csv = await (await fetch(api.url(`/v1/batches/${job.id}/results?format=csv&follow=false`))).arrayBuffer()
  assert.equal(Buffer.from(csv).toString('hex', 0, 3), 'efbbbf', 'names to come may be any')
  await eventually('the window is full', async () => server.requests.filter((r) => r.includes('/many/')).length >= 512)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.ok(server.requests.filter((request) => request.includes('/many/')).length <= 600, 'no more than the window')
  assert.ok((await read(job.id)).progress.total < many, 'names that nobody needs yet are not read')
  bucket.delete(`many/${name(1250)}`) // listed or not: it has a result or none
  bucket.set('many/01299-new.jpg', Buffer.from('new'))
  let count = 0
  server.fault = ({ path }) => {
    count++
    if (path.endsWith(name(700))) return { status: 403, code: 'AccessDenied' }
    return count % 7 === 0 ? { status: 503, code: 'SlowDown' } : undefined
  }
  worker = await startStandIn(api.redis.url)
  const end = await ended(job.id)
  assert.equal(end.state, 'done')
  const lines = await linesOf(job.id)
  assert.equal(new Set(lines.map(({ index }) => index)).size, lines.length)
  assert.equal(end.progress.total, lines.length)
  assert.equal(end.progress.listing, undefined)
  const byName = new Map(lines.map((line) => [line.image, line]))
  for (let i = 0; i < many; i++) {
    const line = byName.get(name(i))
    if (i === 1250) continue
    if (i === 700) assert.equal(line?.error?.code, 'IMAGE_NOT_FOUND')
    else assert.equal(line?.nearest?.[0]?.image, `bytes ${i}`)
  }
  assert.ok(byName.has('01299-new.jpg'))
})

test('credentials that expire: the batch says what it waits for, and goes on when they are right again', async () => {
  const job = await start('s3://photos/many')
  server.sessionToken = 'second'
  await eventually('it waits', async () => (await read(job.id)).waitsFor?.code === 'STORAGE_REFUSED')
  assert.match((await read(job.id)).waitsFor?.message ?? '', /expired/)
  assert.match((await read(job.id)).state, /queued|running/)
  assert.equal(
    await codeOf(await api.json('/v1/models/thing/batches', { folder: 's3://photos/many' })),
    'STORAGE_REFUSED',
  )
  server.sessionToken = 'first'
  const end = await ended(job.id)
  assert.deepEqual([end.state, end.waitsFor, end.progress.errors], ['done', null, 0])
})

test('a bucket that goes away ends its batch; what is scored stays', async () => {
  const job = await start('s3://gone')
  await eventually('some are scored', async () => (await read(job.id)).progress.done > 100)
  server.buckets.delete('gone')
  const end = await ended(job.id)
  if (end.state === 'done') return // it was faster than the test
  assert.deepEqual([end.state, end.error?.code, end.result], ['failed', 'BUCKET_NOT_FOUND', null])
  assert.ok((await linesOf(job.id)).length > 100)
})

test('more than may be kept ends the batch with a sentence; more than is accepted too', async () => {
  const end = await ended((await start('s3://large/deep/er')).id)
  assert.deepEqual([end.state, end.error?.code], ['failed', 'QUEUE_FULL'])
  assert.match(end.error?.message ?? '', /smaller folders/)
})

test('requests that cannot be answered: no such bucket, no image, outside, a store that is away', async () => {
  const ask = async (folder: string) => codeOf(await api.json('/v1/models/thing/batches', { folder }))
  assert.equal(await ask('s3://gone'), 'BUCKET_NOT_FOUND')
  assert.equal(await ask('s3://photos/nothing'), 'FOLDER_EMPTY')
  bucket.set('empty.jpg', Buffer.alloc(0))
  const empty = await api.json('/v1/models/thing/classify', { path: 's3://photos/empty.jpg' })
  assert.equal(await codeOf(empty), 'IMAGE_UNREADABLE')
  assert.equal(await ask('s3://large'), 'PATH_NOT_ALLOWED')
  assert.equal(await ask('s3://photos/many/../x'), 'INVALID_ARGUMENT')
  assert.equal(await ask('s3://photos/many/%2e%2e/'), 'FOLDER_EMPTY')
  server.fault = () => ({ status: 503, code: 'SlowDown' })
  const busy = await api.json('/v1/models/thing/batches', { folder: 's3://photos/many' })
  assert.ok(busy.headers.get('retry-after'))
  assert.equal(await codeOf(busy), 'STORAGE_UNAVAILABLE')
})

test('results go back to a bucket when the batch has ended, also where the store was away', async () => {
  const ask = (results: string) => {
    const form = new FormData()
    for (let i = 0; i < 3; i++) form.append('images', new Blob([`upload ${i}`]), name(i))
    form.append('results', results)
    return fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form })
  }
  assert.equal(await codeOf(await ask('s3://photos/many')), 'PATH_NOT_ALLOWED')
  server.fault = ({ method }) => (method === 'PUT' ? { status: 503, code: 'SlowDown' } : undefined)
  const job = (await (await ask('s3://out/results/today')).json()) as BatchJob
  assert.equal(job.results, `s3://out/results/today/${job.id}/`)
  await eventually('it waits for the store', async () => (await read(job.id)).waitsFor?.code === 'STORAGE_UNAVAILABLE')
  assert.equal((await read(job.id)).state, 'done')
  server.fault = () => undefined
  const at = (file: string) => out.get(`results/today/${job.id}/${file}`)
  await eventually('they are complete', async () => at('batch.json') !== undefined)
  const lines = String(at('results-00000.jsonl')).trimEnd().split('\n')
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as Line).image).sort(), [0, 1, 2].map(name))
  await eventually('it no longer waits', async () => (await read(job.id)).waitsFor === null)
})

test('the service does not start with a root that cannot be read, and says why', async () => {
  const { region } = s3Access
  const open = (roots: string[], more: object = {}) => {
    const credentials = { ...s3Access, sessionToken: 'first', ...more }
    return openStore({ roots, s3: { credentials, region, endpoint: server.endpoint, tries: 1 } }, () => {})
  }
  await assert.rejects(
    openStore({ roots: ['s3://photos'] }, () => {}),
    { code: 'INVALID_ARGUMENT', message: /AWS_ACCESS_KEY_ID/ },
  )
  await assert.rejects(open(['s3://nothing']), { code: 'BUCKET_NOT_FOUND' })
  await assert.rejects(open(['s3://photos'], { secretAccessKey: 'wrong' }), { code: 'STORAGE_REFUSED' })
  server.fault = () => ({ status: 500 })
  await (await open(['s3://photos'])).s3?.close()
})

/** A bucket of any number of keys, none of them in memory. */
function laterKeys(prefix: string, after: string, most: number): string[] {
  const from = after === '' ? 0 : Number(/(\d+)\.jpg$/.exec(after)![1]) + 1
  return Array.from({ length: most }, (_, i) => `${prefix}${String(from + i).padStart(9, '0')}.jpg`)
}
