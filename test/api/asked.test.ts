/** What a request asks for is taken as it is said, or refused: nothing is guessed, rounded or passed over. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'
import { rawCall } from '../support/raw-http.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(async () => {
  await api?.end()
})

const problemOf = async (response: Response): Promise<string> => {
  const { detail } = (await response.clone().json()) as { detail: string }
  return `${response.status} ${await codeOf(response)}: ${detail}`
}
const form = (files: readonly string[], fields: Record<string, string> = {}): RequestInit => {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  for (const field of files) body.append(field, new Blob(['x']), `${field}.jpg`)
  return { method: 'POST', body }
}
const classify = '/v1/models/thing/classify'

test('numbers in an address are numbers: nothing is not 0, and 1.5 is not 1', async () => {
  assert.match(
    await problemOf(await fetch(api.url(`${classify}?wait=`), form(['image']))),
    /^400 INVALID_ARGUMENT: "wait"/,
  )
  assert.match(
    await problemOf(await fetch(api.url(`${classify}?drift=`), form(['image']))),
    /^400 INVALID_ARGUMENT: "drift"/,
  )
  const made = await fetch(api.url('/v1/models/thing/batches'), form(['images']))
  const { id } = (await made.json()) as { id: string }
  for (const from of ['1.5', '', '%20', '1x'])
    assert.match(
      await problemOf(await fetch(api.url(`/v1/batches/${id}/results?from=${from}`))),
      /^400 INVALID_ARGUMENT: "from"/,
    )
  assert.equal((await fetch(api.url(`/v1/batches/${id}/results?from=1&follow=false`))).status, 200)
  const seed = form(['images'], { name: 'new', seed: '' })
  assert.match(await problemOf(await fetch(api.url('/v1/models'), seed)), /^400 INVALID_ARGUMENT: "seed"/)
})

test('base64 is base64 from its first to its last character', async () => {
  for (const base64 of ['AAAA', 'data:image/png;base64,AAAA', 'AAAA\r\nAAAA\n', 'AA==', '-_-_'])
    assert.equal((await api.json(classify, { base64 })).status, 202, base64)
  for (const base64 of ['AA!A', 'AAAA=AAAA', 'é', '<AAAA>', 'data:image/png;base64,AA"A'])
    assert.match(await problemOf(await api.json(classify, { base64 })), /^400 INVALID_ARGUMENT: .*base64/, base64)
})

test('what the query and the form or body say differently is refused', async () => {
  for (const [name, inQuery, other] of [
    ['alpha', '0.1', '0.2'],
    ['fdr', '0.1', '0.2'],
    ['abstain', 'true', 'false'],
  ] as const) {
    const path = `${classify}?${name}=${inQuery}`
    assert.match(
      await problemOf(await fetch(api.url(path), form(['image'], { [name]: other }))),
      new RegExp(`^400 INVALID_ARGUMENT: "${name}" is ${inQuery} in the query and ${other} beside`),
    )
    assert.match(await problemOf(await api.json(path, { base64: 'AAAA', [name]: JSON.parse(other) })), /^400 INVALID/)
    assert.equal((await fetch(api.url(path), form(['image'], { [name]: inQuery }))).status, 202)
  }
  const models = form(['image'], { models: 'thing,other' })
  assert.match(await problemOf(await fetch(api.url('/v1/classify?models=thing'), models)), /^400 .*"models" is thing/)
})

test('two files where one is taken', async () => {
  assert.match(
    await problemOf(await fetch(api.url(classify), form(['image', 'image']))),
    /^400 INVALID_ARGUMENT: Expected one file, in the field "image"\. For several images there are batches/,
  )
  assert.match(
    await problemOf(await fetch(api.url('/v1/models/import'), form(['model', 'model']))),
    /^400 INVALID_ARGUMENT: Expected one file, in the field "model"\.$/,
  )
})

test('names that no model can have are refused before a fit', async () => {
  for (const name of ['all', 'a..b'])
    assert.match(
      await problemOf(await fetch(api.url('/v1/models'), form(['images'], { name }))),
      /^400 MODEL_NAME_INVALID/,
    )
  assert.match(await problemOf(await api.json('/v1/models/thing', { name: 'all' }, 'PATCH')), /^400 MODEL_NAME_INVALID/)
})

test('a probe of HTTP/1.0 has no host; it is told what is open to all, and nothing else', async () => {
  assert.match(await rawCall(api.address, 'GET /healthz HTTP/1.0\r\n\r\n').answer(), /^HTTP\/1\.1 200/)
  assert.match(await rawCall(api.address, 'GET /v1/models HTTP/1.0\r\n\r\n').answer(), /^HTTP\/1\.1 403/)
  const other = rawCall(api.address, 'GET /healthz HTTP/1.0\r\nhost: elsewhere.example\r\n\r\n')
  assert.match(await other.answer(), /^HTTP\/1\.1 403/)
})
