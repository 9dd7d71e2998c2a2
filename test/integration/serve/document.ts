/** The document, the pages, and nonsense made from the document. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/core/random.ts'
import { client, url } from '../../support/served.ts'

test('the document describes the server, the pages need nothing from elsewhere', async () => {
  const document = (await (await fetch(url('/openapi.json'))).json()) as {
    openapi: string
    paths: Record<string, unknown>
  }
  assert.equal(document.openapi, '3.1.0')
  for (const path of [
    '/v1/models',
    '/v1/models/{name}',
    '/v1/models/{name}/classify',
    '/v1/models/{name}/batches',
    '/v1/batches/{id}/results',
    '/v1/jobs/{id}',
  ])
    assert.ok(document.paths[path], path)
  for (const page of ['/', '/docs']) {
    const response = await fetch(url(page))
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.doesNotMatch(await response.text(), /(src|href)="https?:/)
  }
  assert.match(await (await fetch(url('/metrics'))).text(), /oneclass_drift_log10_capital\{model="disc@1"/)
  assert.match(await (await fetch(url('/admin/queues'))).text(), /__UI_CONFIG__/)
  assert.equal((await fetch(url('/admin/queues/api/queues'))).status, 200)
  const images = async () =>
    ((await (await fetch(url('/v1/models/disc'))).json()) as { drift: { all: { images: number } } }).drift.all.images
  for (let tries = 0; (await images()) <= 250 && tries < 50; tries++) await new Promise((wake) => setTimeout(wake, 200))
  assert.ok((await images()) > 250)
})

test('nonsense by the document: no answer of the 500s', async () => {
  const document = (await (await fetch(url('/openapi.json'))).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const random = createRandom(11)
  const values: unknown[] = [
    null,
    0,
    -1,
    1e308,
    '',
    'x',
    '\u0000',
    '../..',
    '💥'.repeat(50),
    [],
    {},
    [[]],
    true,
    { alpha: 'x' },
    { folder: 1 },
    { name: 'a', folder: '/' },
    { base64: '!' },
    { url: 'http://[' },
    { path: '' },
    '{"__proto__":1}',
  ]
  const pick = () => values[random.int(values.length)]
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods)) {
      for (let i = 0; i < 12; i++) {
        const target = path.replace(/\{\w+\}/g, () => encodeURIComponent(String(pick()).slice(0, 40)) || 'x')
        const query = random.int(2)
          ? `?wait=${encodeURIComponent(String(pick()))}&format=${random.int(9)}&from=${random.int(9) - 4}`
          : ''
        const body = method === 'get' ? undefined : random.int(3) ? JSON.stringify(pick()) : '{"broken'
        const type = ['application/json', 'multipart/form-data; boundary=x', 'multipart/form-data', 'nonsense'][
          random.int(4)
        ]!
        const response = await fetch(url(target + query), {
          method: method.toUpperCase(),
          ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
          signal: AbortSignal.timeout(20_000),
        })
        assert.ok(response.status < 500, `${method} ${target}${query} ${type} ${body}: ${response.status}`)
        await response.body?.cancel()
      }
    }
  }
  // the demo, say: a service that is asked to end waits for what is under way
  const begun = await Promise.all((['queued', 'running'] as const).map((state) => client.jobs({ state })))
  for (const { id } of begun.flat()) await client.cancel(id)
})
