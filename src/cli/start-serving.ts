/** Starts what `oneclass serve` consists of: Redis where none is given, worker processes, the API; and ends it. */
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isLoopbackHost } from '../api/http/access.ts'
import { directly, type Outside } from '../api/http/outside.ts'
import type { Limits } from '../api/limits.ts'
import { openService, type Service } from '../api/service.ts'
import { OneclassError } from '../errors.ts'
import { listBackbones } from '../features/registry.ts'
import { assertAccess, startOn } from '../queue/reach.ts'
import { parseRedisUrl, withoutPassword } from '../queue/redis-address.ts'
import { traceQueues } from '../queue/telemetry.ts'
import { openKeyStore } from '../service/key-store.ts'
import { startPrivateRedis } from '../service/private-redis.ts'
import { type LogLevel, version } from '../system/config.ts'
import { allowedCpus, usableCpus } from '../system/cpus.ts'
import { createLog } from '../system/log.ts'
import { isS3 } from '../system/s3/address.ts'
import type { S3Options } from '../system/s3/client.ts'
import { startTracing } from '../system/tracing.ts'
import { openHealthFile } from './health-file.ts'
import { noKeysLeft } from './keys.ts'
import { startWorkerProcesses } from './worker-processes.ts'

export interface ServeOptions {
  readonly home: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** Undefined: a private one. */
  readonly redisUrl: string | undefined
  /** Worker processes; 0: none here. Default: one a core. */
  readonly workers?: number
  /** Default true: where there is one worker a core, each is held to its core. */
  readonly pin?: boolean
  /** Folders, and prefixes of buckets (`s3://bucket/prefix`). */
  readonly roots: readonly string[]
  /** Prefixes of buckets that results of batches may be written below. */
  readonly results?: readonly string[]
  readonly s3?: S3Options
  readonly allowUrl: boolean
  /** How callers reach it, where a proxy stands in front. */
  readonly outside?: Outside
  /** Told of what ends and of drift. */
  readonly webhooks?: { readonly urls: readonly string[]; readonly secret: string | undefined }
  /** Traces go where the variables of OpenTelemetry say. */
  readonly traces?: boolean
  readonly logLevel: LogLevel
  /** PATH on which redis-server is looked for. */
  readonly searchPath: string
  readonly limits?: Partial<Limits>
  /** Says where the service listens, while it does. */
  readonly healthFile?: string | undefined
}

export interface Serving {
  /** As a client writes it. */
  readonly address: string
  readonly workers: number
  readonly redis: string
  readonly redisUrl: string
  workerPids(): number[]
  stop(): Promise<void>
}

const webFolder = fileURLToPath(new URL('../../web/', import.meta.url))
const drainMs = 30_000
/** For a Redis that may be starting too. */
const redisMs = 15_000
/** For what should need no time at all. */
export const graceMs = 5000

/**
 * Starts everything; what was started is stopped again when a later step fails.
 * @param signal ends the wait for Redis and for the workers: CANCELLED
 */
