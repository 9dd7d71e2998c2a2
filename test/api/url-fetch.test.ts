import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { fetchImage, isPublicAddress } from '../../src/api/url-fetch.ts'

let server: Server
let port: number
let reached: string[] = []
before(async () => {
  server = createServer((request, response) => {
    reached.push(`${request.headers.host}${request.url}`)
    const [, what, ...rest] = (request.url ?? '').split('/')
    if (what === 'image') response.end('bytes')
    else if (what === 'to') response.writeHead(302, { location: decodeURIComponent(rest.join('/')) }).end()
    else if (what === 'loop') response.writeHead(302, { location: '/loop' }).end()
    else if (what === 'big') response.end(Buffer.alloc(5000))
    else if (what === 'lie') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(Buffer.alloc(5000))
    else if (what === 'slow') response.write('a')
    else if (what === 'switch')
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    else response.writeHead(404).end('secret page')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.closeAllConnections()
  server.close()
})

// 127.0.0.1 stands for a public address, where a test says so
const names: Record<string, string[]> = {
  'public.example': ['127.0.0.1'],
  'rebind.example': ['127.0.0.1', '10.0.0.1'],
  'inside.example': ['10.1.2.3'],
}
const options = {
  maxBytes: 1000,
  timeoutMs: 2000,
  lookup: async (name: string) => names[name] ?? Promise.reject(new Error('ENOTFOUND')),
  isPublic: (address: string) => address === '127.0.0.1' || isPublicAddress(address),
}
const at = (path: string, host = 'public.example') => `http://${host}:${port}${path}`

test('a public image arrives, through redirects too', async () => {
  assert.equal((await fetchImage(at('/image'), options)).toString(), 'bytes')
  assert.equal((await fetchImage(at(`/to/${encodeURIComponent('/image')}`), options)).toString(), 'bytes')
})

test('a server that changes the protocol is an error at once', async () => {
  await assert.rejects(fetchImage(at('/switch'), options), { code: 'URL_UNREACHABLE', message: /101/ })
})

test('by default loopback is not public, under any spelling', async () => {
  reached = []
  const spellings = [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `[::1]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `2130706433:${port}`,
    `0x7f.1:${port}`,
    `0177.0.0.1:${port}`,
    `0.0.0.0:${port}`,
  ]
  for (const host of spellings) {
    await assert.rejects(
      fetchImage(`http://${host}/image`, { maxBytes: 1000, timeoutMs: 2000 }),
      { code: 'URL_NOT_ALLOWED' },
      host,
    )
  }
  assert.deepEqual(reached, [])
})

test('a name that resolves to a private address, or to one among others, is refused', async () => {
  reached = []
  for (const host of ['inside.example', 'rebind.example'])
    await assert.rejects(fetchImage(at('/image', host), options), { code: 'URL_NOT_ALLOWED' })
  assert.deepEqual(reached, [])
})

test('a redirect to a private address is refused', async () => {
  for (const target of [
    'http://169.254.169.254/latest/meta-data',
    'http://inside.example/',
    'http://[fd00::1]/',
    'file:///etc/passwd',
    'gopher://x/',
    'http://user:pass@public.example/',
  ]) {
    await assert.rejects(
      fetchImage(at(`/to/${encodeURIComponent(target)}`), options),
      { code: 'URL_NOT_ALLOWED' },
      target,
    )
  }
})

test('the name is resolved once: a second answer changes nothing', async () => {
  let calls = 0
  const flipping = async () => (calls++ === 0 ? ['127.0.0.1'] : ['10.0.0.1'])
  assert.equal((await fetchImage(at('/image'), { ...options, lookup: flipping })).toString(), 'bytes')
  assert.equal(calls, 1)
})

test('other schemes, credentials and nonsense', async () => {
  for (const url of [
    'ftp://public.example/',
    'file:///etc/passwd',
    'data:image/png;base64,AA',
    'javascript:1',
    'no url',
    '',
    'http://a:b@public.example/',
    '//public.example/x',
  ]) {
    await assert.rejects(fetchImage(url, options), { code: 'URL_NOT_ALLOWED' }, url)
  }
})

test('size and time are capped; endless redirects end', async () => {
  await assert.rejects(fetchImage(at('/big'), options), { code: 'IMAGE_TOO_LARGE' })
  await assert.rejects(fetchImage(at('/lie'), options), { code: 'IMAGE_TOO_LARGE' })
  await assert.rejects(fetchImage(at('/loop'), options), { code: 'URL_UNREACHABLE' })
  await assert.rejects(fetchImage(at('/slow'), { ...options, timeoutMs: 200 }), { code: 'URL_UNREACHABLE' })
  await assert.rejects(fetchImage(at('/image'), { ...options, timeoutMs: 100, lookup: () => new Promise(() => {}) }), {
    code: 'URL_UNREACHABLE',
  })
})

test('an error page of the other side is not passed on', async () => {
  await assert.rejects(
    fetchImage(at('/missing'), options),
    (error: Error) => /404/.test(error.message) && !/secret/.test(error.message),
  )
})

test('what is public', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '2a00:1450::1'])
    assert.equal(isPublicAddress(address), true, address)
  for (const address of [
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.2',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'nonsense',
    '',
  ])
    assert.equal(isPublicAddress(address), false, address)
})
