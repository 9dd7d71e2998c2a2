/**
 * Somebody who can write to Redis can send jobs and see images. It must end there: no code runs, no file is written outside
 * of its place, no worker and no service dies, and honest jobs go on. Here: notes and records; jobs: `hostile-jobs.test.ts`.
 */
import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import type { OneclassError } from '../../src/errors.ts'
import { jobSchemas, newJobId } from '../../src/queue/jobs.ts'
import { keys, prefix } from '../../src/queue/redis-keys.ts'
import { driftIdOf } from '../../src/service/drift-log.ts'
import { createFitSaver } from '../../src/service/fit-saver.ts'
import { startInference } from '../../src/serving/inference.ts'
import { encodeArtifact } from '../../src/store/artifact.ts'
import { encodeGallery } from '../../src/store/gallery.ts'
import { openRegistry } from '../../src/store/registry.ts'
import { withLock } from '../../src/system/lock.ts'
import { sha256 as hashOf } from '../../src/system/sha256.ts'
import { blankGallery } from '../support/gallery.ts'
import { api, client, deep, until } from '../support/written-redis.ts'

const originOf = async () => (await readFile(join(api.home, 'origin'), 'utf8')).trim()

test('notes of finished work cannot write, remove or overwrite other files', async () => {
  const origin = await originOf()
  const { blobs } = api.service.producer
  await mkdir(join(api.home, 'comparisons'), { recursive: true })
  await writeFile(join(api.home, 'kept'), 'kept')
  await writeFile(join(api.base, 'kept'), 'kept')
  const blob = await blobs.put(Buffer.from('{"methods":[]}'), 60)
  const files = { 'report.html': blob, 'report.json': blob, 'scores.csv': blob }
  const notes: Record<string, string> = {
    '..': JSON.stringify(files),
    '.': JSON.stringify(files),
    '../..': JSON.stringify(files),
    [newJobId('compare')]: JSON.stringify({ ...files, '../../kept': blob }),
    [newJobId('compare')]: JSON.stringify({ '../../../kept': blob, 'report.json': blob }),
    [newJobId('compare')]: JSON.stringify({ ...files, 'report.html': '../../etc/passwd' }),
    [newJobId('compare')]: 'no json',
    [newJobId('compare')]: deep(100_000),
  }
  const honest = newJobId('compare')
  await client.hset(keys.finishedComparisons(origin), { ...notes, [honest]: JSON.stringify(files) })
  await until(async () => (await client.hlen(keys.finishedComparisons(origin))) === 0)
  assert.equal(await readFile(join(api.home, 'kept'), 'utf8'), 'kept')
  assert.equal(await readFile(join(api.base, 'kept'), 'utf8'), 'kept')
  assert.deepEqual(await readdir(join(api.home, 'comparisons')), [honest])
  const written = await readdir(join(api.home, 'comparisons', honest))
  assert.deepEqual(written.filter((name) => name !== 'job.json').sort(), Object.keys(files).sort())
})

test('notes of fits: names that are paths, bytes that are no model, no note at all; an honest one is still saved', async () => {
  const { producer } = api.service
  const saved: string[] = []
  const saver = createFitSaver({
    producer,
    origin: 'elsewhere',
    save: async (fit) => {
      saved.push(JSON.stringify(fit))
      return await openRegistry(api.home).info('thing')
    },
  })
  const bytes = Buffer.from('x')
  const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
  await producer.blobs.putModel(sha256, bytes, 60)
  const note = { name: 'm', sha256, gallery: null, samples: null, used: 1, rejected: [], duplicates: [] }
  await client.hset(keys.finishedFits('elsewhere'), {
    '../x': JSON.stringify(note),
    [newJobId('fit')]: 'no json',
    [newJobId('fit')]: '7',
    [newJobId('fit')]: JSON.stringify({ ...note, sha256: '../../x' }),
    [newJobId('fit')]: JSON.stringify({ ...note, name: ['m'] }),
    [newJobId('fit')]: JSON.stringify({ ...note, name: 'honest' }),
  })
  const asked = newJobId('fit')
  await producer.add('fit', asked, { name: 'm', list: `${'0'.repeat(24)}.${sha256}.1`, origin: 'elsewhere' })
  await client.hset(keys.finishedFits('elsewhere'), asked, JSON.stringify({ name: 'm', form: 'of a later version' }))
  await saver.save()
  assert.equal(await client.hlen(keys.finishedFits('elsewhere')), 0)
  assert.equal(saved.length, 1)
  assert.match(saved[0]!, /honest/)
  const view = await producer.job(asked)
  assert.deepEqual([view?.state, view?.error?.code], ['failed', 'MODEL_INCOMPATIBLE']) // and not running for ever
})

