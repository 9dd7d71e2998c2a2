/**
 * The receiving side: takes jobs of one kind, checks their data, runs a handler, and decides what an error means.
 *
 *   a model that another worker reads           -> given back for that one
 *   bad input, wrong data, too late, cancelled  -> failed at once, with our code
 *   anything else (a fault)                     -> tried again with backoff, as `jobOptions` says
 *
 * A job that killed its worker (stalled) is given out again; after three times it is taken for the killer and failed.
 * Handlers must be idempotent: a job can run twice, and the two runs can even overlap for a moment.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq'
import { Value } from 'typebox/value'
import { type ErrorCode, OneclassError, toOneclassError } from '../errors.ts'
import type { Progress } from '../wire/job.ts'
import { closeQueue, connect, disconnect, orGoodbye, type RedisClient } from './connection.ts'
import { isForAnother } from './formats.ts'
import { cancelledError, writeFailure } from './job-view.ts'
import { type JobData, type JobKind, jobOptions, jobSchemas, jobTimeouts } from './jobs.ts'
import { dropUnreadable, isUnreadable, mendKeys } from './mend.ts'
import { asRedisError } from './redis-errors.ts'
import { channels, keys, prefix } from './redis-keys.ts'
import { queueTelemetry } from './telemetry.ts'

export interface Task<K extends JobKind> {
  readonly id: string
  readonly data: JobData[K]
  /** Aborted on cancellation and when the time is over: stop soon, what is thrown then is ignored. */
  readonly signal: AbortSignal
  /** The job came on by a step: its time begins anew. For jobs of many steps, each of bounded cost. */
  alive(): void
  /** How often a worker died with this job. */
  readonly crashes: number
  /** True when a fault now is final. */
  readonly isLastAttempt: boolean
  progress(progress: Progress): Promise<void>
}

export interface ConsumerOptions<K extends JobKind> {
  readonly kind: K
  readonly url: string
  /** Shared by the consumers of a process. */
  readonly client: RedisClient
  readonly concurrency: number
  handle(task: Task<K>): Promise<unknown>
  /** Called for what a user should see in the log: faults, not bad input. */
  readonly onFault?: (fault: { kind: K; id: string; error: OneclassError; willRetry: boolean }) => void
  /** Called with a job that is over, whatever became of it: what it fetches is of no more use. */
  readonly onOver?: (data: JobData[K]) => Promise<void>
  readonly onDone?: (done: { kind: K; id: string; milliseconds: number; code: ErrorCode | null }) => void
  /** Milliseconds after which a silent worker loses its jobs. Shorter in tests. */
  readonly lockMs?: number
}

export interface Consumer {
  /** Takes no more jobs and waits for those at work, at most `ms`: what is left is taken over by other workers. */
  drain(ms: number): Promise<void>
}

const maxCrashes = 3
/** Milliseconds for which a job that this worker cannot do waits for another one. */
const elsewhereMs = 100
/** So often it waits: some five minutes. A worker that says it can and never does would make it go round for ever. */
const mostLooks = 2000

/** Is the error one of the service that may pass, after which the job is tried again? */
export function isFault(error: unknown): boolean {
  return toOneclassError(error).isPassing
}

