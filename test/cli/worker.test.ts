/** A worker that finds no Redis waits, says so, and ends when it is told to. */
import assert from 'node:assert/strict'
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

test('a worker without a Redis says what it waits for, without the password, and ends on SIGTERM', async () => {
  const worker = spawn(process.execPath, [program, 'worker', '--redis', 'redis://:sec/r@et@127.0.0.1:1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    let said = ''
    for await (const chunk of worker.stderr) {
      said += String(chunk)
      if (/Waiting for Redis at redis:\/\/\*\*\*@127\.0\.0\.1:1, which cannot be reached: .*ECONNREFUSED/.test(said))
        break
    }
    assert.match(said, /Waiting for Redis/)
    assert.doesNotMatch(said, /sec|et@/)
    worker.kill('SIGTERM')
    const [status] = await once(worker, 'exit')
    assert.equal(status, 0)
  } finally {
    worker.kill('SIGKILL')
  }
})

test('a worker whose parent dies before it is ready does not stay behind', async () => {
  const workers = fileURLToPath(new URL('../../workers/main.js', import.meta.url))
  const env = { ...process.env, REDIS_URL: 'redis://127.0.0.1:1', ONECLASS_LOG: 'silent' }
  const start = () => fork(workers, [], { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  // at once, and while it waits for Redis, which it does for a minute
  for (const wait of [0, 3000]) {
    const worker = start()
    await new Promise((resolve) => setTimeout(resolve, wait))
    const from = performance.now()
    worker.disconnect()
    await once(worker, 'exit')
    assert.ok(performance.now() - from < 40_000)
  }
})
