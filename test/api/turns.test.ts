/** Dear requests, and answers that a caller does not take: what one caller may cost the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { takeTurns } from '../../src/api/http/turns.ts'
import type { KeyInfo } from '../../src/service/key-store.ts'
import { codeOf, startTestApi } from '../support/api.ts'
import { rawCall } from '../support/raw-http.ts'

test('of each caller one dear request at a time; one whose caller left is not begun', async (t) => {
  const app = Fastify({ logger: false, forceCloseConnections: true })
  t.after(() => app.close())
  app.decorateRequest('key', null)
  let ended = 0
  app.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => ended++)
    request.key = { id: String(request.headers['x-caller']) } as KeyInfo
  })
  takeTurns(app)
  const atWork = new Map<string, number>()
  const waiting: (() => void)[] = []
  let most = 0
  let begun = 0
  app.get('/dear', { config: { inTurn: true } }, async (request) => {
    const caller = request.key!.id
    begun++
    atWork.set(caller, (atWork.get(caller) ?? 0) + 1)
    most = Math.max(most, ...atWork.values())
    await new Promise<void>((resolve) => waiting.push(resolve))
    atWork.set(caller, atWork.get(caller)! - 1)
    return 'done'
  })
  app.get('/cheap', async () => 'done')
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = (caller: string, path = '/dear', signal?: AbortSignal) =>
    fetch(address + path, { headers: { 'x-caller': caller }, ...(signal && { signal }) }).then((answer) =>
      answer.text(),
    )
  const until = async (isSo: () => boolean) => {
    for (let i = 0; i < 200 && !isSo(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.ok(isSo())
  }
  const leaves = new AbortController()
  const first = ask('a')
  await until(() => begun === 1)
  const gone = ask('a', '/dear', leaves.signal).catch(() => 'gone')
  const others = [ask('a'), ask('b'), ask('a', '/cheap')]
  await until(() => begun === 2) // that of b
  assert.equal(await others[2], 'done')
  leaves.abort()
  assert.equal(await gone, 'gone')
  await until(() => ended === 2) // the cheap one, and the one whose caller left
  for (let i = 0; i < 3; i++) {
    await until(() => waiting.length > 0)
    waiting.shift()!()
  }
  assert.deepEqual(await Promise.all([first, ...others]), ['done', 'done', 'done', 'done'])
  assert.deepEqual([begun, most], [3, 1])
})

test('long answers count in the memory of requests until they are sent; what is the same for all does not', async (t) => {
  const api = await startTestApi({ maxHeldBytes: 600_000 })
  t.after(() => api.end())
  const whole = await fetch(api.url('/v1/models/thing/export'))
  assert.ok((await whole.arrayBuffer()).byteLength > 300_000)
  const document = await fetch(api.url('/openapi.json'))
  assert.equal(document.status, 200)
  assert.deepEqual(((await document.json()) as { servers: unknown }).servers, [{ url: api.address }])
  const byName = await fetch(api.url('/openapi.json').replace('127.0.0.1', 'localhost'))
  assert.match(((await byName.json()) as { servers: { url: string }[] }).servers[0]!.url, /localhost/)
  const small = await startTestApi({ maxHeldBytes: 100_000 })
  t.after(() => small.end())
  const held = 60_000
  const upload = rawCall(
    small.address,
    `POST /v1/models/thing/classify HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${held}\r\n\r\n{"base64":"`,
    Buffer.alloc(30_000, 'A'),
  )
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(await codeOf(await fetch(small.url('/v1/models/thing/export'))), 'QUEUE_FULL')
  upload.socket.destroy()
})