test('a gallery or samples that cannot be read keep the model beside them from being saved', async () => {
  const origin = await originOf()
  const { producer } = api.service
  const registry = openRegistry(api.home)
  const { artifact } = await registry.load('thing')
  const put = async (bytes: Uint8Array) => {
    const hash = hashOf(bytes)
    await producer.blobs.putModel(hash, bytes, 60)
    return hash
  }
  const model = encodeArtifact({ ...artifact, seed: 7 })
  const good = blankGallery(artifact)
  const samples = Buffer.from('[]')
  const left = { name: 'forged', used: 30, rejected: [], duplicates: [], samples: null }
  const forged: Uint8Array[] = [
    Buffer.from('no gallery'),
    encodeGallery(good).subarray(0, 600),
    encodeGallery({ ...good, heldOut: new Float64Array(3) }),
    encodeGallery(blankGallery({ ...artifact, n: 3 })),
  ]
  const before = await producer.blobs.bytesStored()
  const outcome = async (note: object) => {
    const id = newJobId('fit')
    await client.hset(keys.finishedFits(origin), id, JSON.stringify({ ...left, sha256: await put(model), ...note }))
    await until(async () => (await client.hlen(keys.finishedFits(origin))) === 0)
    return await producer.job(id)
  }
  for (const gallery of forged) {
    const view = await outcome({ gallery: await put(gallery), samples: await put(samples) })
    assert.deepEqual([view?.state, view?.error?.code], ['failed', 'MODEL_CORRUPT'])
  }
  const gallery = await put(encodeGallery(good))
  const view = await outcome({ gallery, samples: await put(Buffer.from('[{"id":"../x"}]')) })
  assert.deepEqual([view?.state, view?.error?.code], ['failed', 'MODEL_CORRUPT'])
  await assert.rejects(registry.info('forged'), { code: 'MODEL_NOT_FOUND' })
  assert.ok(!(await readdir(api.home)).includes('demo-samples.json'))
  assert.deepEqual(
    (await readdir(join(api.home, 'models'))).filter((name) => name !== 'thing'),
    [],
  )
  assert.equal(await producer.blobs.bytesStored(), before) // what was refused is not stored on
  const honest = { gallery: await put(encodeGallery(good)), samples: await put(samples) }
  assert.equal((await outcome(honest))?.state, 'done')
  assert.equal((await registry.info('forged')).gallery, gallery)
  // the same model once more, under its name: what it has is not replaced by what is forged
  assert.equal((await outcome({ gallery: await put(Buffer.from('none')) }))?.state, 'failed')
  assert.equal((await registry.info('forged')).gallery, gallery)
  await registry.remove('forged')
})

test('of two services over one data directory one saves a fit', async () => {
  const { producer } = api.service
  let saved = 0
  const saver = () =>
    createFitSaver({
      producer,
      origin: 'shared',
      save: async () => {
        saved++
        return await openRegistry(api.home).info('thing')
      },
    })
  const bytes = Buffer.from('x')
  const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'
  await producer.blobs.putModel(sha256, bytes, 60)
  const note = { name: 'm', sha256, gallery: null, samples: null, used: 1, rejected: [], duplicates: [] }
  await client.hset(keys.finishedFits('shared'), newJobId('fit'), JSON.stringify(note))
  const lock = join(api.home, 'saving.lock')
  await Promise.all([saver(), saver()].map((one) => withLock(lock, () => one.save())))
  assert.equal(saved, 1)
})

