/** The service as somebody's hand inside our network: `url` through the whole API, with real servers on both sides. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { isPublicAddress } from '../../src/api/url-fetch.ts'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let inside: Server
let outside: Server
const reached: string[] = []
const portOf = (server: Server) => (server.address() as AddressInfo).port

// 127.0.0.2 plays the public internet, where two names live; 127.0.0.1 is what must not be reached
const names: Record<string, string[]> = {
  'public.example': ['127.0.0.2'],
  'inward.example': ['127.0.0.1'],
  'both.example': ['127.0.0.2', '127.0.0.1'],
}

before(async () => {
  inside = createServer((request, response) => {
    reached.push(request.url ?? '')
    response.end('secret')
  })
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
  outside = createServer((request, response) => {
    const target = new URL(request.url ?? '', 'http://x').searchParams.get('to')
    if (target === null) response.end('bytes')
    else response.writeHead(302, { location: target }).end()
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.2', resolve))
  api = await startTestApi(
    {},
    {
      urls: {
        lookup: async (name) => names[name] ?? Promise.reject(new Error('ENOTFOUND')),
        isPublic: (address) => address === '127.0.0.2' || isPublicAddress(address),
      },
    },
  )
})
after(async () => {
  await api?.end()
  inside.close()
  outside.close()
})

const ask = (url: string) => api.json('/v1/models/thing/classify', { url })

test('a public address is fetched', async () => {
  assert.equal((await ask(`http://public.example:${portOf(outside)}/`)).status, 202)
})

test('a name that resolves to 127.0.0.1, alone or among others, and every spelling of the address', async () => {
  const port = portOf(inside)
  for (const host of ['inward.example', 'both.example', '127.0.0.1', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]'])
    assert.equal(await codeOf(await ask(`http://${host}:${port}/`)), 'URL_NOT_ALLOWED', host)
  assert.deepEqual(reached, [])
})

test('a redirect to it, by address, by name, by another scheme', async () => {
  const port = portOf(inside)
  for (const target of [
    `http://127.0.0.1:${port}/`,
    `http://inward.example:${port}/`,
    `http://both.example:${port}/`,
    `//127.0.0.1:${port}/`,
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data',
  ]) {
    const url = `http://public.example:${portOf(outside)}/?to=${encodeURIComponent(target)}`
    assert.equal(await codeOf(await ask(url)), 'URL_NOT_ALLOWED', target)
  }
  assert.deepEqual(reached, [])
})
