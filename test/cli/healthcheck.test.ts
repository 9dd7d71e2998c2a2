/** The health check of a container, as Docker runs it: beside a service on any port, beside a worker, and beside none. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type BareRedis, startBareRedis } from '../support/bare-redis.ts'
import { runCommand } from '../support/command-line.ts'
import { startServeProcess } from '../support/serve-process.ts'

let home: string
let file: string
let redis: BareRedis | undefined
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-health-'))
  file = join(home, 'health.json')
  redis = await startBareRedis()
})
after(async () => {
  await redis?.stop()
  await rm(home, { recursive: true, force: true })
})

const script = fileURLToPath(new URL('../../src/cli/healthcheck.js', import.meta.url))
function check(): Promise<{ status: number; err: string }> {
  const env = { ...process.env, ONECLASS_HEALTH_FILE: file }
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { env }, (error, _out, err) => resolve({ status: error ? 1 : 0, err }))
  })
}

test('the image has the script, and the file that it reads', async () => {
  const text = await readFile('Dockerfile', 'utf8')
  assert.match(text, /ONECLASS_HEALTH_FILE=\//)
  assert.match(text, /HEALTHCHECK[^\n]*\\\n *CMD \["node", "dist\/src\/cli\/healthcheck\.js"\]/)
})

test('a service on a port and an address of its own is asked there; one that ended is not healthy', async () => {
  await writeFile(file, JSON.stringify({ pid: process.pid })) // of the time before the container was started again
  const serve = await startServeProcess({
    home,
    args: [
      '--host',
      '127.0.0.2',
      '--base-path',
      '/oneclass/',
      '--redis',
      `redis://127.0.0.1:${redis?.port}`,
      '--workers',
      '0',
    ],
    env: { ONECLASS_HEALTH_FILE: file, ONECLASS_LOG: 'silent' },
  })
  assert.deepEqual(await check(), { status: 0, err: '' })
  process.kill(serve.pid, 'SIGSTOP')
  assert.match((await check()).err, /127\.0\.0\.2:\d+\/healthz does not answer/)
  process.kill(serve.pid, 'SIGCONT')
  await serve.stop()
  assert.match((await check()).err, /no service and no worker is ready/)
})

test('a worker is healthy from when it is ready until it ends, however it ends', async () => {
  const found: { status: number; err: string }[] = []
  let isTold = false
  const args = ['worker', '--redis', `redis://127.0.0.1:${redis?.port}`]
  const ended = await runCommand(args, {
    cwd: home,
    home,
    env: { ONECLASS_HEALTH_FILE: file, ONECLASS_LOG: 'silent' },
    onErr: (text, kill) => {
      if (isTold || !text.includes('serves redis')) return
      isTold = true
      void check().then((result) => {
        found.push(result)
        kill('SIGKILL')
      })
    },
  })
  assert.equal(ended.signal, 'SIGKILL')
  assert.deepEqual(found, [{ status: 0, err: '' }])
  const after = await check()
  assert.equal(after.status, 1)
  assert.match(after.err, /process \d+, which was ready, is gone/)
})
