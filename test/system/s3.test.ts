import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import test, { after, before } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import { isBelowS3, parseS3 } from '../../src/system/s3/address.ts'
import { openS3, type S3Options } from '../../src/system/s3/client.ts'
import { signedHeaders } from '../../src/system/s3/sign.ts'
import { byBytes, memoryBucket, type S3Server, s3Access, startS3Server } from '../support/s3-server.ts'

let server: S3Server
/** What Node would write to standard error. */
const warnings: Error[] = []
process.on('warning', (warning) => void warnings.push(warning))
const oddKeys = [
  'a b+c.jpg',
  'ä/ö ü.jpg',
  "p'(1)*!.jpg",
  'x//y.jpg',
  '/led.jpg',
  'n\n&<">.jpg',
  '%41.jpg',
  '~-_.jpg',
  '日本.jpg',
]
before(async () => {
  server = await startS3Server()
  server.buckets.set('odd', memoryBucket(Object.fromEntries(oddKeys.map((key) => [key, `bytes of ${key}`]))))
  server.buckets.set('photos', memoryBucket({ 'one.jpg': 'abcdefgh', 'empty.jpg': '' }))
})
after(() => server.close())

const open = (more: Partial<S3Options> = {}) => {
  const { accessKeyId, secretAccessKey, region } = s3Access
  const credentials = { accessKeyId, secretAccessKey, sessionToken: server.sessionToken }
  return openS3({ credentials, region, endpoint: server.endpoint, pauseMs: 1, timeoutMs: 1000, ...more })
}
const get = { maxBytes: 1000 }
const codeOf = async (work: Promise<unknown>): Promise<[string, string]> => {
  const error = await work.then(
    () => assert.fail('nothing was wrong'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof OneclassError, String(error))
  return [error.code, error.message]
}

test("the signature is the one of Amazon's own example (GET Object with a range, S3 API Reference)", () => {
  const headers = signedHeaders(
    {
      method: 'GET',
      host: 'examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      query: {},
      headers: { range: 'bytes=0-9' },
    },
    { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    'us-east-1',
    Date.UTC(2013, 4, 24),
  )
  assert.match(headers['authorization']!, /Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41$/)
})

test('addresses: a prefix is a folder, and what is below is told by the text', () => {
  const root = parseS3('s3://photos/cats')
  assert.deepEqual(root, { bucket: 'photos', prefix: 'cats/' })
  for (const below of ['s3://photos/cats', 's3://photos/cats/', 's3://photos/cats/a//b'])
    assert.ok(isBelowS3(parseS3(below), root), below)
  for (const other of ['s3://photos/cats-of-others', 's3://photos', 's3://photos2/cats'])
    assert.ok(!isBelowS3(parseS3(other), root), other)
  for (const wrong of [
    's3://',
    's3://a',
    's3://a_$b/c',
    's3://photos/cats/../dogs',
    's3://photos/./',
    `s3://photos/${'k'.repeat(1024)}`,
  ])
    assert.throws(() => parseS3(wrong), { code: 'INVALID_ARGUMENT' }, wrong)
})

test('keys of any name come in pages and are read as they are', async () => {
  const s3 = open()
  const found: string[] = []
  let token: string | undefined
  do {
    const page = await s3.list('odd', '', { most: 2, token })
    found.push(...page.objects.map(({ key }) => key))
    token = page.next
  } while (token !== undefined)
  assert.deepEqual(found, [...oddKeys].sort(byBytes))
  for (const key of oddKeys) assert.equal((await s3.get('odd', key, key, get)).toString(), `bytes of ${key}`)
  assert.deepEqual((await s3.list('odd', 'ä/')).objects, [{ key: 'ä/ö ü.jpg', size: 21 }])
  const rest = await s3.list('odd', '', { after: found[5] })
  assert.deepEqual(
    rest.objects.map(({ key }) => key),
    found.slice(6),
  )
  await s3.put('odd', 'new (1).json', Buffer.from('{}'), { type: 'application/json' })
  assert.equal((await s3.get('odd', 'new (1).json', '', get)).toString(), '{}')
  await s3.close()
})

test('an object has a bound, its first bytes are read alone, and an empty one has none', async () => {
  const s3 = open()
  assert.equal((await codeOf(s3.get('photos', 'one.jpg', 'one.jpg', { maxBytes: 7 })))[0], 'IMAGE_TOO_LARGE')
  assert.equal((await s3.get('photos', 'one.jpg', '', { maxBytes: 7, first: 3 })).toString(), 'abc')
  assert.equal((await s3.get('photos', 'empty.jpg', '', { ...get, first: 3 })).length, 0)
  assert.equal((await s3.get('photos', 'empty.jpg', '', get)).length, 0)
  await s3.close()
})

test('what passes by itself is tried again: busy, broken off, out of time', async () => {
  const s3 = open()
  const faults = [
    { status: 503, code: 'SlowDown' },
    { status: 500, code: 'InternalError' },
    { status: 200, isCut: true },
  ]
  server.fault = () => faults.shift()
  assert.equal((await s3.get('photos', 'one.jpg', '', get)).toString(), 'abcdefgh')
  assert.equal(faults.length, 0)
  const before = server.requests.length
  server.fault = () => ({ status: 503, code: 'SlowDown' })
  const [code, message] = await codeOf(s3.list('photos', ''))
  assert.equal(code, 'STORAGE_UNAVAILABLE')
  assert.match(message, /s3:\/\/photos\/" \(SlowDown\)/)
  assert.equal(server.requests.length - before, 6)
  server.fault = () => undefined
  server.delayMs = 1500
  const [late] = await codeOf(open({ timeoutMs: 100, tries: 2 }).get('photos', 'one.jpg', 'one.jpg', get))
  server.delayMs = 0
  assert.equal(late, 'STORAGE_UNAVAILABLE')
  const stop = AbortSignal.abort()
  await assert.rejects(s3.get('photos', 'one.jpg', '', { ...get, signal: stop }), { name: 'AbortError' })
  await s3.close()
})

test('a clock that is wrong is set by the one of the store', async () => {
  server.clockMs = 3_600_000
  const s3 = open()
  assert.equal((await s3.get('photos', 'one.jpg', '', get)).toString(), 'abcdefgh')
  server.clockMs = 0
  await s3.close()
})

test('each refusal has a code and a way out', async () => {
  const { accessKeyId, secretAccessKey } = s3Access
  const cases: [() => Promise<unknown>, string, RegExp][] = [
    [() => open().list('nothing', ''), 'BUCKET_NOT_FOUND', /"nothing"/],
    [() => open().get('photos', 'gone.jpg', 'gone.jpg', get), 'IMAGE_NOT_FOUND', /any more/],
    [() => open({ region: 'us-east-1' }).list('photos', ''), 'STORAGE_REFUSED', /AWS_REGION=eu-test-1/],
    [
      () => open({ credentials: { accessKeyId: 'x', secretAccessKey } }).list('photos', ''),
      'STORAGE_REFUSED',
      /AWS_ACCESS_KEY_ID/,
    ],
    [
      () => open({ credentials: { accessKeyId, secretAccessKey: 'x' } }).list('photos', ''),
      'STORAGE_REFUSED',
      /SignatureDoesNot/,
    ],
    [
      () => open({ endpoint: 'http://127.0.0.1:1', tries: 1 }).list('photos', ''),
      'STORAGE_UNAVAILABLE',
      /ECONNREFUSED/,
    ],
  ]
  for (const [work, code, message] of cases) {
    const found = await codeOf(work())
    assert.equal(found[0], code)
    assert.match(found[1], message)
  }
  const refusals: [number, string, string, RegExp][] = [
    [403, 'AccessDenied', 'IMAGE_NOT_FOUND', /AccessDenied/],
    [403, 'InvalidObjectState', 'IMAGE_NOT_FOUND', /restore/],
    [501, 'NotImplemented', 'STORAGE_REFUSED', /endpoint/],
  ]
  const s3 = open()
  for (const [status, code, ours, message] of refusals) {
    server.fault = () => ({ status, code })
    const found = await codeOf(s3.get('photos', 'one.jpg', 'one.jpg', get))
    assert.equal(found[0], ours)
    assert.match(found[1], message)
  }
  server.fault = () => undefined
  server.sessionToken = 'new'
  const old = { credentials: { accessKeyId, secretAccessKey, sessionToken: 'old' } }
  assert.match((await codeOf(open(old).list('photos', '')))[1], /expired/)
  assert.equal((await open().list('photos', '')).objects.length, 2)
  server.sessionToken = undefined
  assert.throws(() => open({ endpoint: 'store.example' }), { code: 'INVALID_ARGUMENT' })
})

test('an answer that is no list is no empty bucket, and neither is a part of one without a way on', async () => {
  const s3 = open()
  const list = '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
  for (const [body, says] of [
    [
      '<!doctype html><title>Console</title><p>&lt;ListBucketResult&gt; <ListBucketResult></p>',
      /not of its web page\?$/,
    ],
    ['', /no list of keys/],
    ['{"keys":[]}', /no list of keys/],
    [
      `${list}<IsTruncated>true</IsTruncated><Contents><Key>a.jpg</Key></Contents></ListBucketResult>`,
      /ListObjectsV2\.$/,
    ],
  ] as const) {
    server.fault = () => ({ status: 200, body })
    const [code, message] = await codeOf(s3.list('photos', ''))
    assert.equal(code, 'STORAGE_REFUSED', body)
    assert.match(message, says)
    assert.match(message, /"s3:\/\/photos\/"/)
  }
  for (const body of ['<ListBucketResult/>', `\uFEFF<?xml version="1.0"?>\n<!-- x -->\n${list}</ListBucketResult>`]) {
    server.fault = () => ({ status: 200, body })
    assert.deepEqual(await s3.list('photos', ''), { objects: [], next: undefined })
  }
  server.fault = () => ({ status: 301, body: '' })
  assert.match(
    (await codeOf(s3.list('photos', '')))[1],
    /: set AWS_REGION to the region of the bucket and start again\.$/,
  )
  server.fault = () => undefined
  await s3.close()
})

test('a proxy is used where one is set for the store, and many requests with one signal bring no warning', async () => {
  const tunnels: string[] = []
  const proxy = createServer().on('connect', (request, socket: Socket) => {
    tunnels.push(request.url!)
    const onward = connect(Number(request.url!.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const end of [socket, onward]) end.on('error', () => {})
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const http = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const { signal } = new AbortController()
  for (const [proxies, count] of [
    [{ https: http }, 0],
    [{ http, none: '127.0.0.1' }, 0],
    [{ http }, 1],
  ] as const) {
    const s3 = open({ proxy: proxies })
    const all = await Promise.all(Array.from({ length: 20 }, () => s3.get('photos', 'one.jpg', '', { ...get, signal })))
    assert.ok(all.every((bytes) => bytes.toString() === 'abcdefgh'))
    assert.equal(tunnels.length > 0 ? 1 : 0, count)
    await s3.close()
  }
  proxy.closeAllConnections()
  proxy.close()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(warnings, [])
})
