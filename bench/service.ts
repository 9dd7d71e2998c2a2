/**
 * What the service costs: throughput of one and of two workers against a bare loop of decoding and inference on the same
 * cores, and what HTTP, queue and Redis add to one classify. `node dist/bench/service.js [ROUNDS=7] [IMAGES=400]` on an idle
 * machine; prints one JSON object.
 *
 * Every round measures everything once, one after the other, so a machine that changes its speed changes all of it alike:
 * ratios are taken within a round, their median and range are reported, and absolute numbers are only for orientation.
 *   - one worker, two workers: of one core each, fed over HTTP with a folder; from the request to the last result. One worker
 *     twice: free to take the second core beside its own (garbage collection, scoring, Redis), and held to one by `taskset`
 *   - bare: no service, no score. Three forms, the fastest one of a round counts: one process with two threads, as the command
 *     line works; two processes with one thread each; and the same, each held to a core as the workers are
 *   - classify: one after the other over HTTP, each followed by a bare decode and inference on one thread
 */
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient, type OneclassClient } from '../src/client.ts'
import { embedImages } from '../src/features/embed.ts'
import { openBackbone } from '../src/features/registry.ts'
import { startTestRedis } from '../test/support/redis.ts'
import { type ServeProcess, startServeProcess } from '../test/support/serve-process.ts'
import { photo } from './photos.ts'

interface Work {
  readonly paths: readonly string[]
}

if (process.argv[2] === 'bare') await serveBare(Number(process.argv[3]), process.argv[4]!)
else await measure(Number(process.argv[2] ?? 7), Number(process.argv[3] ?? 400))

/** A child that decodes and infers what it is told to, and says how long it took. */
async function serveBare(threads: number, home: string): Promise<void> {
  const backbone = await openBackbone(undefined, { threads, home })
  process.on('message', async ({ paths }: Work) => {
    const started = performance.now()
    const sources = paths.map((path) => ({ name: path, path }))
    for await (const { error } of embedImages(backbone, sources)) if (error) throw error
    process.send?.({ ms: performance.now() - started })
  })
  process.send?.({ ms: 0 })
}

