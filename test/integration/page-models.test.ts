/** Models as the page asks for them: galleries, next versions, export and import, decisions. Real Redis, a real worker. Fits: `page-fits.test.ts`. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { readableFormats } from '../../src/store/artifact.ts'
import { draw, type FitResult, image, images, type PageService, startPageService } from '../support/page-service.ts'
import { smallNetwork } from '../support/small-network.ts'

let service: PageService
let { client, root, url, json, codeOf, fitted } = {} as PageService

before(async () => {
  service = await startPageService()
  ;({ client, root, url, json, codeOf, fitted } = service)
})
after(() => service?.stop())

test('networks that a fit can name, the default first', async () => {
  const backbones = await client.backbones()
  assert.equal(backbones[0]!.isDefault, true)
  assert.ok(backbones.some(({ id }) => id === 'face'))
})

test('what alphas promise, by the number of held-out scores alone', async () => {
  const { smallestAlpha, rates } = await client.expectedFalseRejection(99, [0.05, 0.005], 'split')
  assert.equal(smallestAlpha, 0.01)
  const [crossed] = (await client.expectedFalseRejection(99, [0.05])).rates
  assert.ok(crossed!.mean < rates[0]!.mean && crossed!.low < rates[0]!.low)
  const [usual, tooStrict] = rates
  assert.ok(Math.abs(usual!.mean - 0.05) < 1e-9 && usual!.low > 0.015 && usual!.high < 0.1 && usual!.low < usual!.mean)
  assert.deepEqual([tooStrict!.mean, tooStrict!.high], [0, 0])
  assert.equal(await codeOf(await fetch(url('/v1/expected-false-rejection?n=9&alpha=2'))), '400 ALPHA_INVALID')
})

test('positives: their pictures, which of them does not fit, which look the same, which could not be used', async () => {
  const discs = await images(0, 30)
  const job = await client.fit(
    'disc',
    [
      ...discs,
      { name: 'odd.jpg', bytes: await draw(500, false) },
      { name: 'again.jpg', bytes: discs[3]!.bytes },
      { name: 'broken.jpg', bytes: Buffer.from('no image') },
    ],
    { backbone: smallNetwork },
  )
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
  const whole = (await client.finished((await client.fit('whole', await images(0, 35), { backbone: smallNetwork })).id))
    .result as FitResult
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
  const once = await fitted(json('/v1/models', { name: 'disc', base: 'disc@2', ...reviewed, images: [0] }))
  assert.deepEqual(once.model.growth, { base: 'disc@2', kept: 35, added: 1, excluded: 0, repeated: 0 })
  const twice = { name: 'disc', base: 'disc', batch: batch.id, images: [0] }
  const refused = await client.finished(((await (await json('/v1/models', twice)).json()) as { id: string }).id)
  assert.match(refused.error?.message ?? '', /nothing to add/)
  await client.remove('disc@4')

  const fourth = await fitted(json('/v1/models', { name: 'disc', base: 'disc@3', exclude: [36], alpha: 0.2 }))
  assert.deepEqual([fourth.used, fourth.model.alpha], [36, 0.2])

  for (const [body, expected] of [
    [{ name: 'x', base: 'disc@9' }, '404 MODEL_NOT_FOUND'],
    [{ name: 'x', base: 'disc@1', exclude: [32] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc@1', exclude: [-1] }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', base: 'disc@1', backbone: 'oc-s2' }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', exclude: [1], folder: root }, '400 INVALID_ARGUMENT'],
    [{ name: 'x', range: { low: 2, high: 1 }, folder: root }, '400 INVALID_ARGUMENT'],
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
    ['disc@5', 'whole@1'],
  )
  assert.equal((await client.models({ versions: 'all' })).length, 5)
  const strict = await client.update('whole', { alpha: 1e-6 })
  assert.match(strict.report.warnings[0]!, /nothing at all is rejected/)
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
  other[8] = 1 + Math.max(...readableFormats) // of a later build
  assert.equal(await send(other), '422 MODEL_INCOMPATIBLE')

  assert.equal((await client.update('copy', { name: 'kept', alpha: 0.1 })).name, 'kept')
  assert.equal((await client.classify('kept', probe)).alpha, 0.1)
  assert.equal(await codeOf(await json('/v1/models/kept', { name: 'disc' }, 'PATCH')), '409 CONFLICT')
  assert.equal(await codeOf(await json('/v1/models/kept@1', { name: 'y' }, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/kept', {}, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/kept', { name: '../x' }, 'PATCH')), '400 INVALID_ARGUMENT')
  assert.equal(await codeOf(await json('/v1/models/copy', { name: 'y' }, 'PATCH')), '404 MODEL_NOT_FOUND')
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
  assert.match(csv[0]!, /,flagged,verdict,patchesScore,/)
  assert.equal(csv.filter((line) => /,true,(negative|unsure),/.test(line)).length, flagged.length)

  const one = await client.classify('whole', await image(951, false), { abstain: true, fdr: 0.2 })
  assert.deepEqual([one.verdict, one.flagged], ['negative', true])
  const many = await client.classifyMany(['whole', 'kept'], await image(951, false), { abstain: true })
  assert.ok(Object.values(many.models).every((answer) => 'error' in answer || answer.verdict === 'negative'))
  assert.equal(await codeOf(await json(`/v1/models/whole/batches`, { folder: root, fdr: 2 })), '400 INVALID_ARGUMENT')
})
