/**
 * Mixed load on a real `serve` for a while: does memory stay flat, and how long do requests take?
 * `node dist/bench/soak.js [MINUTES=30] [RATE=1] [WORKERS=2]`; RATE multiplies the load. Prints a line a minute on standard
 * error and one JSON object at the end. Results stand in docs/operations.md.
 *
 * Load at rate 1, each kind a loop of its own that waits for its answer: 6 classifies a second (with `wait`), a batch of 40
 * every 15 s whose results are followed, a fit every 60 s (into ten names in turn), 2 reads of models and metrics a second,
 * an SSE follower for each batch, and a bad file every 2 s.
 *
 * Slope: least squares over the samples after warm-up (the first third), with its standard error; samples follow each other
 * closely, so the error is computed from means of a minute. Redis keeps results for a day by design: what it keeps is
 * measured too and taken off its memory.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientError, type ClientImage, createClient } from '../src/client.ts'
import { createRandom } from '../src/core/random.ts'
import { connect, disconnect } from '../src/queue/connection.ts'
import { prefix } from '../src/queue/redis-keys.ts'
import { startTestRedis } from '../test/support/redis.ts'
import { memoryOf, startServeProcess } from '../test/support/serve-process.ts'
import { photo } from './photos.ts'

const minutes = Number(process.argv[2] ?? 30)
const rate = Number(process.argv[3] ?? 1)
const workers = Number(process.argv[4] ?? 2)
const base = await mkdtemp(join(tmpdir(), 'oneclass-soak-'))
const redis = await startTestRedis()
const serve = await startServeProcess({
  home: join(base, 'home'),
  args: ['--redis', redis.url, '--workers', String(workers)],
  env: { ONECLASS_LOG: 'warn' },
})
const client = createClient(serve.address)
const probe = connect(redis.url, 'producer')
const random = createRandom(1)
const images = await Promise.all(
  Array.from({ length: 80 }, async (_, i): Promise<ClientImage> => ({ name: `${i}.jpg`, bytes: await photo(i) })),
)

const latencies: Record<string, number[]> = {}
const errors: Record<string, number> = {}
const series: Record<string, { minute: number; mebi: number }[]> = {}
const started = performance.now()
const minute = () => (performance.now() - started) / 60_000
let isOver = false

try {
  const fit = await client.finished((await client.fit('soak0', images)).id)
  if (fit.state !== 'done') throw new Error(`no model: ${JSON.stringify(fit.error)}`)
  const pids = serve.workerPids()
  const sampler = setInterval(() => void sample(pids), 5000)
  const talker = setInterval(say, 60_000)
  const loops = [
    every(1000 / 6, 'classify', async () => {
      await client.classify('soak0', some(), { waitSeconds: 60 })
    }),
    every(15_000, 'batch of 40', async () => {
      const batch = await client.batch('soak0', Array.from({ length: 40 }, some))
      const follower = fetch(`${serve.address}/v1/batches/${batch.id}/events`).then((response) => response.text())
      if ((await client.results(batch.id)).length !== 40) throw new Error('results are missing')
      await follower
    }),
    every(60_000, 'fit of 80', async () => {
      const job = await client.finished((await client.fit(`soak${random.int(10)}`, images)).id)
      if (job.state !== 'done') throw new Error('no model')
    }),
    every(1000, 'list models', async () => {
      await client.models()
    }),
    every(2000, 'read model', async () => {
      await (await fetch(`${serve.address}/v1/models/soak0`)).json()
    }),
    every(5000, 'metrics', async () => {
      await (await fetch(`${serve.address}/metrics`)).text()
    }),
    every(2000, 'bad file', async () => {
      const bytes = random.int(2) ? Buffer.from('no image') : some().bytes.slice(0, 500)
      await client.classify('soak0', { name: 'bad.jpg', bytes }, { waitSeconds: 60 }).catch((error: unknown) => {
        if (!(error instanceof ClientError) || !error.code.startsWith('IMAGE_')) throw error
      })
    }),
  ]
  await new Promise((resolve) => setTimeout(resolve, minutes * 60_000))
  isOver = true
  clearInterval(sampler)
  clearInterval(talker)
  await Promise.all(loops)
  process.stdout.write(`${JSON.stringify(report(pids), null, 2)}\n`)
} finally {
  isOver = true
  await disconnect(probe)
  await serve.stop()
  await redis.end()
  await rm(base, { recursive: true, force: true })
}

function some(): ClientImage {
  return images[random.int(images.length)]!
}

/** Calls `work` every `ms / rate`, one call after the other: a slow service lowers the rate and is never drowned. */
async function every(ms: number, kind: string, work: () => Promise<void>): Promise<void> {
  latencies[kind] = []
  while (!isOver) {
    const before = performance.now()
    try {
      await work()
      latencies[kind].push(performance.now() - before)
    } catch (error) {
      const code = error instanceof ClientError ? error.code : String(error).slice(0, 80)
      errors[`${kind}: ${code}`] = (errors[`${kind}: ${code}`] ?? 0) + 1
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ms / rate - (performance.now() - before))))
  }
}

