/** Webhooks over a real Redis, to a real server that checks the signature. */
import assert from 'node:assert/strict'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { openWebhooks } from '../../src/service/webhooks.ts'
import { startTestApi } from '../support/api.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

const secret = `whsec_${Buffer.from('a secret of the test').toString('base64')}`
const log: string[] = []
let redis: TestRedis
let url: string
let answers: number[] = []
let got: { headers: IncomingHttpHeaders; body: string; path: string }[] = []
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString('utf8')
  got.push({ headers: request.headers, body, path: request.url ?? '' })
  response.writeHead(answers.shift() ?? 204).end()
})
before(async () => {
  redis = await startTestRedis()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(async () => {
  server.close()
  await redis.end()
})

const until = async (done: () => boolean) => {
  for (let i = 0; i < 200 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.ok(done(), 'it did not happen')
}
/** As a receiver does it, by the specification and not by our code. */
const isSigned = ({ headers, body }: (typeof got)[number]): boolean => {
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = createHmac('sha256', 'a secret of the test').update(text).digest()
  const [version, signature = ''] = String(headers['webhook-signature']).split(',')
  return version === 'v1' && timingSafeEqual(expected, Buffer.from(signature, 'base64'))
}
const open = (urls: string[]) =>
  openWebhooks({ urls, secret, redisUrl: redis.url, pauseMs: 30, log: (_level, text) => log.push(text) })
const event = { type: 'job.done', timestamp: '2026-01-01T00:00:00Z', data: {} } as never

test('signed, tried again until it is taken, once an address however often it is said', async () => {
  const webhooks = await open([`${url}/a`, `${url}/b`])
  answers = [500, 503, 500]
  await Promise.all([webhooks.send('fit-1', event), webhooks.send('fit-1', event)])
  await until(() => got.length === 5)
  await webhooks.send('fit-1', event)
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.equal(got.length, 5)
  assert.ok(got.every(isSigned))
  assert.deepEqual(new Set(got.map(({ path }) => path)), new Set(['/a', '/b']))
  assert.equal(new Set(got.map(({ headers }) => headers['webhook-id'])).size, 2)
  assert.deepEqual(JSON.parse(got[0]!.body), event)
  const [first] = got
  assert.equal(isSigned({ ...first!, body: first!.body.replace('done', 'none') }), false)
  await webhooks.close()
})

test('410 ends a message; an address that is no longer given is no longer told; what waits survives a restart', async () => {
  got = []
  const gone = await open([`${url}/gone`])
  answers = [410]
  await gone.send('fit-2', event)
  await until(() => log.includes('webhook given up'))
  await gone.close()
  assert.equal(got.length, 1)
  const first = await open([`${url}/c`, `${url}/d`])
  answers = Array.from({ length: 4 }, () => 500)
  await first.send('fit-3', event)
  await until(() => got.length >= 3)
  await first.close()
  answers = []
  got = []
  const second = await open([`${url}/d`])
  await until(() => got.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await second.close()
  assert.deepEqual(new Set(got.map(({ path }) => path)), new Set(['/d']))
})

test('no secret, or an address that is none, is said at the start', async () => {
  for (const [urls, given] of [
    [[url], undefined],
    [[url], 'short'],
    [['ftp://x'], secret],
  ] as const)
    await assert.rejects(openWebhooks({ urls, secret: given, redisUrl: redis.url, log: () => {} }), {
      code: 'INVALID_ARGUMENT',
    })
})

test('a service tells of a batch that ended', async (t) => {
  got = []
  const api = await startTestApi({}, { webhooks: { urls: [url], secret } })
  t.after(() => api.end())
  const form = new FormData()
  form.append('images', new Blob(['x']), 'a.jpg')
  const made = await fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form })
  const { id } = (await made.json()) as { id: string }
  await fetch(api.url(`/v1/jobs/${id}`), { method: 'DELETE' })
  await until(() => got.length === 1)
  const told = JSON.parse(got[0]!.body) as { type: string; data: { id: string } }
  assert.deepEqual([told.type, told.data.id, isSigned(got[0]!)], ['job.cancelled', id, true])
})

test('a name and password in the address are sent as such, and an address that is none does not show them', async () => {
  got = []
  const webhooks = await open([url.replace('//', '//u:p%40ss@')])
  await webhooks.send('fit-with-login', event)
  await until(() => got.length === 1)
  assert.equal(got[0]?.headers.authorization, `Basic ${Buffer.from('u:p@ss').toString('base64')}`)
  await webhooks.close()
  for (const wrong of ['ftp://u:secret@h', 'https://u:secret%@h'])
    await assert.rejects(
      open([wrong]),
      ({ code, message }: Error & { code: string }) => code === 'INVALID_ARGUMENT' && !message.includes('secret'),
    )
})
