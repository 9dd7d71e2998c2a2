/** What is refused: files out of the roots, our own network, wrong names and bodies, other web pages. */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { startServing } from '../../../src/cli/start-serving.ts'
import { base, json, options, problem, root, serving, url } from '../../support/served.ts'

test('files out of the roots: by dots, by link, absolute, in batches and fits', async () => {
  for (const path of [
    '/etc/passwd',
    `${root}/../secret.jpg`,
    join(root, 'link.jpg'),
    '../../etc/passwd',
    `${root}/x\0.jpg`,
  ]) {
    assert.equal(await problem(await json('/v1/models/disc/classify?wait=5', { path })), 'PATH_NOT_ALLOWED', path)
  }
  for (const folder of ['/etc', base, `${root}/..`]) {
    assert.equal(await problem(await json('/v1/models/disc/batches', { folder })), 'PATH_NOT_ALLOWED')
    assert.equal(await problem(await json('/v1/models', { name: 'x', folder })), 'PATH_NOT_ALLOWED')
  }
})

test('URLs into our own network', async () => {
  for (const target of [
    `${serving.address}/healthz`,
    'http://localhost/',
    'http://169.254.169.254/latest',
    'http://[::1]/',
    'http://0x7f000001/',
    'file:///etc/passwd',
  ]) {
    assert.equal(
      await problem(await json('/v1/models/disc/classify?wait=5', { url: target })),
      'URL_NOT_ALLOWED',
      target,
    )
  }
})

test('names, backbones by path, wrong bodies, unknown addresses, oversized bodies', async () => {
  assert.equal(await problem(await fetch(url('/v1/models/..%2f..%2fetc'))), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models', { name: '../x', folder: root })), 'INVALID_ARGUMENT')
  assert.equal(
    await problem(await json('/v1/models', { name: 'x', folder: join(root, 'train'), backbone: '../../x.onnx' })),
    'INVALID_ARGUMENT',
  )
  assert.equal(
    await problem(await json('/v1/models', { name: 'x', folder: join(root, 'train'), backbone: 'x.onnx' })),
    'BACKBONE_NOT_FOUND',
  )
  assert.equal(await problem(await json('/v1/models/disc', { alpha: 2 }, 'PATCH')), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models/disc', { alpha: 0.1, extra: 1 }, 'PATCH')), 'INVALID_ARGUMENT')
  assert.equal(await problem(await json('/v1/models/none/classify', { base64: 'AAAA' })), 'MODEL_NOT_FOUND')
  const storedBytes = async () => /^oneclass_stored_bytes (\d+)/m.exec(await (await fetch(url('/metrics'))).text())?.[1]
  const stored = await storedBytes()
  const forNone = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: Buffer.alloc(5000, 1) }
  assert.equal(await problem(await fetch(url('/v1/models/none/classify'), forNone)), 'MODEL_NOT_FOUND')
  assert.ok(stored !== undefined)
  assert.equal(await storedBytes(), stored, 'an image for a model that is not there stays in Redis')
  assert.equal(await problem(await fetch(url('/nothing'))), 'NOT_FOUND')
  assert.equal(
    await problem(await fetch(url('/v1/jobs/classify-00000000-0000-0000-0000-000000000000'))),
    'JOB_NOT_FOUND',
  )
  assert.equal(
    await problem(
      await fetch(url('/v1/models/disc/classify'), {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': 'text/plain' },
      }),
    ),
    'UNSUPPORTED_MEDIA_TYPE',
  )
  assert.equal(
    await problem(await json('/v1/models/disc', { alpha: 0.1, pad: 'x'.repeat(100_000) }, 'PATCH')),
    'BODY_TOO_LARGE',
  )
  const bare = (path: string, body: Uint8Array<ArrayBuffer>) =>
    fetch(url(path), { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } })
  for (const path of ['/v1/models', '/v1/models/disc/batches', '/v1/demo', '/v1/models/import'])
    assert.equal(await problem(await bare(path, new Uint8Array(9))), 'UNSUPPORTED_MEDIA_TYPE', path)
  assert.equal(await problem(await bare('/v1/models/disc/classify', new Uint8Array(0))), 'INVALID_ARGUMENT')
  // with a name it is a file of nothing
  const nothing = await bare('/v1/models/disc/classify?image=x.jpg', new Uint8Array(0))
  assert.equal(await problem(nothing), 'IMAGE_UNREADABLE')
  const broken = await fetch(url('/v1/models/disc/classify'), {
    method: 'POST',
    body: '--b\r\ncontent-disp',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  })
  assert.equal(await problem(broken), 'INVALID_ARGUMENT')
})

test('another web page cannot use a service on this machine', async () => {
  assert.equal(
    await problem(await json('/v1/models/disc', { alpha: 0.1 }, 'PATCH', { origin: 'https://evil.example' })),
    'FORBIDDEN',
  )
  // fetch cannot set Host
  const status = await new Promise<number | undefined>((resolve, reject) => {
    httpRequest(url('/v1/models'), { headers: { host: 'evil.example' } }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
  assert.equal(status, 403)
})

test('elsewhere than on loopback: not without a key; a port in use is said so', async () => {
  await assert.rejects(startServing(options({ host: '0.0.0.0', home: join(base, 'other') })), { code: 'UNAUTHORIZED' })
  await assert.rejects(
    startServing(options({ port: Number(new URL(serving.address).port), home: join(base, 'other') })),
    { code: 'PORT_IN_USE' },
  )
})
