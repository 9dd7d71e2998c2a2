/**
 * A worker in a network namespace of its own, as on another machine: nothing leads there but a wire to the Redis of the
 * service, and nothing is shared but the program. It must fit and classify. By hand, as root on Linux with iproute2:
 * `node dist/test/chaos/other-host.js`. Nothing leaves this machine: the wire is a veth pair.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '../../src/client.ts'
import { startServeProcess } from '../support/serve-process.ts'
import { positives } from './hostile-run.ts'

export interface OtherHost {
  /** Why it could not be tried here. */
  readonly skipped?: string
  readonly fit?: string
  readonly score?: number
  readonly batchResults?: number
  readonly workers?: number
  /** What the worker can reach besides Redis: nothing. */
  readonly reached?: readonly string[]
}

const name = `oc${process.pid}`
// a run that was killed leaves its network behind: another one takes other addresses
const [here, there] = [1, 2].map((host) => `10.213.${process.pid % 256}.${host}`) as [string, string]
const cli = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export async function runOtherHost(): Promise<OtherHost> {
  const base = await mkdtemp(join(tmpdir(), 'oneclass-other-host-'))
  const undo: (() => unknown)[] = [() => rm(base, { recursive: true, force: true })]
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })
  try {
    try {
      ip('netns', 'add', name)
      undo.push(() => ip('netns', 'del', name)) // takes the wire with it
      ip('link', 'add', `${name}a`, 'type', 'veth', 'peer', 'name', `${name}b`, 'netns', name)
      ip('addr', 'add', `${here}/30`, 'dev', `${name}a`)
      ip('link', 'set', `${name}a`, 'up')
      ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', `${name}b`)
      ip('-n', name, 'link', 'set', `${name}b`, 'up')
      ip('-n', name, 'link', 'set', 'lo', 'up')
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: Buffer }
      return {
        skipped: `network namespaces cannot be made here: ${(stderr?.toString() || message).trim().split('\n')[0]}`,
      }
    }

    const redis = await startRedis(join(base, 'redis'))
    undo.push(redis.stop)
    const serve = await startServeProcess({
      home: join(base, 'home'),
      args: ['--redis', redis.urlAt('127.0.0.1'), '--workers', '0'],
    })
    undo.push(() => serve.stop())
    await mkdir(join(base, 'elsewhere'))
    const inside = ['netns', 'exec', name, process.execPath]
    const worker = spawn(
      'ip',
      [...inside, cli, 'worker', '--redis', redis.urlAt(here), '--home', join(base, 'elsewhere')],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    let said = ''
    worker.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    undo.push(async () => {
      worker.kill('SIGTERM')
      await ended
    })
    for (let i = 0; !/serves redis/.test(said); i++) {
      if (i > 600 || worker.exitCode !== null) throw new Error(`the worker does not start: ${said}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }

    // the service listens on this host's loopback: from over there it must be out of reach, and so must be everything else
    const probe = `Promise.all(process.argv.slice(1).map((address) => fetch(address, { signal: AbortSignal.timeout(1500) }).then(() => address, () => ''))).then((found) => console.log(JSON.stringify(found.filter(Boolean))))`
    const port = new URL(serve.address).port
    const targets = [serve.address, `http://${here}:${port}`, 'http://10.0.0.1/']
    const reached = JSON.parse(
      execFileSync('ip', [...inside, '-e', probe, ...targets], { encoding: 'utf8' }),
    ) as string[]

    const client = createClient(serve.address)
    const images = await positives()
    const fit = await client.finished((await client.fit('far', images)).id)
    const { score } = await client.classify('far', images[0]!, { waitSeconds: 60 })
    const batch = await client.batch('far', images)
    const lines = await client.results(batch.id)
    const metrics = await (await fetch(`${serve.address}/metrics`)).text()
    return {
      fit: fit.state,
      score,
      batchResults: lines.filter((line) => !('error' in line)).length,
      workers: Number(/^oneclass_workers (\d+)/m.exec(metrics)?.[1]),
      reached,
    }
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

/** A Redis that listens on the wire too, behind a password, as an operator would run it. */
async function startRedis(folder: string): Promise<{ urlAt(host: string): string; stop(): Promise<void> }> {
  await mkdir(folder)
  const port = 20_000 + (process.pid % 20_000)
  const password = 'only-for-this-run'
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', here, '--requirepass', password, '--dir', folder].concat([
      '--maxmemory-policy',
      'noeviction',
      '--appendonly',
      'yes',
      '--save',
      '',
    ]),
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  return {
    urlAt: (host) => `redis://:${password}@${host}:${port}`,
    async stop() {
      server.kill('SIGTERM')
      await ended
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await runOtherHost(), null, 2)}\n`)
}
