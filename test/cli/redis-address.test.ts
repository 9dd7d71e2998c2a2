/** `serve` and `worker` with an address of Redis that is of no use: one line says why, they end, and the password is nowhere. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBareRedis } from '../support/bare-redis.ts'
import { type Ended, runCommand } from '../support/command-line.ts'

let home: string
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-address-'))
})
after(() => rm(home, { recursive: true, force: true }))

const commands: readonly (readonly string[])[] = [['worker'], ['serve', '--port', '0', '--workers', '1']]
const run = (args: readonly string[]) => runCommand(args, { cwd: home, home, env: { ONECLASS_LOG: 'silent' } })

function assertOneLine({ status, out, err }: Ended, code: string, said: RegExp): void {
  assert.equal(status, 1, err)
  assert.match(err, new RegExp(`^oneclass: ${code}: [^\n]*\n$`))
  assert.match(err, said)
  assert.doesNotMatch(out + err, /secret/)
}

test('an address that is none, one with a bare "%", and one in the wrong place', async () => {
  for (const command of commands) {
    assertOneLine(await run([...command, '--redis', 'redis://:100%secret@h']), 'INVALID_ARGUMENT', /write % as %25/)
    assertOneLine(await run([...command, '--redis', 'tcp://:secret@h']), 'INVALID_ARGUMENT', /as redis:\/\/host:port/)
  }
  const misplaced = await run(['serve', 'redis://:se/secret@h'])
  assertOneLine(misplaced, 'INVALID_ARGUMENT', /takes no "redis:\/\/\*\*\*@h"/)
  for (const option of ['--webhook', '--public-url']) {
    const ended = await runCommand(['serve', '--port', '0', '--workers', '0', option, 'ftp://u:secret@h?secret'], {
      cwd: home,
      home,
      env: { ONECLASS_LOG: 'silent', ONECLASS_WEBHOOK_SECRET: 'x'.repeat(16) },
    })
    assertOneLine(ended, 'INVALID_ARGUMENT', /received "ftp:/)
  }
})

test('a database that Redis does not have, and one that lacks a command', async () => {
  const redis = await startBareRedis('--databases', '2', '--rename-command', 'EVALSHA', '')
  try {
    for (const command of commands) {
      const url = `redis://127.0.0.1:${redis?.port}`
      assertOneLine(await run([...command, '--redis', `${url}/7`]), 'REDIS_UNAVAILABLE', /database 7/)
      assertOneLine(await run([...command, '--redis', url]), 'REDIS_UNAVAILABLE', /needs: EVALSHA/)
    }
  } finally {
    await redis?.stop()
  }
})

test('a Redis whose clients run out in the middle of the start, and a signal before there is one', async () => {
  const redis = await startBareRedis('--maxclients', '6')
  try {
    const ended = await run([...commands[1]!, '--redis', `redis://127.0.0.1:${redis?.port}`])
    assertOneLine(ended, 'REDIS_UNAVAILABLE', /takes no more clients/)
  } finally {
    await redis?.stop()
  }
  const from = performance.now()
  let isTold = false
  const interrupted = runCommand([...commands[1]!, '--redis', 'redis://127.0.0.1:1'], {
    cwd: home,
    home,
    env: { ONECLASS_LOG: 'silent', NODE_DEBUG: 'net' },
    onErr: (text, kill) => {
      if (isTold || !text.includes('127.0.0.1')) return
      isTold = true // a second signal ends it at once
      kill('SIGINT')
    },
  })
  assert.equal((await interrupted).status, 0)
  assert.ok(performance.now() - from < 12_000, 'it waited for Redis first')
})
