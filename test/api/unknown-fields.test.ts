/** What is misspelled in a form, a query or a JSON body is refused, with the name that was meant and those there are. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { methods } from '../../src/evaluation/methods.ts'
import { methodKeys } from '../../src/wire/comparison.ts'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let stored = 0
before(async () => {
  api = await startTestApi()
  await api.json('/v1/models/thing/classify', { base64: 'AAAA' }) // the model is in Redis from now on
  stored = await api.service.producer.blobs.bytesStored()
})
after(() => api.end())

/** @returns the sentence of an INVALID_ARGUMENT */
async function refusal(response: Response): Promise<string> {
  const { code, detail } = (await response.json()) as { code: string; detail: string }
  assert.deepEqual([response.status, code], [400, 'INVALID_ARGUMENT'], detail)
  return detail
}

const jpeg = () => new Blob([Buffer.from('no image, and never decoded')])
function form(path: string, files: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) data.append(name, value)
  data.append(files, jpeg(), 'trainPositive/a.jpg')
  data.append(files, jpeg(), 'testPositive/a.jpg')
  return fetch(api.url(path), { method: 'POST', body: data })
}

test('every form refuses a field that it does not have, and nothing of it stays stored', async () => {
  for (const [path, files, wrong, right, also] of [
    ['/v1/models', 'images', 'alfa', 'alpha', 'negatives'],
    ['/v1/models', 'images', 'exlude', 'exclude', 'range'],
    ['/v1/models/thing/classify', 'image', 'alfa', 'alpha', 'abstain'],
    ['/v1/classify', 'image', 'model', 'models', 'fdr'],
    ['/v1/models/thing/batches', 'images', 'thumbnail', 'thumbnails', 'map'],
    ['/v1/comparisons', 'images', 'method', 'methods', 'quick'],
    ['/v1/models/import', 'model', 'nam', 'name', 'model'],
  ] as const) {
    const detail = await refusal(await form(path, files, { [wrong]: '0.01' }))
    assert.ok(detail.startsWith(`"${wrong}" is no field of the form. Did you mean "${right}"? There are: `), detail)
    for (const name of [files, right, also]) assert.match(detail, new RegExp(`[ ,]${name}[,.]`), path)
  }
  assert.equal(await api.service.producer.blobs.bytesStored(), stored)
  assert.match(await refusal(await form('/v1/models/thing/classify', 'image', { __proto__x: '1' })), /is no field/)
})

test('what a form cannot hold but a query can is said, and so is text where a file belongs', async () => {
  const elsewhere = await refusal(await form('/v1/models/thing/classify', 'image', { explain: 'true' }))
  assert.match(elsewhere, /no field of the form\..* It belongs into the query: "\?explain="\.$/)
  const data = new FormData()
  data.append('images', 'just text')
  data.append('name', 'a')
  data.append('base', 'thing')
  const text = await fetch(api.url('/v1/models'), { method: 'POST', body: data })
  assert.match(await refusal(text), /Expected a file in the field "images", but it holds text/)
})

