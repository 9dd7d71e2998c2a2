/** A fit, and its model asked in every form: bytes, form, base64, path, a job without waiting, the same request twice. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRandom } from '../../../src/core/random.ts'
import { renderPart } from '../../../src/images/demo-images.ts'
import { client, draw, json, problem, root, url } from '../../support/served.ts'
import { tiffFile } from '../../support/tiff-files.ts'

test('ready; fits an upload in a job; the model is there', async () => {
  assert.equal((await fetch(url('/readyz'))).status, 200)
  const images = await Promise.all(
    (await readdir(join(root, 'train'))).map(async (name) => ({
      name,
      bytes: await readFile(join(root, 'train', name)),
    })),
  )
  images.push({ name: 'broken.jpg', bytes: Buffer.from('no image') })
  const job = await client.fit('disc', images, { alpha: 0.1 })
  assert.equal(job.type, 'fit')
  const done = await client.finished(job.id)
  assert.equal(done.state, 'done', JSON.stringify(done.error))
  assert.ok(done.type === 'fit' && done.result)
  const { model, used, rejected } = done.result
  assert.deepEqual(
    [model.name, model.version, used, rejected.map(({ image }) => image)],
    ['disc', 1, 40, ['broken.jpg']],
  )
  assert.equal((await client.models())[0]?.name, 'disc')
})

test('classifies by bare body, form, base64 and path, with the same answer; alpha counts without refitting', async () => {
  const bytes = await readFile(join(root, 'batch', '0000.jpg'))
  const uploaded = await client.classify('disc', { name: '0000.jpg', bytes })
  const inline = (await (
    await json('/v1/models/disc/classify?wait=20', { base64: bytes.toString('base64') })
  ).json()) as typeof uploaded
  const byPath = (await (
    await json('/v1/models/disc@1/classify?wait=20', { path: join(root, 'batch', '0000.jpg') })
  ).json()) as typeof uploaded
  assert.equal(uploaded.image, '0000.jpg')
  assert.equal(uploaded.model, 'disc@1')
  assert.equal(uploaded.alpha, 0.1)
  const form = new FormData()
  form.append('image', new Blob([bytes]), '../0000.jpg')
  form.append('alpha', '0.2')
  const bare = (query: string, type = 'image/jpeg') =>
    fetch(url(`/v1/models/disc/classify?wait=20${query}`), {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': type },
    })
  const byForm = (await (
    await fetch(url('/v1/models/disc/classify?wait=20'), { method: 'POST', body: form })
  ).json()) as typeof uploaded
  const named = (await (await bare(`&alpha=0.2&image=${encodeURIComponent('../ä b\n.jpg')}`)).json()) as typeof uploaded
  assert.deepEqual([named.image, named.alpha, byForm.image, byForm.alpha], ['ä b.jpg', 0.2, '0000.jpg', 0.2])
  assert.deepEqual([inline.score, byPath.score, byForm.pValue], [uploaded.score, uploaded.score, uploaded.pValue])
  assert.equal(((await (await bare('', 'image/png')).json()) as typeof uploaded).image, 'image-1')
  assert.equal(await problem(await bare('&alpha=2')), 'INVALID_ARGUMENT')
  const changed = await json('/v1/models/disc', { alpha: 0.3 }, 'PATCH')
  assert.equal(changed.status, 200)
  assert.equal((await client.classify('disc', { name: 'x', bytes })).alpha, 0.3)
})

test('a job without waiting, its events, and a bad image as a problem', async () => {
  const form = new FormData()
  form.append('image', new Blob([await draw(5)]), 'five.jpg')
  const response = await fetch(url('/v1/models/disc/classify'), { method: 'POST', body: form })
  assert.equal(response.status, 202)
  const { id } = (await response.json()) as { id: string }
  assert.equal(response.headers.get('location'), `/v1/jobs/${id}`)
  const events = await (await fetch(url(`/v1/jobs/${id}/events`))).text()
  assert.match(events, /event: job\ndata: .*"state":"done"/)
  const bad = await json('/v1/models/disc/classify?wait=20', { base64: Buffer.from('no image').toString('base64') })
  assert.ok(bad.status === 422 || bad.status === 415)
  assert.match(await problem(bad), /^IMAGE_/)
})

test('the same Idempotency-Key is the same job, and refused for another request', async () => {
  const body = { base64: (await draw(9)).toString('base64') }
  const key = { 'idempotency-key': 'once-1' }
  const ids = await Promise.all(
    [1, 2, 3].map(
      async () => ((await (await json('/v1/models/disc/classify', body, 'POST', key)).json()) as { id: string }).id,
    ),
  )
  assert.equal(new Set(ids).size, 1)
  assert.equal(await problem(await json('/v1/models/disc/classify', { base64: 'AAAA' }, 'POST', key)), 'CONFLICT')
})

test('images that a fit leaves out have no part in its range; with a version that comes first its range counts, or that it has none', async () => {
  const parts = (from: number, count: number, share: number) =>
    Array.from({ length: count }, (_, i) => {
      const { width, height, data } = renderPart(createRandom(from + i))
      const samples = Uint16Array.from(data, (value) => Math.round(value * 257 * share))
      return { name: `${from + i}.tif`, bytes: tiffFile({ width, height, bits: 16, samples: 3 }, samples) }
    })
  const [dark, bright] = [parts(0, 10, 0.06), parts(100, 10, 1)]
  const rangeOf = async (images: typeof dark, options: Parameters<typeof client.fit>[2]) => {
    const done = await client.finished((await client.fit('deep', images, { patches: false, ...options })).id)
    assert.ok(done.type === 'fit' && done.result, JSON.stringify(done.error))
    return done.result.model.range
  }
  const left = bright.slice(0, 2)
  const exclude = left.map(({ name }) => name)
  assert.deepEqual(await rangeOf([...dark, ...left], { exclude }), { low: 0, high: 4095, samples: 'integer' })
  assert.equal(await rangeOf(bright, {}), undefined)
  assert.equal(await rangeOf(dark.slice(0, 2), { base: 'deep@2' }), undefined)
  await client.remove('deep')
})
