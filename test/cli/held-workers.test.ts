/** One worker a core: each is held to its own, with all its threads, also one that was started again. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { allowedCpus, usableCpus } from '../../src/system/cpus.ts'
import { eventually } from '../support/ports.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'
import { type ServeProcess, startServeProcess } from '../support/serve-process.ts'

const mask = allowedCpus()
const skip = mask.length < 2 || mask.length !== usableCpus() ? 'needs two cores or more, and no quota' : false
let base: string
let redis: TestRedis
let serve: ServeProcess | undefined
before(async () => {
  base = await mkdtemp(join(tmpdir(), 'oneclass-held-'))
  redis = await startTestRedis()
})
after(async () => {
  await serve?.stop()
  await redis.end()
  await rm(base, { recursive: true, force: true })
})

/** The CPUs of each thread of a process, '' once it is gone. */
function cpusOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map(
    (task) => /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))?.[1] ?? '',
  )
}

const isHeld = async () => {
  const found = serve!.workerPids().map((pid) => [...new Set(cpusOf(pid))])
  return found.length === mask.length && found.flat().sort().join() === mask.map(String).sort().join()
}

test('as many workers as cores: one each', { skip }, async () => {
  serve = await startServeProcess({ home: join(base, 'home'), args: ['--redis', redis.url] })
  await eventually('each worker has its core', isHeld)
  const [first] = serve.workerPids()
  process.kill(first!, 'SIGKILL')
  await eventually('so has the one that was started in its place', async () => {
    return !serve!.workerPids().includes(first!) && (await isHeld())
  })
  await serve.stop()
  serve = undefined
})

test('fewer workers than cores, or ONECLASS_PIN=0: where the system puts them', { skip }, async () => {
  const many = String(mask.length)
  for (const [workers, env] of [
    ['1', {}],
    [many, { ONECLASS_PIN: '0' }],
  ] as const) {
    serve = await startServeProcess({
      home: join(base, 'home'),
      args: ['--redis', redis.url, '--workers', workers],
      env,
    })
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (const pid of serve.workerPids()) assert.equal(new Set(cpusOf(pid)).size, 1)
    const allowed = serve.workerPids().map((pid) => cpusOf(pid)[0])
    assert.deepEqual(
      new Set(allowed),
      new Set([/^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]]),
    )
    await serve.stop()
    serve = undefined
  }
})
