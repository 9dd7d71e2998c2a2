/** Batches as the page asks for them: pictures, reviews, maps, lists, several models, decisions. Real Redis, a real worker. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import type { Job, MapResult } from '../../src/client.ts'
import { MethodReport } from '../../src/wire/comparison.ts'
import { draw, image, images, type PageService, startPageService } from '../support/page-service.ts'
import { smallNetwork } from '../support/small-network.ts'

let service: PageService
let { client, root, home, url, json, codeOf, read } = {} as PageService

before(async () => {
  service = await startPageService()
  ;({ client, root, home, url, json, codeOf, read } = service)
  for (const [i, name] of ['disc', 'whole'].entries()) {
    const job = await client.fit(name, await images(3 * i, 35), { backbone: smallNetwork, detail: 1 })
    assert.equal((await client.finished(job.id)).state, 'done')
  }
  const bytes = new Uint8Array(await (await fetch(url('/v1/models/whole/export'))).arrayBuffer())
  await client.importModel({ name: 'whole@1.oneclass', bytes }, { name: 'kept' })
})
after(() => service?.stop())

test('a batch with small pictures, and lines that say which image they are of', async () => {
  const { id } = await client.batchFolder('disc', join(root, 'batch'), { thumbnails: true, map: true })
  const lines = await client.results(id)
  assert.deepEqual(
    lines.toSorted((a, b) => a.index - b.index).map(({ index, image }) => `${index} ${image}`),
    Array.from({ length: 40 }, (_, i) => `${i} ${String(i).padStart(2, '0')}.jpg`),
  )
  assert.ok('error' in lines.find(({ index }) => index === 7)!)
  const job = await client.job(id)
  assert.ok(job.type === 'batch')
  assert.deepEqual(job.keeps, { thumbnails: true, map: true, folder: true })
  assert.equal(job.folder, 'batch', 'its name, and not the way to it')
  const picture = await fetch(url(`/v1/batches/${id}/images/6`))
  assert.deepEqual([picture.status, picture.headers.get('content-type')], [200, 'image/webp'])
  assert.equal((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).width, 150)
  for (const path of [`${id}/images/7`, `${id}/images/40`, `none/images/1`])
    assert.equal(await codeOf(await fetch(url(`/v1/batches/${path}`))), '404 NOT_FOUND', path)

  const uploaded = await client.batch('disc', await images(60, 3), { thumbnails: true })
  await client.finished(uploaded.id)
  const sent = await client.job(uploaded.id)
  assert.ok(sent.type === 'batch')
  assert.deepEqual(sent.keeps, { thumbnails: true, map: false, folder: false })
  assert.equal(sent.folder, null)
  assert.equal((await fetch(url(`/v1/batches/${uploaded.id}/images/2`))).status, 200)
  assert.equal(await codeOf(await json('/v1/models', { name: 'x', batch: uploaded.id, images: [1] })), '409 CONFLICT')
  const plain = await client.batch('disc', await images(60, 1))
  await client.finished(plain.id)
  assert.equal(await codeOf(await fetch(url(`/v1/batches/${plain.id}/images/0`))), '404 NOT_FOUND')
})

test('reviews of a batch: said, taken back, told from a revision on; whole images only of what the service has', async () => {
  const [batch] = (await client.batches()).filter(({ keeps }) => keeps?.folder)
  const { id } = batch!
  await client.review(id, {
    by: 'ann',
    reviews: [
      { index: 0, label: 'belongs' },
      { index: 1, label: 'differs' },
    ],
  })
  const first = await client.reviews(id)
  assert.deepEqual(
    first.reviews.map(({ index, label, by }) => [index, label, by]),
    [
      [0, 'belongs', 'ann'],
      [1, 'differs', 'ann'],
    ],
  )
  await client.review(id, { reviews: [{ index: 1, label: null }] })
  const { revision, reviews } = await client.reviews(id, { since: first.revision })
  assert.deepEqual([revision, reviews.map(({ index, label, by }) => [index, label, by])], [3, [[1, null, '']]])
  const say = (body: unknown) => json(`/v1/batches/${id}/reviews`, body)
  assert.equal(await codeOf(await say({ reviews: [{ index: 40, label: 'belongs' }] })), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await say({ reviews: [{ index: 0, label: 'good' }] })), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await fetch(url('/v1/batches/..%2f..%2fx/reviews'))), '404 JOB_NOT_FOUND')

  const whole = await fetch(url(client.batchImage(id, 3)))
  assert.equal(whole.headers.get('content-type'), 'image/jpeg')
  assert.deepEqual(Buffer.from(await whole.arrayBuffer()), await draw(1003, false))
  assert.equal(await codeOf(await fetch(url(client.batchImage(id, 7)))), '415 UNSUPPORTED_MEDIA_TYPE') // "no image"
  assert.equal(await codeOf(await fetch(url(client.batchImage(id, 40)))), '404 NOT_FOUND')
  const [uploads] = (await client.batches()).filter(({ keeps }) => !keeps?.folder)
  assert.equal(await codeOf(await fetch(url(client.batchImage(uploads!.id, 0)))), '404 NOT_FOUND')
})

test('a map of a batch among the positives, and of the positives alone', async () => {
  const { id } = await client.batchFolder('disc', join(root, 'batch'), { map: true })
  await client.finished(id)
  const job = await client.map('disc', { batch: id })
  assert.deepEqual([job.type, job.model], ['map', 'disc@1'])
  const done = await client.finished(job.id)
  assert.equal(done.state, 'done', JSON.stringify(done.error))
  const { points, omitted } = done.result as MapResult
  assert.deepEqual(omitted, { positives: 0, batch: 0 })
  const [positives, others] = ['positive', 'batch'].map((kind) => points.filter((point) => point.kind === kind))
  assert.deepEqual([positives!.length, others!.length], [35, 39])
  assert.deepEqual([others![7]!.index, others![7]!.image], [8, '08.jpg'])
  for (const { pca, umap } of points) assert.ok([...pca, ...umap!].every(Number.isFinite))
  // the squares of the batch lie apart from the discs, whichever way one looks
  const centre = (some: typeof points, way: 'pca' | 'umap') =>
    [0, 1].map((axis) => some.reduce((sum, point) => sum + point[way]![axis]!, 0) / some.length)
  for (const way of ['pca', 'umap'] as const) {
    const home = centre(positives!, way)
    const away = (want: number) => {
      const at = centre(
        others!.filter(({ index }) => index % 2 === want),
        way,
      )
      return Math.hypot(at[0]! - home[0]!, at[1]! - home[1]!)
    }
    assert.ok(away(1) > 2 * away(0), way)
  }
  const again = await client.finished((await client.map('disc', { batch: id })).id)
  assert.deepEqual(again.result, done.result)
  const alone = await client.finished((await client.map('kept')).id)
  assert.equal((alone.result as MapResult).points.length, 35)
  const plain = await client.batch('disc', await images(60, 1))
  await client.finished(plain.id)
  for (const [batch, expected] of [
    [plain.id, '409 CONFLICT'],
    ['batch-none', '404 JOB_NOT_FOUND'],
  ])
    assert.equal(await codeOf(await json('/v1/models/disc/maps', { batch })), expected)
})

test('where an image is odd: a heatmap of the one that was asked', async () => {
  const plain = await client.classify('disc', await image(900, false))
  const explained = await client.classify('disc', await image(900, false), { explain: true })
  const { heatmap, ...rest } = explained
  assert.deepEqual(rest, plain)
  assert.ok(heatmap && heatmap.width >= 8 && heatmap.values.length === heatmap.width * heatmap.height)
  assert.ok(heatmap.values.every(Number.isFinite) && heatmap.values.some((value) => value !== 0))
  assert.ok(heatmap.image!.width > 0 && heatmap.area!.width === heatmap.image!.width)
})

test('operations: who works, what waits, how fast, what went wrong, what drifts', async () => {
  // workers report every five seconds, and the rate leaves out the five seconds that are being filled
  let now = await client.operations()
  for (let tries = 0; tries < 300 && !(now.errors['IMAGE_UNREADABLE'] === 2 && now.imagesPerSecond > 0); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    now = await client.operations()
  }
  assert.equal(now.workers.length, 1)
  const [worker] = now.workers
  assert.equal(worker!.pid, service.serving.workerPids()[0])
  assert.ok(Date.now() - Date.parse(worker!.lastSeen) < 7000 && worker!.concurrency >= 1)
  assert.deepEqual(Object.keys(now.queues).slice(0, 4), ['classify', 'chunk', 'fit', 'compare'])
  assert.deepEqual(now.queues['classify'], { waiting: 0, active: 0, delayed: 0, failed: 0 })
  assert.ok(now.images >= 43 && now.images === worker!.images && now.imagesPerSecond > 0)
  assert.deepEqual([now.errors, worker!.errors], [{ IMAGE_UNREADABLE: 2 }, 2])
  assert.ok(now.storedBytes > 1000 && now.storedBytes < now.maxStoredBytes)
  assert.deepEqual(
    now.models.map(({ label }) => label),
    ['disc@1', 'kept@1', 'whole@1'],
  )
  assert.ok(now.models[0]!.drift.all.images >= 1)
})

test('several models about one image: each as when asked alone; one that is not there is an error in its place', async () => {
  const asked = await image(950)
  const together = await client.classifyMany(['disc', 'whole@1', 'gone'], asked)
  const { disc, 'whole@1': whole, gone } = together.models
  assert.deepEqual(Object.keys(together.models), ['disc', 'whole@1', 'gone'])
  const [discAlone, wholeAlone] = [await client.classify('disc', asked), await client.classify('whole', asked)]
  assert.deepEqual(
    [
      { image: asked.name, ...disc },
      { image: asked.name, ...whole },
    ],
    [discAlone, wholeAlone],
  )
  assert.ok(gone && 'error' in gone && gone.error.code === 'MODEL_NOT_FOUND')
  const accepted = [discAlone, wholeAlone].filter(({ isPositive }) => isPositive).length
  assert.deepEqual([together.image, together.labels.length, together.best], [asked.name, accepted, together.labels[0]])
  assert.ok(accepted > 0)

  const all = await client.classifyMany('all', await image(951, false), { alpha: 0.2 })
  assert.deepEqual([Object.keys(all.models).sort(), all.labels, all.best], [['disc', 'kept', 'whole'], [], null])
  assert.ok(Object.values(all.models).every((answer) => 'error' in answer || answer.alpha === 0.2))

  const form = new FormData()
  form.append('models', 'disc,whole@1,gone')
  form.append('image', new Blob([Uint8Array.from(asked.bytes)]), asked.name)
  const byForm = await fetch(url('/v1/classify?wait=20'), { method: 'POST', body: form })
  assert.deepEqual(await byForm.json(), together)
  const base64 = asked.bytes.toString('base64')
  const byJson = await json('/v1/classify?wait=20', { base64, image: asked.name, models: ['disc', 'whole@1', 'gone'] })
  assert.deepEqual(await byJson.json(), together)

  const job = await client.classifyManyLater(['disc', 'kept'], asked)
  assert.deepEqual([job.type, job.model], ['classify', null])
  const done = await client.finished(job.id)
  assert.ok(done.type === 'classify' && done.result && 'labels' in done.result)
  const broken = Buffer.from('no image').toString('base64')
  assert.match(await codeOf(await json('/v1/classify?wait=20&models=disc,whole', { base64: broken })), /IMAGE_/)
  for (const [query, expected] of [
    ['', '400 INVALID_ARGUMENT'],
    ['models=a b', '400 INVALID_ARGUMENT'],
    ['models=gone,lost', '404 MODEL_NOT_FOUND'],
  ])
    assert.equal(await codeOf(await json(`/v1/classify?${query}`, { base64 })), expected)
})

test('lists: newest first, by type and state, bounded, without the weight of results', async () => {
  const { id } = await client.batchFolder('disc', join(root, 'batch'))
  await client.finished(id)
  const { batches } = await read<{ batches: Job[] }>('/v1/batches')
  assert.equal(batches[0]!.id, id)
  assert.equal(batches[0]!.model, 'disc@1')
  assert.deepEqual(batches[0]!.progress, { done: 40, total: 40, errors: 1 })
  assert.equal(batches.length, 6)
  const failed = await client.fit('small', await images(0, 3))
  await client.finished(failed.id)
  const fits = await client.jobs({ type: 'fit', limit: 3 })
  assert.deepEqual([fits.length, fits[0]!.id, fits[0]!.model, fits[0]!.state], [3, failed.id, 'small', 'failed'])
  assert.deepEqual(
    (await client.jobs({ type: 'fit', state: 'failed' })).map(({ error }) => error?.code),
    ['TOO_FEW_IMAGES'],
  )
  const all = await client.jobs()
  assert.equal(all[0]!.id, failed.id)
  assert.ok(all.some(({ type, result, model }) => type === 'classify' && result === null && model === 'disc@1'))
  for (const query of ['limit=0', 'limit=201', 'type=chunk', 'state=x'])
    assert.equal(await codeOf(await fetch(url(`/v1/jobs?${query}`))), '400 INVALID_ARGUMENT')

  // a report outlives what Redis knows of its job; of a method only what has the present form is told
  const nothing = Object.fromEntries(
    Object.entries(MethodReport.properties).map(([name, schema]) => [name, 'anyOf' in schema ? null : 'x']),
  )
  const row = { ...nothing, key: 'ensemble', status: 'done', needs: 'positives', notes: [] }
  const old = 'compare-00000000-0000-4000-8000-000000000000'
  await mkdir(join(home, 'comparisons', old), { recursive: true })
  await writeFile(join(home, 'comparisons', old, 'report.json'), JSON.stringify({ methods: [row, { key: 'unknown' }] }))
  await writeFile(join(home, 'comparisons', old, 'report.html'), '<html></html>')
  const { comparisons } = await read<{ comparisons: Job[] }>('/v1/comparisons')
  assert.deepEqual(
    comparisons.map(({ id, state, result }) => [id, state, result]),
    [[old, 'done', null]],
  )
  assert.deepEqual((await read<{ result: { methods: unknown } }>(`/v1/comparisons/${old}`)).result.methods, [row])
  assert.equal((await fetch(url(`/v1/comparisons/${old}/report`))).status, 200)
})
