/** Bodies of another type than a request takes: the answer names those that it takes. A part of a form is a file by its type, too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
before(async () => {
  api = await startTestApi()
})
after(() => api?.end())

async function send(path: string, headers: Record<string, string>, body: string | Buffer): Promise<string> {
  const response = await fetch(api.url(path), { method: 'POST', headers, body: new Uint8Array(Buffer.from(body)) })
  const { code, detail } = (await response.json()) as { code: string; detail: string }
  return `${response.status} ${code}: ${detail}`
}

test('a body of a type that is not taken: those that are, of this request', async () => {
  for (const type of ['application/octet-stream', 'text/plain', 'application/xml']) {
    const said = await send('/v1/models/a/classify', { 'content-type': type }, 'bytes')
    assert.match(said, /^415 UNSUPPORTED_MEDIA_TYPE: .*application\/json or multipart\/form-data or image\/\* /)
    assert.ok(said.includes(`but received "${type}".`), said)
    assert.doesNotMatch(await send('/v1/models/a/batches', { 'content-type': type }, 'bytes'), /image\/\*/)
  }
  const image = { 'content-type': 'image/jpeg' }
  assert.match(
    await send('/v1/models', image, 'x'),
    /application\/json or multipart\/form-data but received "image\/jpeg"/,
  )
})

test('a packed body is told as such, whatever it holds', async () => {
  const packed = gzipSync('{"url": "https://example.org/a.jpg"}')
  for (const type of ['application/json', 'image/jpeg', 'multipart/form-data; boundary=b'])
    assert.match(
      await send('/v1/models/thing/classify', { 'content-type': type, 'content-encoding': 'gzip' }, packed),
      /^415 UNSUPPORTED_MEDIA_TYPE: .*Content-Encoding "gzip": send it unpacked\.$/,
    )
  const plain = { 'content-type': 'application/json', 'content-encoding': 'identity' }
  assert.match(await send('/v1/models/thing/classify', plain, '{"url": "https://example.org/a.jpg"}'), /^40[34] /)
})

test('a part without a file name is a file by its type', async () => {
  const form = (type: string) => `--b\r\ncontent-disposition: form-data; name="image"\r\n${type}\r\nbytes\r\n--b--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  for (const type of ['image/jpeg', 'application/octet-stream', 'binary/octet-stream'])
    assert.match(await send('/v1/models/thing/classify', headers, form(`content-type: ${type}\r\n`)), /^202 /)
  for (const type of ['', 'content-type: text/plain\r\n'])
    assert.match(await send('/v1/models/thing/classify', headers, form(type)), /but it holds text/)
})

test('a client that names the type of a body and sends none is understood', async () => {
  const headers = { 'content-type': 'application/json' }
  assert.match(await send('/v1/demo', headers, ''), /^202 /)
  const cancel = await fetch(api.url('/v1/jobs/x'), { method: 'DELETE', headers })
  assert.equal(((await cancel.json()) as { code: string }).code, 'JOB_NOT_FOUND')
  assert.match(await send('/v1/models', headers, ''), /^400 INVALID_ARGUMENT: The body must be object/)
  for (const body of ['[]', '1', '"x"', 'true'])
    assert.match(await send('/v1/demo', headers, body), /^400 INVALID_ARGUMENT: This request takes no body/)
  assert.match(
    await send('/v1/models/import', headers, '{}'),
    /^415 UNSUPPORTED_MEDIA_TYPE: Expected a body of type multipart\/form-data but received "application\/json"\.$/,
  )
})