test('a job that names a file as its backbone opens none, and does not tell which there are', async () => {
  const inference = startInference({ home: api.home, threads: 1, onExit: () => {} })
  try {
    const answers = new Set<string>()
    for (const ref of ['/etc/passwd', '/nonexistent/x', '../../package.json', 'model.onnx', 'file:///etc/hosts', 'a/b'])
      answers.add(
        await inference.open({ ref }).then(
          () => assert.fail(`it opened ${ref}`),
          (error: OneclassError) => `${error.code}: ${error.message}`,
        ),
      )
    assert.equal(answers.size, 1)
    assert.match([...answers][0]!, /^BACKBONE_NOT_FOUND/)
    assert.ok(!Value.Check(jobSchemas.fit.properties.backbone, '/etc/passwd'))
  } finally {
    await inference.close()
  }
})

test('a service reads damaged records without dying', async () => {
  const { models } = (await (await fetch(api.url('/v1/models'))).json()) as {
    models: { name: string; version: number; sha256: string; calibrationScores: number }[]
  }
  const info = models[0]!
  const n = info.calibrationScores
  const gaps = Array.from({ length: n + 1 }, () => 0)
  const all = { n, gaps, seen: 'x', shares: ['a', 'b', 'c'], logCapital: null, maxLogCapital: 'z' }
  await client.set(keys.drift(driftIdOf(info)), JSON.stringify({ n, alpha: 0.05, all, accepted: all }))
  await client.rpush(keys.driftInbox(driftIdOf(info)), 'NaN,NaN', '0.5,Infinity', '', '1e9,0', '0.5,{}', '0.5,0.5')
  const images = async () => {
    const read = await fetch(api.url('/v1/models/thing'))
    assert.equal(read.status, 200)
    return ((await read.json()) as { drift: { all: { images: number } } }).drift.all.images
  }
  assert.equal(await images(), 0) // reading moves nothing on
  await client.sadd(keys.driftNews, driftIdOf(info), 'no id')
  while ((await images()) === 0) await new Promise((wake) => setTimeout(wake, 100))
  assert.equal(await images(), 1)
  assert.equal((await fetch(api.url('/metrics'))).status, 200)
  const [batch, fit, classify] = [newJobId('batch'), newJobId('fit'), newJobId('classify')]
  await client.hset(keys.batch(batch), { record: 'no json', state: 'running', total: '1', done: '0', errors: '0' })
  await client.set(keys.outcome(fit), deep(100_000))
  await client.hset(`${prefix}:classify:${classify}`, { name: 'classify', data: 'no json', opts: '{}', timestamp: 'x' })
  const damaged = newJobId('batch')
  const model = { label: 'thing@1', sha256: info.sha256, alpha: 0.05 }
  const record = { id: damaged, model, chunkSize: 16, folder: null, origin: 'x', createdAt: new Date().toISOString() }
  await client.hset(keys.batch(damaged), {
    record: JSON.stringify(record),
    state: 'done',
    total: 2,
    done: 2,
    errors: 0,
  })
  await client.rpush(keys.batchNames(damaged), 'a.jpg', 'b.jpg')
  await client.rpush(keys.batchOrder(damaged), '0', '1')
  await client.hset(keys.batchResults(damaged), { 0: 'no json', 1: '{"image":7,"index":1}' })
  for (const format of ['jsonl', 'csv']) {
    const text = await (await fetch(api.url(`/v1/batches/${damaged}/results?format=${format}&abstain=true`))).text()
    assert.equal(text.match(/JOB_EXPIRED/g)?.length, 2, text)
  }
  for (const id of [batch, fit, classify]) {
    const response = await fetch(api.url(`/v1/jobs/${id}`))
    assert.equal(response.status, id === classify ? 503 : 404, id)
    await response.body?.cancel()
  }
  assert.equal((await fetch(api.url('/healthz'))).status, 200)
})
