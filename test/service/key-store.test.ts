import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createRateLimit } from '../../src/api/http/rate-limit.ts'
import { openKeyStore } from '../../src/service/key-store.ts'

let home: string
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-keys-'))
})
after(async () => {
  await rm(home, { recursive: true, force: true })
})

test('a key is shown once, kept as a hash, verified, listed and revoked', async () => {
  const store = openKeyStore(home)
  assert.deepEqual(await store.list(), [])
  const { key, info } = await store.create('laptop', 'classify')
  assert.match(key, /^oc_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await store.verify(key), info)
  assert.equal((await stat(join(home, 'keys.json'))).mode & 0o777, 0o600)
  const file = await readFile(join(home, 'keys.json'), 'utf8')
  assert.ok(!file.includes(key.split('_').slice(2).join('_')))
  assert.ok(!JSON.stringify(await store.list()).includes('sha256'))
  assert.equal(await store.verify(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`), undefined)
  for (const bad of ['', 'oc_', key.slice(0, 20), `${key}x`, key.replace(info.id, '00000000')])
    assert.equal(await store.verify(bad), undefined)
  await openKeyStore(home).revoke(info.id) // by another process
  assert.equal(await store.verify(key), undefined)
  await assert.rejects(store.revoke(info.id), { code: 'NOT_FOUND' })
})

test('a damaged key file closes the service rather than opening it', async () => {
  await writeFile(join(home, 'keys.json'), '{')
  await assert.rejects(openKeyStore(home).list())
  await rm(join(home, 'keys.json'))
})

test('names of keys', async () => {
  for (const bad of ['', 'a\nb', 'x'.repeat(65)])
    await assert.rejects(openKeyStore(home).create(bad, 'manage'), { code: 'INVALID_ARGUMENT' })
})

test('a bucket gives its burst, then what time brings, and forgets old callers', () => {
  const limit = createRateLimit({ perSecond: 2, burst: 3, maxCallers: 2 })
  assert.deepEqual(
    [0, 0, 0, 0].map(() => limit.take('a', 0) > 0),
    [false, false, false, true],
  )
  assert.equal(limit.take('b', 0), 0)
  assert.ok(limit.take('a', 100) > 0)
  assert.equal(limit.take('a', 1000), 0)
  limit.take('c', 1000)
  assert.equal(limit.take('b', 1000), 0)
})
