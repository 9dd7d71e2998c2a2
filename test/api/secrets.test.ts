/** Keys: who may see whose jobs, and that no log holds what is secret. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { codeOf, startTestApi, type TestApi } from '../support/api.ts'

let api: TestApi
let one: string
let two: string
let owner: string
before(async () => {
  api = await startTestApi()
  one = (await api.service.keys.create('one', 'classify')).key
  two = (await api.service.keys.create('two', 'classify')).key
  owner = (await api.service.keys.create('owner', 'manage')).key
})
after(async () => {
  await api.end()
})

const as = (key: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${key}`, ...more })
const classify = async (key: string, idempotencyKey: string, base64 = 'AAAA') => {
  const headers = as(key, { 'idempotency-key': idempotencyKey })
  return await api.json('/v1/models/thing/classify', { base64 }, 'POST', headers)
}
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id

test('missing, wrong, and wrong-scope keys; each route says which scope it wants', async () => {
  const document = (await (await fetch(api.url('/openapi.json'))).json()) as {
    paths: Record<string, Record<string, { security: { key: string[] }[] }>>
  }
  let asked = 0
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const target = api.url(path.replaceAll(/\{\w+\}/g, 'x'))
      const call = async (key?: string) => {
        const headers = key === undefined ? {} : as(key)
        const response = await fetch(target, { method: method.toUpperCase(), headers })
        // without a worker it is not ready, which is no error
        return response.ok || path === '/readyz' ? 'ok' : await codeOf(response)
      }
      const scope = security[0]?.key[0]
      if (scope === undefined) {
        assert.notEqual(await call(), 'UNAUTHORIZED', `${method} ${path}`)
        continue
      }
      asked++
      assert.equal(await call(), 'UNAUTHORIZED', `${method} ${path}`)
      if (scope === 'manage') assert.equal(await call(one), 'FORBIDDEN', `${method} ${path}`)
      else assert.doesNotMatch(await call(one), /UNAUTHORIZED|FORBIDDEN/, `${method} ${path}`)
    }
  }
  assert.ok(asked > 10)
  const wrong = `${one.slice(0, -1)}${one.endsWith('A') ? 'B' : 'A'}`
  assert.equal(await codeOf(await fetch(api.url('/v1/models'), { headers: as(wrong) })), 'UNAUTHORIZED')
  for (const header of [`Basic ${Buffer.from(`x:${one}`).toString('base64')}`, one, `Bearer ${one} ${one}`, 'Bearer '])
    assert.equal(
      await codeOf(await fetch(api.url('/v1/models'), { headers: { authorization: header } })),
      'UNAUTHORIZED',
      header.slice(0, 8),
    )
  assert.equal(await codeOf(await fetch(api.url(`/v1/models?key=${one}`))), 'UNAUTHORIZED')
})

test('an Idempotency-Key is its caller’s own: another caller with the same key gets another job', async () => {
  const first = await idOf(await classify(one, 'order-17'))
  assert.equal(await idOf(await classify(one, 'order-17')), first)
  const other = await classify(two, 'order-17')
  assert.equal(other.headers.get('idempotency-replayed'), null)
  assert.notEqual(await idOf(other), first)
  // not a conflict either: that would tell that somebody used the key
  assert.equal((await classify(two, 'order-18', 'BBBB')).status, 202)
})

test('a job’s id cannot be worked out from what another caller may know', async () => {
  const id = await idOf(await classify(one, 'guess-me'))
  const keyId = one.split('_')[1]!
  const guesses = [`${keyId}\nclassify\nguess-me`, `guess-me`, `${keyId}\0classify\0guess-me\0`].flatMap((text) => {
    const hash = createHash('sha256').update(text).digest('hex')
    return [hash.slice(0, 36), hash.slice(0, 32)]
  })
  for (const guess of guesses) assert.notEqual(id, `classify-${guess}`)
  assert.match(id, /^classify-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const form = new FormData()
  form.append('images', new Blob(['x']), 'a.jpg')
  const batch = await idOf(
    await fetch(api.url('/v1/models/thing/batches'), { method: 'POST', body: form, headers: as(one) }),
  )
  assert.match(batch, /^batch-/)
  for (const path of [
    `/v1/batches/${batch}:images`,
    `/v1/batches/${batch}:images/results`,
    `/v1/batches/${batch.toUpperCase()}`,
    '/v1/batches/*',
    '/v1/jobs/*',
    '/v1/jobs/__proto__',
    `/v1/jobs/${id}%00`,
    '/v1/comparisons/..',
    `/v1/comparisons/${id}`,
  ])
    assert.match(await codeOf(await fetch(api.url(path), { headers: as(two) })), /NOT_FOUND/, path)
})

test('no log holds a key, the password of Redis, an image or its name, at level debug', async () => {
  const image = Buffer.from('an image that nobody shall read').toString('base64')
  const secretName = 'private-name-of-a-file.jpg'
  const password = decodeURIComponent(new URL(api.redis.url).password)
  assert.ok(password.length > 20)
  const body = JSON.stringify({ base64: image, image: secretName })
  for (const key of [one, owner, `oc_00000000_${'Z'.repeat(43)}`]) {
    for (const headers of [
      as(key),
      { authorization: key },
      { authorization: `Basic ${Buffer.from(`x:${key}`).toString('base64')}` },
      { cookie: `key=${key}` },
    ]) {
      for (const path of [
        '/v1/models/thing/classify',
        `/v1/models/thing/classify?key=${key}&wait=${key}`,
        `/v1/models/${key}`,
        `/${key}`,
        `/v1/jobs/${key}`,
        '/admin/queues/',
      ]) {
        const more = path.includes('classify')
          ? { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }
          : { headers }
        await (await fetch(api.url(path), more as RequestInit)).text()
      }
    }
  }
  await api.json('/v1/models/thing/classify', { base64: image, image: secretName, key: owner }, 'POST', as(owner))
  const log = api.log.join('')
  assert.ok(api.log.length > 50)
  for (const key of [one, two, owner]) {
    assert.ok(!log.includes(key.split('_').slice(2).join('_')), 'the secret of a key') // it may hold a _ itself
    assert.ok(!log.includes(createHash('sha256').update(key).digest('hex')), 'the hash of a key')
  }
  assert.ok(!log.includes('Z'.repeat(43)), 'a wrong key')
  assert.ok(!log.includes(password), 'the password of Redis')
  assert.ok(!log.includes(image) && !log.includes('nobody shall read'), 'the image')
  assert.ok(!log.includes(secretName), 'the name of the image')
  assert.match(log, new RegExp(`"key":"${one.split('_')[1]}"`))
})

test('a stream ends soon after its key was revoked; those of other keys stay', async () => {
  const leaked = await api.service.keys.create('leaked', 'classify')
  const id = await idOf(await classify(leaked.key, 'streamed'))
  const open = async (key: string) => {
    const response = await fetch(api.url(`/v1/jobs/${id}/events`), { headers: as(key) })
    assert.equal(response.status, 200)
    const state = { hasEnded: false }
    const ended = response.text().finally(() => {
      state.hasEnded = true
    })
    return { state, ended }
  }
  const [stays, ends] = [await open(one), await open(leaked.key)]
  await api.service.keys.revoke(leaked.info.id)
  await assert.rejects(ends.ended, TypeError) // cut: a part must not look like the whole
  assert.equal(stays.state.hasEnded, false)
  await fetch(api.url(`/v1/jobs/${id}`), { method: 'DELETE', headers: as(one) })
  await stays.ended
})
