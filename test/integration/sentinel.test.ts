/** Redis behind a Sentinel, given by URL: fit and classify, the master dies, its replica becomes the master, and classify goes on. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import { createClient } from '../../src/client.ts'
import { drawParts } from '../support/parts.ts'
import { eventually, freePorts } from '../support/ports.ts'
import { type ServeProcess, startServeProcess } from '../support/serve-process.ts'

const password = 'only-for-this-test'
const guard = 'of-the-sentinel-itself'
const servers: ChildProcess[] = []
let base: string
let serve: ServeProcess | undefined
let url: string

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'oneclass-sentinel-'))
  const [master, replica, sentinel] = (await freePorts(3)) as [number, number, number]
  const start = async (name: string, args: readonly string[]) => {
    const cwd = join(base, name)
    await mkdir(cwd)
    servers.push(spawn('redis-server', args, { cwd, stdio: 'ignore' }))
  }
  const common = ['--bind', '127.0.0.1', '--save', '', '--requirepass', password, '--masterauth', password]
  await start('master', ['--port', String(master), ...common])
  await start('replica', ['--port', String(replica), ...common, '--replicaof', `127.0.0.1 ${master}`])
  const client = new Redis({ host: '127.0.0.1', port: replica, password, maxRetriesPerRequest: 50 })
  client.on('error', () => {}) // not up yet
  await eventually('the replica follows', async () => /master_link_status:up/.test(await client.info('replication')))
  client.disconnect()
  const configuration = join(base, 'sentinel.conf')
  const lines = [
    `port ${sentinel}`,
    'bind 127.0.0.1',
    `requirepass ${guard}`,
    `sentinel monitor parts 127.0.0.1 ${master} 1`,
    `sentinel auth-pass parts ${password}`,
    'sentinel down-after-milliseconds parts 1000',
    'sentinel failover-timeout parts 5000',
  ]
  await writeFile(configuration, `${lines.join('\n')}\n`)
  await start('sentinel', [configuration, '--sentinel'])
  url = `redis+sentinel://:${password}@127.0.0.1:${sentinel}/parts?sentinelPassword=${guard}`
  const watcher = new Redis({ host: '127.0.0.1', port: sentinel, password: guard, maxRetriesPerRequest: 50 })
  watcher.on('error', () => {})
  await eventually('the sentinel knows the replica', async () =>
    /slaves=1/.test(String(await watcher.call('INFO', 'sentinel'))),
  )
  watcher.disconnect()
})
after(async () => {
  await serve?.stop()
  for (const server of servers) server.kill('SIGKILL')
  await rm(base, { recursive: true, force: true })
})

test('the master dies, its replica takes over: models and workers are still there', async () => {
  serve = await startServeProcess({ home: join(base, 'home'), args: ['--redis', url, '--workers', '1'] })
  const client = createClient(serve.address)
  const { parts, other } = await drawParts(1, 30)
  const fit = await client.finished((await client.fit('part', parts)).id)
  assert.equal(fit.state, 'done', JSON.stringify(fit.error))
  const before = await client.classify('part', other)
  assert.equal(before.isPositive, false)

  servers[0]!.kill('SIGKILL')
  let again: typeof before | undefined
  await eventually('classify goes on', async () => {
    again = await client.classify('part', other)
    return true
  })
  assert.deepEqual(again, before)
  assert.equal((await fetch(`${serve.address}/readyz`)).status, 200)
  assert.ok(!serve.log.some((line) => line.includes(password) || line.includes(guard)))
})
