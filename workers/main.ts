/**
 * A worker process: environment -> connections and engine -> one consumer a kind of job -> graceful end.
 * SIGTERM and SIGINT: no new jobs, the running ones end (25 s), then exit 0. A second signal ends at once.
 * The parent's IPC channel closing means that the parent died: then too.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { toOneclassError } from '../src/errors.ts'
import { blockOtherDecoders } from '../src/images/only-accepted.ts'
import { createBatchStore } from '../src/queue/batches.ts'
import { createBlobStore } from '../src/queue/blobs.ts'
import { disconnect, readMaxMemory } from '../src/queue/connection.ts'
import { connectConsumer } from '../src/queue/consumer.ts'
import { startHeartbeat } from '../src/queue/heartbeat.ts'
import { forgetInputs } from '../src/queue/job-inputs.ts'
import { assertAccess, startOn } from '../src/queue/reach.ts'
import { guardAll, redisGuard } from '../src/queue/redis-errors.ts'
import { traceQueues } from '../src/queue/telemetry.ts'
import { createEngine } from '../src/serving/engine.ts'
import { startInference } from '../src/serving/inference.ts'
import { createModelCache } from '../src/serving/model-cache.ts'
import { createQuarantine } from '../src/serving/quarantine.ts'
import { readableFormats } from '../src/store/artifact.ts'
import { readConfig, version } from '../src/system/config.ts'
import { usableCpus } from '../src/system/cpus.ts'
import { collectLessOften } from '../src/system/heap.ts'
import { createLog } from '../src/system/log.ts'
import { startTracing } from '../src/system/tracing.ts'
import { startBatch } from './batch.ts'
import { startClassify } from './classify.ts'
import { startCompare } from './compare.ts'
import type { WorkerContext } from './context.ts'
import { startFit } from './fit.ts'
import { startMap } from './map.ts'

collectLessOften()
blockOtherDecoders()
const config = readConfig()
const log = createLog(config.logLevel, { part: 'worker', pid: process.pid })
const drainMs = 25_000

async function main(url: string): Promise<void> {
  const cores = config.concurrency ?? usableCpus()
  const endTraces = config.traces ? await startTracing('oneclass-worker', version) : async () => {}
  if (config.traces) await traceQueues(version)
  await assertAccess(url, 60_000)
  const client = connectConsumer(url)
  const memory = await readMaxMemory(client)
  const guard = redisGuard(url)
  const bounded = (all: number, ofOne: number) => guardAll(createBlobStore(client, { all, ofOne }), guard)
  const most = 4 * 1024 ** 3
  const blobs = bounded(most, most) // the service bounds uploads; a model must come home
  const pictures = Math.min(512 * 1024 ** 2, memory > 0 ? memory / 4 : Number.POSITIVE_INFINITY)
  const inference = startInference({ home: config.home, threads: cores, onExit: fail })
  const facts = { host: hostname(), pid: process.pid, version, concurrency: cores, formats: readableFormats }
  const heartbeat = startHeartbeat(client, `${facts.host}:${facts.pid}:${randomBytes(4).toString('hex')}`, facts)
  const engine = createEngine(inference, { cores, onInference: () => heartbeat.count({ inferences: 1 }) })
  const context: WorkerContext = {
    client,
    blobs,
    thumbnails: bounded(pictures, pictures / 2),
    batches: guardAll(createBatchStore(client), guard),
    inference,
    engine,
    models: createModelCache(blobs, inference),
    quarantine: createQuarantine(client),
    heartbeat,
    cores,
    home: config.home,
    consumer: (kind) => ({
      kind,
      url,
      client,
      ...(config.jobLockMs === undefined ? {} : { lockMs: config.jobLockMs }),
      onFault: ({ id, error, willRetry }) =>
        log('error', 'fault', { kind, job: id, message: error.message, stack: stackOf(error), willRetry }),
      onOver: (data) => forgetInputs(context.blobs, data),
      onDone: ({ id, milliseconds, code }) =>
        log('debug', 'job', { kind, job: id, ms: Math.round(milliseconds), code }),
    }),
  }
  const kinds = [startClassify, startBatch, startFit, startCompare, startMap]
  const starts = Promise.all(kinds.map((start) => start(context)))
  const consumers = (await startOn(url, starts)).flat()
  log('info', 'worker ready', { cores })
  process.send?.({ ready: true })

  let isStopping = false
  const stop = async (reason: string): Promise<void> => {
    if (isStopping) process.exit(1)
    isStopping = true
    log('info', 'worker draining', { reason })
    // with the parent its private Redis is gone too, and farewells to it would wait for ever
    setTimeout(() => process.exit(1), drainMs + 5000)
    await Promise.all(consumers.map((consumer) => consumer.drain(drainMs)))
    await heartbeat.stop()
    await inference.close()
    engine.close()
    await disconnect(client)
    await endTraces()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop('SIGTERM'))
  process.on('SIGINT', () => void stop('SIGINT'))
  process.off('disconnect', leave)
  process.on('disconnect', () => void stop('parent gone'))
}

/** Where the parent dies before this is ready, nothing is at work that could be lost. */
function leave(): never {
  process.exit(1)
}

function fail(error: unknown): void {
  const { code, message } = toOneclassError(error)
  log('fatal', message, { code, stack: code === 'INTERNAL' ? stackOf(error) : undefined })
  if (process.send === undefined || !process.connected) process.exit(1)
  // the parent says why its worker does not start
  process.send({ failed: { code, message } }, () => process.exit(1))
  process.exitCode = 1
}

function stackOf(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.stack : undefined
}

if (process.connected === false) leave() // it died while this was loaded; undefined: there is no such parent
process.on('disconnect', leave)
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
if (config.redisUrl === undefined) fail(new Error('A worker needs the address of Redis in REDIS_URL.'))
else main(config.redisUrl).catch(fail)