test('JSON bodies say the same, at any depth, and of the ways to name an image one is asked for', async () => {
  const classify = '/v1/models/thing/classify'
  for (const [path, body, said] of [
    [
      '/v1/models',
      { name: 'a', folder: 'b', alfa: 0.1 },
      /^"alfa" is no field of the body\. Did you mean "alpha"\? There are: name, /,
    ],
    [
      '/v1/models',
      { name: 'a', folder: 'b', range: { low: 1, hihg: 2 } },
      /^"range\.hihg" is no .* "high"\? There are: low, high\.$/,
    ],
    [
      '/v1/models',
      { name: 'a', folder: 'b', detail: 4 },
      /^"detail" in the body must be one of auto, or must be <= 3\.$/,
    ],
    [
      '/v1/models',
      { name: 'a', folder: 'b', detail: '2' },
      /^"detail" in the body must be one of auto, or must be integer\.$/,
    ],
    ['/v1/models', { name: 'a', folder: 'b', detail: 2, patches: false }, /^Expected "detail", or "patches" as false/],
    ['/v1/comparisons', { train: 'a', test: 'b', quik: true }, /^"quik" is no .* "quick"\?/],
    ['/v1/models/thing/batches', { folder: 'a', thumbnial: true }, /^"thumbnial" is no .* "thumbnails"\?/],
    ['/v1/models/thing/maps', { bach: 'x' }, /^"bach" is no .* "batch"\? There are: batch\.$/],
    ['/v1/demo', { name: 'x' }, /^"name" is no field of the body\. None is taken there\.$/],
    [classify, { ulr: 'http://a' }, /^"ulr" is no .* "url"\? There are: url, alpha, .*path, base64, image\.$/],
    [classify, { base64: 'AA', alfa: 0.1 }, /^"alfa" is no .* "alpha"\? There are: base64, image, alpha/],
    [classify, { url: 'http://a', image: 'x' }, /^"image" is no field of the body\. .*There are: url, /],
    [classify, {}, /^Expected one of "url", "path", "base64" in the body\.$/],
    [classify, { path: 'a', base64: 'AA' }, /^Expected one of "path", "base64" in the body, and not several\.$/],
    [classify, { base64: 5 }, /^"base64" in the body must be string\.$/],
    ['/v1/classify', { base64: 'AA', modls: 'thing' }, /^"modls" is no .* "models"\?/],
  ] as const)
    assert.match(await refusal(await api.json(path, body)), said, JSON.stringify(body))
  const change = await api.json('/v1/models/thing', { alfa: 0.1 }, 'PATCH')
  assert.match(await refusal(change), /^"alfa" is no .* "alpha"\? There are: alpha, name, use\.$/)
  const long = await refusal(await api.json(classify, { ['x'.repeat(50_000)]: 1 }))
  assert.ok(long.length < 400)
})

test('so do queries; those of probes are let be', async () => {
  for (const [path, said] of [
    [
      '/v1/models?version=all',
      /^"version" is no field of the query\. Did you mean "versions"\? There are: versions\.$/,
    ],
    ['/v1/jobs?limt=3', /^"limt" is no .* "limit"\?/],
    ['/v1/service?x=1', /^"x" is no field of the query\. None is taken there\.$/],
    ['/v1/jobs?state=runing', /^"state" in the query must be one of .*\. Did you mean "running"\?$/],
  ] as const)
    assert.match(await refusal(await fetch(api.url(path))), said)
  const bare = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: 'x' }
  const wrong = await fetch(api.url('/v1/models/thing/classify?alfa=0.01'), bare)
  assert.match(await refusal(wrong), /^"alfa" is no field of the query\. Did you mean "alpha"\?/)
  assert.equal((await fetch(api.url('/healthz?from=balancer'))).status, 200)
})

test('a comparison is refused at the door where it names a method that there is not', async () => {
  assert.deepEqual(
    methods.map(({ key }) => key),
    [...methodKeys],
  )
  for (const part of ['train', 'test']) {
    await mkdir(join(api.root, part, 'positive'), { recursive: true })
    await writeFile(join(api.root, part, 'positive', 'a.jpg'), 'x')
  }
  const folders = { train: join(api.root, 'train'), test: join(api.root, 'test') }
  const answers = [
    await api.json('/v1/comparisons', { ...folders, methods: ['ensemble', 'ensembel'] }),
    await form('/v1/comparisons', 'images', { methods: 'ensemble,ensembel' }),
  ]
  for (const answer of answers)
    assert.match(
      await refusal(answer),
      /^"methods\.1" in the (form|body) must be one of naive-cnn, .*Did you mean "ensemble"\?/,
    )
  assert.equal(await api.service.producer.blobs.bytesStored(), stored)
})