export async function startServing(options: ServeOptions, signal?: AbortSignal): Promise<Serving> {
  if (options.redisUrl !== undefined) parseRedisUrl(options.redisUrl)
  const unlessEnded = <T>(step: Promise<T>): Promise<T> => (signal === undefined ? step : unlessAborted(step, signal))
  const home = resolve(options.home)
  const outside = options.outside ?? directly
  // behind a proxy everybody may be able to call, whatever address it listens on
  const isProxied = outside.publicUrl !== undefined || outside.trustedProxies.length > 0
  const isLoopback = isLoopbackHost(options.host) && !isProxied
  const keys = openKeyStore(home)
  const hasKeys = (await keys.list()).length > 0
  if (!isLoopback && !hasKeys) {
    throw new OneclassError(
      'UNAUTHORIZED',
      `To ${isProxied ? 'serve behind a proxy' : `listen on ${options.host}`}, where other machines can reach it, a key is needed first: oneclass keys create --name NAME --scope manage`,
    )
  }
  await assertPortFree(options.host, options.port)
  const health = await openHealthFile(options.healthFile)
  const log = createLog(options.logLevel, { part: 'api', pid: process.pid })
  if (!hasKeys && !(await keys.isOpen())) log('warn', noKeysLeft)
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    if (options.traces) {
      undo.push(await startTracing('oneclass-api', version))
      await traceQueues(version)
    }
    let redisUrl = options.redisUrl
    let redis = redisUrl === undefined ? '' : withoutPassword(redisUrl)
    if (redisUrl === undefined) {
      const server = await startPrivateRedis({
        folder: join(home, 'redis'),
        searchPath: options.searchPath,
        onCrash: (reason) => log('error', 'the private redis-server ended and is started again', { reason }),
      })
      undo.push(() => server.stop())
      redisUrl = server.url
      redis = `private, port ${server.port}`
    }
    // what a Redis that is not ours may refuse is known before anything is started on it
    if (options.redisUrl !== undefined) await assertAccess(redisUrl, redisMs, signal && { signal })
    const cpus = usableCpus()
    const count = options.workers ?? cpus
    // only where every core gets its worker and the mask, not a quota, says how many cores there are
    const mask = allowedCpus()
    const holdTo = options.pin !== false && count === cpus && mask.length === cpus ? mask : []
    const workers = startWorkerProcesses({
      count,
      concurrency: Math.max(1, Math.floor(cpus / Math.max(1, count))),
      holdTo,
      redisUrl,
      home,
      log,
      logLevel: options.logLevel,
    })
    undo.push(() => workers.stop(drainMs))
    const opening = openService({
      home,
      redisUrl,
      isLoopback,
      outside,
      roots: options.roots.map((root) => (isS3(root) ? root : resolve(root))),
      ...(options.results ? { results: options.results } : {}),
      ...(options.s3 ? { s3: options.s3 } : {}),
      ...(options.allowUrl ? { urls: {} } : {}),
      ...(options.limits ? { limits: options.limits } : {}),
      backbones: () => listBackbones({ home }),
      ...(options.webhooks ? { webhooks: options.webhooks } : {}),
      webFolder,
      version,
      log,
    })
    const service = await unlessEnded(startOn(redisUrl, opening))
    undo.push(() => closeWithin(service, drainMs))
    await unlessEnded(startOn(redisUrl, workers.ready))
    const address = await service.app
      .listen({ host: options.host, port: options.port })
      .catch((error: NodeJS.ErrnoException) => {
        throw listenError(error, options)
      })
    await health.ready(shownAddress(address))
    undo.push(() => health.close())
    log('info', 'serving', { address, workers: count, redis })
    return { address: shownAddress(address), workers: count, redis, redisUrl, workerPids: workers.pids, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function unlessAborted<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  step.catch(() => {})
  let leave = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(new OneclassError('CANCELLED', 'The start of the service was ended.'))
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave)
  })
  return await Promise.race([step, aborted]).finally(() => signal.removeEventListener('abort', leave))
}

/** Open requests have `ms`; then their connections are cut, and what does not end even so is left behind. */
async function closeWithin(service: Service, ms: number): Promise<void> {
  const cut = setTimeout(() => service.app.server.closeAllConnections(), ms)
  let giveUp: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolveLate) => {
    giveUp = setTimeout(resolveLate, ms + graceMs)
  })
  await Promise.race([service.close(), late])
  clearTimeout(cut)
  clearTimeout(giveUp)
}

/** Before anything is started: the usual mistake costs nothing. */
async function assertPortFree(host: string, port: number): Promise<void> {
  if (port === 0) return
  await new Promise<void>((resolveFree, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, { host, port })))
    probe.listen({ host, port }, () => probe.close(() => resolveFree()))
  })
}

function listenError(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): OneclassError {
  if (error.code === 'EADDRINUSE') {
    return new OneclassError(
      'PORT_IN_USE',
      `Port ${port} on ${host} is in use: choose another with --port, or end what listens there.`,
    )
  }
  return new OneclassError('INVALID_ARGUMENT', `Cannot listen on ${host} port ${port}: ${error.message}.`)
}

function shownAddress(address: string): string {
  return address.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}