export async function startConsumer<K extends JobKind>(options: ConsumerOptions<K>): Promise<Consumer> {
  const { kind, client } = options
  const lockMs = options.lockMs ?? 15_000
  const subscriber = connect(options.url, 'consumer', 'oneclass:worker:cancel')

  let running = 0

  const process = async (job: Job, token?: string, cancelSignal?: AbortSignal): Promise<unknown> => {
    const started = performance.now()
    const id = job.id ?? ''
    // not AbortSignal.any over AbortSignal.timeout: on Node 20 a garbage collection can take the two before they fire
    const stop = new AbortController()
    const { signal } = stop
    setMaxListeners(0, signal) // one an image that is under way
    let isTooLate = false
    const timer = setTimeout(() => {
      isTooLate = true
      stop.abort()
    }, jobTimeouts[kind]).unref() // a job that never ends keeps no process
    const onCancel = (): void => stop.abort()
    if (cancelSignal?.aborted) onCancel()
    cancelSignal?.addEventListener('abort', onCancel)
    // what the job says of its tries counts as far as it asks for fewer
    const attempts = Math.min(job.opts.attempts ?? 1, jobOptions[kind].attempts ?? 1)
    const isLastAttempt = job.attemptsMade + 1 >= attempts
    let code: ErrorCode | null = null
    running++
    try {
      // no job of ours has a parent; one that names another key could never be finished
      if (job.parentKey ?? job.parent) await client.hdel(worker.toKey(id), 'parent', 'parentKey')
      const isCancelled = client.exists(keys.cancel(id)).then((found) => {
        if (found === 1) throw cancelled()
      })
      isCancelled.catch(() => {}) // awaited below, wherever an error does not come first
      if (kind === 'fit' || kind === 'compare') await isCancelled // short jobs begin meanwhile
      if (!Value.Check(jobSchemas[kind], job.data)) {
        throw new OneclassError(
          'INVALID_ARGUMENT',
          'The job does not have the form that this worker knows: are all parts of one version?',
        )
      }
      const crashes = job.stalledCounter ?? 0
      // jobs of images find out which image it was (`serving/quarantine.ts`)
      if (kind !== 'chunk' && kind !== 'classify' && crashes >= maxCrashes) {
        throw new OneclassError('WORKER_DIED', `Workers died ${crashes} times with this job; it is not tried again.`)
      }
      const data = job.data as JobData[K]
      const progress = async (value: Progress): Promise<void> => {
        await job.updateProgress({ ...value }).catch(() => {})
      }
      isCancelled.catch(onCancel)
      const alive = (): void => void timer.refresh()
      const work = options.handle({ id, data, signal, crashes, isLastAttempt, progress, alive })
      const [result] = await untilEnded(Promise.all([work, isCancelled]), work, signal)
      return result
    } catch (thrown) {
      if (!signal.aborted && job.attemptsStarted <= mostLooks && (await isForAnother(client, thrown))) {
        // not an attempt: another worker takes it, and this one may get it again before that
        await job.moveToDelayed(Date.now() + elsewhereMs * (1 + Math.random()), token)
        throw new DelayedError()
      }
      const error = signal.aborted
        ? isTooLate
          ? tooLate(kind)
          : cancelled()
        : toOneclassError(asRedisError(thrown, options.url))
      code = error.code
      const willBeTried = error.isPassing
      if (willBeTried) options.onFault?.({ kind, id, error, willRetry: !isLastAttempt })
      const reason = writeFailure(error)
      if (willBeTried && !isLastAttempt) throw new Error(reason)
      throw new UnrecoverableError(reason)
    } finally {
      clearTimeout(timer)
      cancelSignal?.removeEventListener('abort', onCancel)
      running--
      options.onDone?.({ kind, id, milliseconds: performance.now() - started, code })
    }
  }

  const worker = new Worker(kind, process, {
    connection: client,
    prefix,
    concurrency: options.concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    maxStalledCount: 1_000_000, // the rule above decides, so that the error is ours
    drainDelay: 5,
    settings: { backoffStrategy: () => 1000 }, // for a way to wait that nobody knows
    ...queueTelemetry(),
  })
  let isMending = false
  const mend = async (): Promise<void> => {
    if (isMending) return
    isMending = true
    await mendKeys(client)
      .then(() => dropUnreadable(client, worker, kind))
      .catch(() => {})
    isMending = false
  }
  // lost connections: it reconnects and goes on. A job that cannot be read, or a key that is none of ours, would fail the next fetch too
  worker.on('error', (error) => {
    if (isUnreadable(error)) void mend()
  })
  const ending = new Set<Promise<void>>()
  // Not before the queue has taken the end. Where Redis was full or slow, or this process was stopped, for longer than the lock lasts,
  // the queue gives the job to another worker, which needs its images too.
  const over = (job?: Job): void => {
    if (job?.finishedOn === undefined || !Value.Check(jobSchemas[kind], job.data)) return
    const end = options.onOver?.(job.data as JobData[K]).finally(() => ending.delete(end as Promise<void>))
    if (end) ending.add(end)
  }
  worker.on('completed', over)
  worker.on('failed', over)
  subscriber.on('message', (_channel: string, id: string) => worker.cancelJob(id, 'cancelled'))
  await Promise.all([worker.waitUntilReady(), subscriber.subscribe(channels.cancel)])

  return {
    async drain(ms) {
      // BullMQ's own graceful close cannot be given up once begun, so: take no more, wait as long as we may, close
      await worker.pause(true)
      const deadline = performance.now() + ms
      while (running > 0 && performance.now() < deadline) await sleep(20)
      await closeQueue({ close: () => worker.close(running > 0), disconnect: () => worker.disconnect() })
      await orGoodbye(Promise.all(ending))
      await disconnect(subscriber)
    },
  }
}

function cancelled(): OneclassError {
  return new OneclassError('CANCELLED', cancelledError.message)
}

function tooLate(kind: JobKind): OneclassError {
  return new OneclassError('JOB_TIMEOUT', `The job took longer than ${jobTimeouts[kind] / 1000} seconds.`)
}

/** Milliseconds in which a handler has to end after the abort: its place is given to the next job then, ended or not. */
const patienceMs = 30_000

/**
 * The handler's result. After the abort a rejection, but only when the work has ended: a place that is given away before
 * that lets a caller who asks and cancels again and again have any number of jobs at work.
 */
async function untilEnded<T>(result: Promise<T>, work: Promise<unknown>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(new Error('aborted'))
    stop = () => {
      timer = setTimeout(end, patienceMs).unref()
      work.then(end, end)
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })
  try {
    const value = await Promise.race([result, aborted])
    if (signal.aborted) throw new Error('aborted')
    return value
  } catch (error) {
    if (signal.aborted) await Promise.race([work.catch(() => {}), aborted.catch(() => {})])
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** A consumer's connection: waits for Redis for ever. */
export function connectConsumer(url: string): RedisClient {
  return connect(url, 'consumer', 'oneclass:worker')
}
