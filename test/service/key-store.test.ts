import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createRateLimit } from '../../src/api/http/rate-limit.ts'
import { openKeyStore } from '../../src/service/key-store.ts'
import { withLock } from '../../src/system/lock.ts'
import { temporaryFolder } from '../support/temporary.ts'

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

test('of a revocation and other changes at the same time none undoes another; no lock is left behind', async (t) => {
  const home = await temporaryFolder(t)
  for (let i = 0; i < 10; i++) {
    const [a, b] = [openKeyStore(home), openKeyStore(home)]
    const leaked = await a.create('leaked', 'manage')
    const [, made] = await Promise.all([a.revoke(leaked.info.id), b.create('new', 'classify'), b.create('x', 'manage')])
    assert.equal(await openKeyStore(home).verify(leaked.key), undefined)
    assert.deepEqual(await openKeyStore(home).verify(made.key), made.info)
  }
  assert.equal((await openKeyStore(home).list()).length, 20)
  assert.deepEqual(await readdir(home), ['keys.json'])
})

test('a lock whose holder died is taken over, one that is held is not', async (t) => {
  const home = await temporaryFolder(t)
  const lock = join(home, 'x.lock')
  await writeFile(lock, 'somebody')
  await utimes(lock, new Date(), new Date(Date.now() - 60_000))
  const order: string[] = []
  await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      withLock(lock, async ({ assertHeld }) => {
        order.push(`${name} in`)
        await new Promise((resolve) => setTimeout(resolve, 20))
        await assertHeld()
        order.push(`${name} out`)
      }),
    ),
  )
  for (let i = 0; i < 6; i += 2) assert.equal(order[i]!.slice(0, 1), order[i + 1]!.slice(0, 1), order.join())
  await assert.rejects(
    withLock(lock, async ({ assertHeld }) => {
      await writeFile(lock, 'taken over')
      await assertHeld()
    }),
    { code: 'CONFLICT' },
  )
  assert.equal(await readFile(lock, 'utf8'), 'taken over')
})

test('who revokes the last key closes the service, until it is said otherwise', async (t) => {
  const home = await temporaryFolder(t)
  const store = openKeyStore(home)
  assert.equal(await store.isOpen(), true)
  const { info } = await store.create('only', 'manage')
  assert.equal(await store.isOpen(), false)
  await assert.rejects(store.allowAnonymous(), { code: 'CONFLICT' })
  await store.revoke(info.id)
  assert.deepEqual([await store.list(), await store.isOpen()], [[], false])
  await store.allowAnonymous()
  assert.equal(await store.isOpen(), true)
  const again = await store.create('another', 'manage')
  await store.revoke(again.info.id)
  assert.equal(await store.isOpen(), false)
})

test('a damaged key file closes the service rather than opening it', async () => {
  for (const damaged of ['', '{', '{}', 'null', '{"keys":[{"id":"x"}]}']) {
    await writeFile(join(home, 'keys.json'), damaged)
    await assert.rejects(openKeyStore(home).list())
    await assert.rejects(openKeyStore(home).isOpen())
    await assert.rejects(openKeyStore(home).create('x', 'manage'))
  }
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
