/** Why a Redis cannot be used is said at the start, at once where waiting does not help, with real servers that are set up so. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Redis } from 'ioredis'
import type { OneclassError } from '../../src/errors.ts'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { assertAccess, startOn } from '../../src/queue/reach.ts'
import { startBareRedis } from '../support/bare-redis.ts'
import { temporaryFolder } from '../support/temporary.ts'

const running: { stop(): Promise<void> }[] = []
after(async () => {
  for (const one of running) await one.stop()
})

async function start(...settings: readonly string[]): Promise<number> {
  const redis = await startBareRedis(...settings)
  assert.ok(redis, settings.join(' '))
  running.push(redis)
  return redis.port
}

/** Milliseconds that a Redis has which does not answer yet: far more than an answer takes. */
const longMs = 60_000

async function refusal(url: string, ms = longMs): Promise<string> {
  const from = performance.now()
  let said = ''
  await assert.rejects(assertAccess(url, ms, { roomMs: 1000 }), (error: OneclassError) => {
    said = error.message
    return error.code === 'REDIS_UNAVAILABLE'
  })
  assert.ok(performance.now() - from < longMs / 2, 'it was waited for what does not come')
  assert.doesNotMatch(said, /secret/)
  return said
}

test('what waits for a Redis is told what is wrong meanwhile, and at the end', async () => {
  const seen = new Set<string>()
  const waiting = { onWait: (why: string) => void seen.add(why) }
  await assert.rejects(assertAccess('redis://:sec/ret@127.0.0.1:1', 500, waiting), /\*\*\*@127.* nothing listens there/)
  assert.match([...seen].join(), /ECONNREFUSED/)
  assert.match(await refusal('redis://none.invalid', 500), /no host "none\.invalid" is known here \(E/)
  assert.match(await refusal('unix:///none', 500), /no such socket/)
  assert.match(await refusal('redis+cluster://127.0.0.1:1,127.0.0.1:2', 500), /ECONNREFUSED/)
  const stop = new AbortController()
  stop.abort()
  await assert.rejects(assertAccess('redis://127.0.0.1:1', longMs, { signal: stop.signal }), { code: 'CANCELLED' })
})

test('a plain Redis: TLS, Cluster, Sentinel and a database that it does not have', async () => {
  const port = await start('--databases', '2')
  assert.match(await refusal(`rediss://127.0.0.1:${port}`), /does not speak TLS: write redis instead of rediss/)
  assert.match(await refusal(`redis+cluster://127.0.0.1:${port}`), /is no cluster/)
  assert.match(await refusal(`redis+sentinel://127.0.0.1:${port}/main`), /is no Sentinel/)
  assert.match(await refusal(`redis://127.0.0.1:${port}/7`), /does not give database 7.*out of range/)
  await assertAccess(`redis://127.0.0.1:${port}/1`, longMs)
})

test('something else that listens there', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  assert.match(await refusal(`redis://127.0.0.1:${port}`), /something else listens there/)
  server.closeAllConnections()
  server.close()
})

test('a Redis with TLS: a plain connection, and a certificate that is self-signed', async (t) => {
  const folder = await temporaryFolder(t)
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  try {
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1']
    execFileSync('openssl', [...args, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  } catch {
    return t.skip('there is no openssl to make a certificate')
  }
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
  const redis = await startBareRedis('--port', '0', '--tls-port', 'PORT', ...files, '--tls-auth-clients', 'no')
  if (redis === undefined) return t.skip('this redis-server is built without TLS')
  running.push(redis)
  assert.match(await refusal(`redis://:secret@127.0.0.1:${redis.port}`), /speaks TLS only: write rediss/)
  assert.match(
    await refusal(`rediss://:secret@127.0.0.1:${redis.port}`),
    /is self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\): start with NODE_EXTRA_CA_CERTS=FILE/,
  )
})

test('commands that are renamed or forbidden are named, and the password is not', async () => {
  const nothing = ['--rename-command', 'EVAL', '', '--rename-command', 'EVALSHA', '', '--rename-command', 'XADD', 'X']
  assert.match(
    await refusal(`redis://127.0.0.1:${await start(...nothing)}`),
    /the service needs: XADD, EVAL, EVALSHA\./,
  )
  // Redis repeats what it was told with a command that it does not know
  const port = await start('--rename-command', 'AUTH', '', '--rename-command', 'HELLO', '', '--requirepass', 'secret')
  assert.match(await refusal(`redis://:secret@127.0.0.1:${port}`, 500), /unknown command/i)
})

test('a Cluster that is not whole is waited for a while, and then told in its own words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-nodes-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const port = await start('--cluster-enabled', 'yes', '--dir', folder)
  assert.match(await refusal(`redis://127.0.0.1:${port}`), /does not do now what the service needs \(CLUSTERDOWN /)
})

test('a replica is refused at the start; a client that runs waits until it is the master', async () => {
  const port = await start('--replicaof', '127.0.0.1 1')
  const url = `redis://127.0.0.1:${port}`
  assert.match(await refusal(url), /is a read-only replica: name its master/)
  const admin = connect(url, 'probe')
  const clients = (['producer', 'consumer'] as const).map((role) => connect(url, role))
  clients.push((clients[1] as Redis).duplicate()) // as BullMQ does
  const warnings: string[] = []
  process.on('warning', ({ message }) => warnings.push(message))
  const texts = Array.from({ length: 20 }, (_, i) => `key ${i}`)
  const written = Promise.all(clients.flatMap((client) => texts.map((text) => client.set(text, 'value'))))
  // one that becomes the master while it is looked at, as in a failover, is none
  const access = assertAccess(url, longMs)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await admin.call('REPLICAOF', 'NO', 'ONE')
  assert.deepEqual(new Set(await written), new Set(['OK']))
  assert.deepEqual(warnings, [])
  await access
  await disconnect(admin, ...clients)
})

test('a Redis that has no client left to give: before the start, and in the middle of it', async () => {
  const url = `redis://127.0.0.1:${await start('--maxclients', '3')}`
  const clients: RedisClient[] = []
  const more = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const client = connect(url, 'consumer')
      clients.push(client)
      await client.ping()
    }
  }
  await more(2)
  assert.match(await refusal(url), /takes no more clients/) // one, and two are needed
  await more(1)
  assert.match(await refusal(url), /takes no more clients/)
  const forever = connect(url, 'consumer')
  const room = setTimeout(() => void disconnect(...clients), 1000)
  await startOn(url, forever.ping())
  clearTimeout(room)
  await disconnect(forever, ...clients)
})
