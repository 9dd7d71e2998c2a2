/** What the page asks of the service: galleries, next versions, lists, thumbnails, maps. Real Redis, a real worker. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { type Serving, startServing } from '../../src/cli/start-serving.ts'
import { createClient, type Job, type MapResult, type Model, type OneclassClient } from '../../src/client.ts'
import { createRandom } from '../../src/core/random.ts'
import { MethodReport } from '../../src/wire/comparison.ts'

let base: string
let root: string
let serving: Serving
let client: OneclassClient

/** A disc on noise (positive) or a square; 150 x 100. */
async function draw(seed: number, positive = true): Promise<Buffer> {
  const random = createRandom(seed)
  const [x, y, r] = [50 + random.int(40), 40 + random.int(20), 22 + random.int(8)]
  const shape = positive
    ? `<circle cx="${x}" cy="${y}" r="${r}" fill="rgb(200,${60 + random.int(40)},40)"/>`
    : `<rect x="${random.int(50)}" y="${random.int(30)}" width="${40 + random.int(40)}" height="${30 + random.int(40)}" fill="rgb(20,${random.int(255)},230)"/>`
  const noise = Buffer.from(Uint8Array.from({ length: 150 * 100 * 3 }, () => 100 + random.int(60)))
  return await sharp(noise, { raw: { width: 150, height: 100, channels: 3 } })
    .composite([
      { input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="150" height="100">${shape}</svg>`) },
    ])
    .jpeg()
    .toBuffer()
}

const image = async (seed: number, positive = true) => ({ name: `${seed}.jpg`, bytes: await draw(seed, positive) })
const images = (from: number, count: number) => Promise.all(Array.from({ length: count }, (_, i) => image(from + i)))

before(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-page-')))
  root = join(base, 'served')
  await mkdir(join(root, 'batch'), { recursive: true })
  for (let i = 0; i < 40; i++)
    await writeFile(
      join(root, 'batch', `${String(i).padStart(2, '0')}.jpg`),
      i === 7 ? 'no image' : await draw(1000 + i, i % 2 === 0),
    )
  serving = await startServing({
    home: join(base, 'home'),
    host: '127.0.0.1',
    port: 0,
    redisUrl: undefined,
    workers: 1,
    roots: [root],
    allowUrl: false,
    logLevel: 'error',
    searchPath: process.env['PATH'] ?? '',
  })
  client = createClient(serving.address)
})
after(async () => {
  await serving?.stop()
  await rm(base, { recursive: true, force: true })
})

const url = (path: string) => `${serving.address}${path}`
const json = (path: string, body: unknown, method = 'POST') =>
  fetch(url(path), { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
const read = async <T>(path: string): Promise<T> => (await (await fetch(url(path))).json()) as T
const codeOf = async (response: Response) => `${response.status} ${((await response.json()) as { code: string }).code}`

interface FitResult {
  readonly model: Model
  readonly used: number
  readonly rejected: readonly { image: string }[]
}

/** The result of a fit that must end well. */
async function fitted(response: Response | Promise<Response>): Promise<FitResult> {
  const created = await response
  assert.equal(created.status, 202, await created.clone().text())
  const done = await client.finished(((await created.json()) as { id: string }).id)
  assert.equal(done.state, 'done', JSON.stringify(done.error))
  return done.result as FitResult
}

test('networks that a fit can name, the default first', async () => {
  const backbones = await client.backbones()
  assert.equal(backbones[0]!.isDefault, true)
  assert.ok(backbones.some(({ id }) => id === 'face'))
})

test('what alphas promise, by the number of held-out scores alone', async () => {
  const { smallestAlpha, rates } = await client.expectedFalseRejection(99, [0.05, 0.005])
  assert.equal(smallestAlpha, 0.01)
  const [usual, tooStrict] = rates
  assert.ok(Math.abs(usual!.mean - 0.05) < 1e-9 && usual!.low > 0.015 && usual!.high < 0.1 && usual!.low < usual!.mean)
  assert.deepEqual([tooStrict!.mean, tooStrict!.high], [0, 0])
  assert.equal(await codeOf(await fetch(url('/v1/expected-false-rejection?n=9&alpha=2'))), '400 ALPHA_INVALID')
})

test('positives: their pictures, which of them does not fit, which look the same, which could not be used', async () => {
  const discs = await images(0, 30)
  const job = await client.fit('disc', [
    ...discs,
    { name: 'odd.jpg', bytes: await draw(500, false) },
    { name: 'again.jpg', bytes: discs[3]!.bytes },
    { name: 'broken.jpg', bytes: Buffer.from('no image') },
  ])
  assert.equal((await client.finished(job.id)).state, 'done')
  const positives = await client.positives('disc')
  assert.equal(positives.model, 'disc@1')
  assert.equal(positives.gallery, true)
  assert.deepEqual(
    positives.images.map(({ image }) => image),
    [...discs.map(({ name }) => name), 'odd.jpg', 'again.jpg'],
  )
  assert.deepEqual(
    positives.rejected.map(({ image, error }) => [image, error.code]),
    [['broken.jpg', 'IMAGE_UNREADABLE']],
  )
  const worst = positives.images.toSorted((a, b) => a.pValue! - b.pValue!)[0]!
  assert.deepEqual([worst.image, worst.pValue, worst.index], ['odd.jpg', 1 / 32, 30])
  assert.ok(worst.score! > Math.max(...positives.images.slice(0, 30).map(({ score }) => score!)))
  assert.deepEqual([positives.images[31]!.sameAs, positives.images[3]!.sameAs], [3, null])
  const picture = await fetch(url(positives.images[5]!.thumbnail!))
  assert.equal(picture.headers.get('content-type'), 'image/webp')
  assert.match(picture.headers.get('cache-control')!, /private.*immutable/)
  const { width, height } = await sharp(Buffer.from(await picture.arrayBuffer())).metadata()
  assert.deepEqual([width, height], [150, 100])
  for (const path of ['32/thumbnail', '5/thumbnail?of=0123456789abcdef'])
    assert.equal(await codeOf(await fetch(url(`/v1/models/disc/positives/${path}`))), '404 NOT_FOUND')
  const { nearest } = await client.classify('disc', discs[8]!)
  assert.deepEqual({ ...nearest[0], similarity: 0 }, { image: '8.jpg', similarity: 0, index: 8 })
})

test('the next version: misfits left out, images of a form and of a batch added; as one fit on all of them', async () => {
  const form = new FormData()
  for (const [name, value] of Object.entries({ name: 'disc', base: 'disc@1', exclude: '30, 31' }))
    form.append(name, value)
  for (const { name, bytes } of await images(30, 5)) form.append('images', new Blob([new Uint8Array(bytes)]), name)
  const second = await fitted(fetch(url('/v1/models'), { method: 'POST', body: form }))
  assert.deepEqual([second.model.version, second.used], [2, 35])
  const whole = (await client.finished((await client.fit('whole', await images(0, 35))).id)).result as FitResult
  assert.equal(second.model.sha256, whole.model.sha256)

  const batch = await client.batchFolder('disc', join(root, 'batch'))
  await client.finished(batch.id)
  const reviewed = { batch: batch.id, images: [0, 2, 7], negativeImages: [1] }
  const third = await fitted(json('/v1/models', { name: 'disc', base: 'disc', ...reviewed }))
  assert.deepEqual([third.model.version, third.used, third.model.negatives], [3, 37, 1])
  assert.deepEqual(
    third.rejected.map(({ image }) => image),
    ['07.jpg'],
  )
  const { images: shown } = await client.positives('disc@3')
  assert.deepEqual([shown[0]!.image, shown[36]!.image], ['0.jpg', '02.jpg'])
  assert.equal((await fetch(url(shown[0]!.thumbnail!))).status, 200)

  const fourth = await fitted(json('/v1/models', { name: 'disc', base: 'disc@3', exclude: [36], alpha: 0.2 }))
  assert.deepEqual([fourth.used, fourth.model.alpha], [36, 0.2])

  for (const [body, expected] of [
    [{ name: 'x', base: 'disc@9' }, '404 MODEL_NOT_FOUND'],
    [{ name: 'x', base: 'disc@1', exclude: [32] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc@1', exclude: [-1] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc@1', backbone: 'oc-s2' }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', exclude: [1], folder: root }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', batch: batch.id }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', batch: batch.id, images: [40] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', batch: batch.id, negativeImages: [1] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', batch: batch.id, images: [0, 1], negativeImages: [1] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc', batch: batch.id, negativeImages: [40] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc', negativeImages: [1] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', batch: 'batch-none', images: [1] }, '404 JOB_NOT_FOUND'],
    [{ name: 'x' }, '400 INVALID_ARGUMENT'],
  ] as const)
    assert.equal(await codeOf(await json('/v1/models', body)), expected, JSON.stringify(body))
})

test('versions, rename, export and import: the file scores as the model did, and hostile ones are refused', async () => {
  assert.deepEqual(
    (await client.models()).map(({ name, version }) => `${name}@${version}`),
    ['disc@4', 'whole@1'],
  )
  assert.equal((await client.models({ versions: 'all' })).length, 5)
  await client.update('whole', { alpha: 0.3 })
  const exported = await fetch(url('/v1/models/whole/export'))
  assert.equal(exported.headers.get('content-disposition'), 'attachment; filename="whole@1.oneclass"')
  const file = new Uint8Array(await exported.arrayBuffer())
  const imported = await client.importModel({ name: 'whole@1.oneclass', bytes: file }, { name: 'copy' })
  assert.deepEqual([imported.name, imported.version, imported.alpha, imported.gallery], ['copy', 1, 0.3, null])
  const probe = await image(77)
  const [a, b] = await Promise.all(['whole', 'copy'].map((model) => client.classify(model, probe)))
  assert.deepEqual({ ...b, model: '' }, { ...a, model: '' })
  assert.deepEqual(await client.positives('copy'), { model: 'copy@1', gallery: false, images: [], rejected: [] })
  assert.equal(await codeOf(await json('/v1/models', { name: 'x', base: 'copy' })), '422 MODEL_INCOMPATIBLE')

  const send = async (bytes: Uint8Array<ArrayBuffer>, name?: string, filename = 'm.oneclass') => {
    const form = new FormData()
    if (name !== undefined) form.append('name', name)
    form.append('model', new Blob([bytes]), filename)
    return await codeOf(await fetch(url('/v1/models/import'), { method: 'POST', body: form }))
  }
  const altered = file.slice()
  altered[9000]! ^= 1
  assert.equal(await send(altered), '422 MODEL_CORRUPT')
  assert.equal(await send(file.slice(0, 7000)), '422 MODEL_CORRUPT')
  assert.equal(await send(new Uint8Array(0)), '422 MODEL_CORRUPT')
  assert.equal(await send(file, '../x'), '400 INVALID_ARGUMENT')
  assert.equal(await send(file, undefined, '..oneclass'), '400 MODEL_NAME_INVALID')
  const other = file.slice()
  other[8] = 7
  assert.equal(await send(other), '422 MODEL_INCOMPATIBLE')

  assert.equal((await client.update('copy', { name: 'kept', alpha: 0.1 })).name, 'kept')
  assert.equal((await client.classify('kept', probe)).alpha, 0.1)
  assert.equal(await codeOf(await json('/v1/models/kept', { name: 'disc' }, 'PATCH')), '409 CONFLICT')
  assert.equal(await codeOf(await json('/v1/models/kept@1', { name: 'y' }, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/kept', {}, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/kept', { name: '../x' }, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/copy', { name: 'y' }, 'PATCH')), '404 MODEL_NOT_FOUND')
})

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
  const job = await client.map('disc@2', { batch: id })
  assert.deepEqual([job.type, job.model], ['map', 'disc@2'])
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
  const again = await client.finished((await client.map('disc@2', { batch: id })).id)
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
  const { detail } = await client.model('disc')
  assert.equal(heatmap !== undefined, detail !== undefined, 'a model that looks at whole images only has no heat')
  if (heatmap === undefined) return
  assert.ok(heatmap.width >= 8 && heatmap.values.length === heatmap.width * heatmap.height)
  assert.ok(heatmap.values.every(Number.isFinite) && heatmap.values.some((value) => value !== 0))
  assert.ok(heatmap.image!.width > 0 && heatmap.area!.width === heatmap.image!.width)
})

test('operations: who works, what waits, how fast, what went wrong, what drifts', async () => {
  // workers report every five seconds, and the rate leaves out the five seconds that are being filled
  await new Promise((resolve) => setTimeout(resolve, 10_500))
  const now = await client.operations()
  assert.equal(now.workers.length, 1)
  const [worker] = now.workers
  assert.equal(worker!.pid, serving.workerPids()[0])
  assert.ok(Date.now() - Date.parse(worker!.lastSeen) < 7000 && worker!.concurrency >= 1)
  assert.deepEqual(Object.keys(now.queues).slice(0, 4), ['classify', 'chunk', 'fit', 'compare'])
  assert.deepEqual(now.queues['classify'], { waiting: 0, active: 0, delayed: 0, failed: 0 })
  assert.ok(now.images >= 43 && now.images === worker!.images && now.imagesPerSecond > 0)
  assert.deepEqual([now.errors, worker!.errors], [{ IMAGE_UNREADABLE: 3 }, 3])
  assert.ok(now.storedBytes > 1000 && now.storedBytes < now.maxStoredBytes)
  assert.deepEqual(
    now.models.map(({ label }) => label),
    ['disc@4', 'kept@1', 'whole@1'],
  )
  assert.ok(now.models[1]!.drift.all.images >= 1)
})

test('lists: newest first, by type and state, bounded, without the weight of results', async () => {
  const { id } = await client.batchFolder('disc', join(root, 'batch'))
  await client.finished(id)
  const { batches } = await read<{ batches: Job[] }>('/v1/batches')
  assert.equal(batches[0]!.id, id)
  assert.equal(batches[0]!.model, 'disc@4')
  assert.deepEqual(batches[0]!.progress, { done: 40, total: 40, errors: 1 })
  assert.equal(batches.length, 7)
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
  await mkdir(join(base, 'home/comparisons', old), { recursive: true })
  await writeFile(
    join(base, 'home/comparisons', old, 'report.json'),
    JSON.stringify({ methods: [row, { key: 'unknown' }] }),
  )
  await writeFile(join(base, 'home/comparisons', old, 'report.html'), '<html></html>')
  const { comparisons } = await read<{ comparisons: Job[] }>('/v1/comparisons')
  assert.deepEqual(
    comparisons.map(({ id, state, result }) => [id, state, result]),
    [[old, 'done', null]],
  )
  assert.deepEqual((await read<{ result: { methods: unknown } }>(`/v1/comparisons/${old}`)).result.methods, [row])
  assert.equal((await fetch(url(`/v1/comparisons/${old}/report`))).status, 200)
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

test('decisions: flags of a batch come at its end and bound what is wrong among them; verdicts; the same in CSV', async () => {
  const job = await client.batchFolder('whole', join(root, 'batch'), { fdr: 0.2, abstain: true })
  const lines = await client.results(job.id)
  assert.equal(lines.length, 40)
  const scored = lines.flatMap((line) => ('error' in line ? [] : [line]))
  assert.equal(scored.length, 39)
  assert.ok(scored.every(({ flagged, verdict }) => typeof flagged === 'boolean' && verdict !== undefined))
  const flagged = scored.filter((line) => line.flagged)
  // a fifth of what is flagged may be wrong on average, of this batch a little more
  const wrong = flagged.filter(({ index }) => index % 2 === 0)
  assert.ok(flagged.length >= 10 && wrong.length <= 0.35 * flagged.length, `${wrong.length} of ${flagged.length}`)
  const worst = Math.max(...flagged.map(({ pValue }) => pValue))
  assert.ok(scored.every((line) => line.flagged || line.pValue > worst))
  const rest = []
  for await (const line of client.lines(job.id, { from: 30 })) rest.push(line)
  assert.deepEqual(rest, lines.slice(30))
  const strict = await client.results(job.id, { fdr: 0.001, abstain: false })
  assert.ok(strict.every((line) => 'error' in line || (line.flagged === false && line.verdict === undefined)))
  const csv = (await client.resultsCsv(job.id)).split('\r\n')
  assert.match(csv[0]!, /,flagged,verdict$/)
  assert.equal(csv.filter((line) => /,true,(negative|unsure)$/.test(line)).length, flagged.length)

  const one = await client.classify('whole', await image(951, false), { abstain: true, fdr: 0.2 })
  assert.deepEqual([one.verdict, one.flagged], ['negative', true])
  const many = await client.classifyMany(['whole', 'kept'], await image(951, false), { abstain: true })
  assert.ok(Object.values(many.models).every((answer) => 'error' in answer || answer.verdict === 'negative'))
  assert.equal(await codeOf(await json(`/v1/models/whole/batches`, { folder: root, fdr: 2 })), '400 INVALID_ARGUMENT')
})

test('fits: negatives, confidence, names to leave out, the root of a data set; the result says all that was found', async () => {
  const all = await images(0, 40)
  const negatives = await Promise.all(Array.from({ length: 12 }, (_, i) => image(500 + i, false)))
  const job = await client.fit('choices', all, {
    negatives,
    alpha: 0.2,
    confidence: 0.9,
    calibration: 'cross-fit',
    exclude: ['3.jpg'],
    detail: 2,
  })
  const done = await client.finished(job.id)
  assert.ok(done.type === 'fit' && done.result, JSON.stringify(done.error))
  const { model, used, excluded, report } = done.result
  assert.deepEqual([used, excluded, model.negatives, model.detail], [39, ['3.jpg'], 12, 2])
  const grown = await json('/v1/models', { name: 'choices', base: 'choices', detail: 1 })
  assert.equal(await codeOf(grown), '400 INVALID_ARGUMENT')
  assert.ok(report && report.askedAlpha === 0.2 && report.confidence === 0.9 && report.alpha < 0.2)
  assert.ok(report.power && report.power.share > 0.5)
  assert.deepEqual((await client.model('choices')).report, report)
  const asked = await client.classify('choices', await image(600, false))
  assert.ok(asked.detectors.discriminative && !asked.isPositive)

  const set = join(root, 'set')
  for (const [folder, from, isPositive] of [
    ['positive', 0, true],
    ['negative', 700, false],
  ] as const) {
    await mkdir(join(set, folder), { recursive: true })
    for (let i = 0; i < 20; i++) await writeFile(join(set, folder, `${i}.jpg`), await draw(from + i, isPositive))
  }
  await writeFile(join(set, 'notes.txt'), 'x')
  const ofRoot = await client.finished((await client.fitFolder({ name: 'root', folder: set, exclude: 'misfits' })).id)
  assert.ok(ofRoot.type === 'fit' && ofRoot.result, JSON.stringify(ofRoot.error))
  assert.equal(ofRoot.result.used, 20)
  assert.match(ofRoot.result.report!.warnings[0]!, /negative\/: only positive\/ \(20 images\)/)
  assert.equal(ofRoot.result.skipped![0]!.count, 1)
  const byFolder = await client.fitFolder({
    name: 'root',
    folder: join(set, 'positive'),
    negatives: join(set, 'negative'),
  })
  const withThem = await client.finished(byFolder.id)
  assert.ok(withThem.type === 'fit' && withThem.result?.model.negatives === 20, JSON.stringify(withThem.error))
  const twice = new FormData()
  twice.append('name', 'x')
  twice.append('other', new Blob([Uint8Array.from(await draw(1))]), 'a.jpg')
  assert.equal(await codeOf(await fetch(url('/v1/models'), { method: 'POST', body: twice })), '400 INVALID_ARGUMENT')
})