async function sample(pids: readonly number[]): Promise<void> {
  add('api', memoryOf(serve.pid)?.now)
  for (const [i, pid] of pids.entries()) add(`worker ${i + 1}`, memoryOf(pid)?.now)
  add('redis process', memoryOf(redis.pid())?.now)
  const used = Number(/used_memory:(\d+)/.exec(await probe.info('memory'))?.[1]) / 2 ** 20
  add('redis data', used)
  // asks for the size of thousands of keys
  if ((series['redis data']?.length ?? 0) % 6 === 1)
    add('redis data, without what is kept on purpose', used - (await keptMebi()))
}

function add(name: string, mebi: number | undefined): void {
  if (mebi === undefined) return
  series[name] ??= []
  series[name].push({ minute: minute(), mebi })
}

/** Results, finished jobs and models: all that Redis keeps until it expires. */
async function keptMebi(): Promise<number> {
  let bytes = 0
  let cursor = '0'
  do {
    const [next, names] = await probe.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', 500)
    cursor = next
    const kept = names.filter((name) => /:(batch|outcome|idempotency|model|drift|classify|fit|chunk)[:-]/.test(name))
    if (kept.length === 0) continue
    const pipeline = probe.pipeline()
    for (const name of kept) pipeline.call('MEMORY', 'USAGE', name)
    for (const [, size] of (await pipeline.exec()) ?? []) bytes += Number(size ?? 0)
  } while (cursor !== '0')
  return bytes / 2 ** 20
}

function say(): void {
  const now = Object.entries(series).map(([name, samples]) => `${name} ${samples.at(-1)?.mebi.toFixed(0)}`)
  process.stderr.write(`${minute().toFixed(1)} min: ${now.join(', ')} MiB; errors ${JSON.stringify(errors)}\n`)
}

function report(pids: readonly number[]) {
  const died = pids.filter((pid) => !serve.workerPids().includes(pid)).length
  return {
    minutes,
    rate,
    workers,
    memory: Object.fromEntries(Object.entries(series).map(([name, samples]) => [name, slopeOf(samples)])),
    latencyMs: Object.fromEntries(Object.entries(latencies).map(([kind, values]) => [kind, quantiles(values)])),
    errors,
    workersThatDied: died,
    log: serve.log.slice(0, 20),
  }
}

/** MiB an hour after warm-up, its standard error from means of a minute, and the memory at both ends. */
function slopeOf(samples: readonly { minute: number; mebi: number }[]) {
  const warm = samples.filter(({ minute: at }) => at > minutes / 3)
  const means = new Map<number, number[]>()
  for (const { minute: at, mebi } of warm) means.set(Math.floor(at), [...(means.get(Math.floor(at)) ?? []), mebi])
  const points = [...means].map(([x, values]) => ({ x, y: values.reduce((a, b) => a + b, 0) / values.length }))
  const n = points.length
  const mx = points.reduce((sum, { x }) => sum + x, 0) / n
  const my = points.reduce((sum, { y }) => sum + y, 0) / n
  const sxx = points.reduce((sum, { x }) => sum + (x - mx) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / sxx
  const rest = points.reduce((sum, { x, y }) => sum + (y - my - slope * (x - mx)) ** 2, 0)
  return {
    firstMebi: round(samples[0]?.mebi ?? 0),
    afterWarmUpMebi: round(points[0]?.y ?? 0),
    lastMebi: round(points.at(-1)?.y ?? 0),
    peakMebi: round(Math.max(...samples.map(({ mebi }) => mebi))),
    mebiPerHour: round(slope * 60),
    standardError: round(Math.sqrt(rest / Math.max(1, n - 2) / sxx) * 60),
  }
}

function quantiles(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