async function measure(rounds: number, images: number): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
  const root = join(base, 'served')
  const folder = join(root, 'batch')
  const undo: (() => unknown)[] = [() => rm(base, { recursive: true, force: true })]
  try {
    await mkdir(folder, { recursive: true })
    const drawn = await Promise.all(Array.from({ length: 200 }, (_, i) => photo(i)))
    const paths: string[] = []
    for (let i = 0; i < images; i++) {
      paths.push(join(folder, `${String(i).padStart(5, '0')}.jpg`))
      if (i < drawn.length) await writeFile(paths[i]!, drawn[i]!)
      else await copyFile(paths[i % drawn.length]!, paths[i]!)
    }
    const bare = async (threads: number): Promise<ChildProcess> => {
      const child = fork(fileURLToPath(import.meta.url), ['bare', String(threads), join(base, 'none')])
      undo.push(() => child.kill())
      await new Promise((resolve) => child.once('message', resolve))
      return child
    }
    const [wide, left, right] = [await bare(2), await bare(1), await bare(1)]
    const heldPair = [await bare(1), await bare(1)] as const
    heldPair.forEach(({ pid }, cpu) => {
      execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(cpu), String(pid)])
    })
    const services: { serve: ServeProcess; client: OneclassClient }[] = []
    for (const kind of ['one', 'held', 'two'] as const) {
      const redis = await startTestRedis()
      undo.push(() => redis.end())
      const args = ['--redis', redis.url, '--workers', kind === 'two' ? '2' : '0', '--root', root]
      const serve = await startServeProcess({ home: join(base, `home-${kind}`), args, env: { ONECLASS_LOG: 'warn' } })
      undo.push(() => serve.stop())
      if (kind !== 'two') undo.push(await startOneCoreWorker(redis.url, join(base, `worker-${kind}`), kind === 'held'))
      const client = createClient(serve.address)
      const fit = await client.finished(
        (
          await client.fit(
            'photos',
            drawn.map((bytes, i) => ({ name: `${i}.jpg`, bytes })),
          )
        ).id,
      )
      if (fit.state !== 'done') throw new Error(`no model: ${JSON.stringify(fit.error)}`)
      services.push({ serve, client })
    }
    const [one, held, two] = [services[0]!.client, services[1]!.client, services[2]!.client]

    const batch = async (client: OneclassClient): Promise<number> => {
      const started = performance.now()
      const lines = await client.results((await client.batchFolder('photos', folder)).id)
      if (lines.length !== images || lines.some((line) => 'error' in line)) throw new Error('results are missing')
      return performance.now() - started
    }
    const bareTwo = async ([a, b]: readonly [ChildProcess, ChildProcess]): Promise<number> => {
      const started = performance.now()
      await Promise.all([ask(a, paths.slice(0, images / 2)), ask(b, paths.slice(images / 2))])
      return performance.now() - started
    }
    const throughput: Record<'one' | 'held' | 'two' | 'bareWide' | 'bareTwo' | 'bareHeld', number>[] = []
    for (let round = -1; round < rounds; round++) {
      const times = {
        bareWide: await ask(wide, paths),
        one: await batch(one),
        bareTwo: await bareTwo([left, right]),
        two: await batch(two),
        bareHeld: await bareTwo(heldPair),
        held: await batch(held),
      }
      process.stderr.write(`round ${round + 1}: ${JSON.stringify(times)}\n`)
      if (round >= 0) throughput.push(times) // the first one warms up
    }

    const single: { http: number; bare: number }[] = []
    for (let i = -10; i < Math.max(60, rounds * 10); i++) {
      const started = performance.now()
      await two.classify('photos', { name: 'x.jpg', bytes: drawn[(i + 200) % 200]! })
      const http = performance.now() - started
      const bareMs = await ask(left, [paths[(i + 200) % Math.min(images, 200)]!])
      if (i >= 0) single.push({ http, bare: bareMs })
    }

    const perSecond = (ms: number) => (1000 * images) / ms
    const fastest = ({ bareWide, bareTwo: free, bareHeld }: (typeof throughput)[number]) =>
      Math.min(bareWide, free, bareHeld)
    process.stdout.write(
      `${JSON.stringify(
        {
          rounds,
          images,
          cores: availableParallelism(),
          imagesPerSecond: {
            bareOneProcessTwoThreads: spread(throughput.map(({ bareWide }) => perSecond(bareWide))),
            bareTwoProcesses: spread(throughput.map(({ bareTwo: ms }) => perSecond(ms))),
            bareTwoProcessesHeld: spread(throughput.map(({ bareHeld: ms }) => perSecond(ms))),
            oneWorker: spread(throughput.map(({ one: ms }) => perSecond(ms))),
            oneWorkerHeldToOneCore: spread(throughput.map(({ held: ms }) => perSecond(ms))),
            twoWorkers: spread(throughput.map(({ two: ms }) => perSecond(ms))),
          },
          ratios: {
            twoWorkersToOne: spread(throughput.map(({ one: a, two: b }) => a / b)),
            twoWorkersToOneHeld: spread(throughput.map(({ held: a, two: b }) => a / b)),
            twoWorkersToBare: spread(throughput.map((times) => fastest(times) / times.two)),
          },
          classify: {
            httpMs: spread(single.map(({ http }) => http)),
            bareMs: spread(single.map(({ bare: ms }) => ms)),
            addedMs: spread(single.map(({ http, bare: ms }) => http - ms)),
          },
        },
        null,
        2,
      )}\n`,
    )
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

/** `oneclass worker` of one core, and where it is held to it, on no other; returns how to end it. */
async function startOneCoreWorker(redisUrl: string, home: string, isHeld: boolean): Promise<() => Promise<void>> {
  const cli = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
  const command = [process.execPath, cli, 'worker', '--concurrency', '1', '--home', home]
  const [program, ...args] = isHeld ? ['taskset', '--cpu-list', '1', ...command] : command
  const child = spawn(program!, args, {
    env: { ...process.env, REDIS_URL: redisUrl, ONECLASS_LOG: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (text: Buffer) => /serves/.test(String(text)) && resolve()),
  )
  return async () => {
    child.kill('SIGTERM')
    await ended
  }
}

async function ask(child: ChildProcess, paths: readonly string[]): Promise<number> {
  const answer = new Promise<number>((resolve, reject) => {
    const fail = () => reject(new Error('the bare loop ended'))
    child.once('exit', fail)
    child.once('message', (message) => {
      child.off('exit', fail)
      resolve((message as { ms: number }).ms)
    })
  })
  child.send({ paths } satisfies Work)
  return await answer
}

/** Median, and the range of the middle half. */
function spread(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]! * 100) / 100
  return { median: at(0.5), from: at(0.25), to: at(0.75) }
}
