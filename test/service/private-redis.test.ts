import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect, disconnect } from '../../src/queue/connection.ts'
import { waitForRedis } from '../../src/queue/reach.ts'
import { startPrivateRedis } from '../../src/service/private-redis.ts'
import { findRedisServer } from '../../src/service/redis-program.ts'

const searchPath = process.env['PATH'] ?? ''
let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-redis-'))
})
after(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('none on the PATH: says how to get one', async () => {
  await assert.rejects(
    findRedisServer('/nowhere'),
    (error: Error & { code: string }) =>
      error.code === 'REDIS_NOT_INSTALLED' && /apt-get install/.test(error.message) && /--redis/.test(error.message),
  )
})

test('starts, keeps what it was told over a restart, is closed to others, and stops', async () => {
  const first = await startPrivateRedis({ folder, searchPath })
  const client = connect(first.url, 'producer')
  await client.set('kept', 'yes')
  assert.deepEqual(await client.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  assert.deepEqual(await client.config('GET', 'bind'), ['bind', '127.0.0.1'])
  await disconnect(client)
  const open = connect(`redis://127.0.0.1:${first.port}`, 'producer')
  await assert.rejects(open.ping(), /NOAUTH/)
  await disconnect(open)
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(join(folder, 'redis.conf'))).mode & 0o777, 0o600)
  await first.stop()
  assert.equal(isAlive(first.pid()), false)

  const second = await startPrivateRedis({ folder, searchPath })
  const again = connect(second.url, 'producer')
  assert.equal(await again.get('kept'), 'yes')
  await disconnect(again)
  await second.stop()
})

test('what was removed is in no file after the end, what was kept is', async () => {
  const server = await startPrivateRedis({ folder, searchPath })
  const client = connect(server.url, 'producer')
  await client.set('removed', 'A-PRIVATE-PHOTO')
  await client.set('kept', 'A-RESULT')
  await client.unlink('removed')
  await disconnect(client)
  await server.stop()
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  const all = texts.join('\n')
  assert.ok(all.includes('A-RESULT'))
  assert.ok(!all.includes('A-PRIVATE-PHOTO'))
})

test('a second server over the same folder is refused', async () => {
  const first = await startPrivateRedis({ folder, searchPath })
  try {
    await assert.rejects(startPrivateRedis({ folder, searchPath }), { code: 'CONFLICT' })
  } finally {
    await first.stop()
  }
})

test('killed, it comes back on the same port', async () => {
  const crashes: string[] = []
  const server = await startPrivateRedis({ folder, searchPath, onCrash: (reason) => crashes.push(reason) })
  const client = connect(server.url, 'consumer')
  await client.set('before', '1')
  await new Promise((resolve) => setTimeout(resolve, 1100)) // appendfsync everysec
  process.kill(server.pid(), 'SIGKILL')
  const probe = connect(server.url, 'producer')
  await waitForRedis(probe, server.url, 10_000)
  assert.equal(await client.get('before'), '1')
  assert.equal(crashes.length, 1)
  await disconnect(client, probe)
  await server.stop()
  assert.equal(isAlive(server.pid()), false)
})

test('it ends when its owner is killed', async () => {
  const child = fork(fileURLToPath(new URL('./redis-owner.js', import.meta.url)), [folder])
  const pid = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)))
  assert.equal(isAlive(pid), true)
  child.kill('SIGKILL')
  for (let i = 0; i < 100 && isAlive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(isAlive(pid), false)
})

test('no password in the files that stay', async () => {
  const server = await startPrivateRedis({ folder, searchPath })
  await server.stop()
  await assert.rejects(readFile(join(folder, 'redis.conf')), { code: 'ENOENT' })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('files that it cannot read are told, with what is in them and what to do', async (t) => {
  const own = await mkdtemp(join(tmpdir(), 'oneclass-redis-'))
  t.after(() => rm(own, { recursive: true, force: true }))
  const server = await startPrivateRedis({ folder: own, searchPath })
  await server.stop()
  const files = join(own, 'appendonlydir')
  for (const [ending, content] of [
    ['.base.rdb', 'REDIS0011nonsense'],
    ['.manifest', 'nonsense\n'],
  ] as const) {
    const name = (await readdir(files)).find((file) => file.endsWith(ending))
    assert.ok(name)
    await writeFile(join(files, name), content)
    await assert.rejects(startPrivateRedis({ folder: own, searchPath }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'REDIS_UNAVAILABLE')
      assert.match(
        error.message,
        /redis-check-aof --fix\), or move that folder away\. Models, keys and reports are not in it/,
      )
      assert.ok(error.message.includes(own))
      return true
    })
  }
})
