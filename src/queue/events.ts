/**
 * Waiting for jobs and batches to change, without asking again and again.
 * One blocking connection a queue and one subscription for batches; a listener also hears a tick every second or so,
 * because a message can be lost (a restart of Redis) and nobody may hang on that.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { QueueEvents } from 'bullmq'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { deadline } from '../system/deadline.ts'
import { FaceSeen } from '../wire/faces.ts'
import type { Job } from '../wire/job.ts'
import { isFinished, type JobState } from '../wire/job-state.ts'
import { ManyScoredImage } from '../wire/many.ts'
import { ScoredImage } from '../wire/result.ts'
import { closeQueue, connect, disconnect } from './connection.ts'
import { readFailure } from './job-view.ts'
import { typeOfJob } from './jobs.ts'
import { channels, prefix } from './redis-keys.ts'

/** What a worker answers to a question about an image. */
const answerForm = Compile(Type.Union([ScoredImage, ManyScoredImage, FaceSeen]))

/** How a job ended, as far as it matters to one who waits. */
export type Ended = Pick<Job, 'state' | 'result' | 'error'>

export interface JobEvents {
  /** Calls back after every change of the job or batch (and now and then without one) until the returned function is called. */
  listen(id: string, changed: () => void): () => void
  /** The view as soon as it is finished, or as it is after `ms`. */
  wait(id: string, ms: number, read: () => Promise<Job | undefined>, signal?: AbortSignal): Promise<Job | undefined>
  /**
   * The end of a job that is about to be added: begin to wait, then add it. Redis itself says how it ended, so nothing is
   * read while it runs; the view is read after `ms`, and now and then in case the message was lost.
   */
  outcome(
    id: string,
    ms: number,
    read: () => Promise<Job | undefined>,
    signal: AbortSignal,
  ): Promise<Ended | Job | undefined>
  /** Resolves at the next change, tick or abort. */
  next(id: string, signal: AbortSignal): Promise<void>
  /** Calls back when a fit or comparison left a worker. */
  onWorkerDone(callback: (id: string) => void): void
  /** Wakes the listeners of a job that changed in this process. */
  announce(id: string): void
  /** Reads the streams of events from now on: they were taken away. */
  renew(): void
  close(): Promise<void>
}

const listened = ['classify', 'fit', 'compare', 'map'] as const
/** Milliseconds after which a stream of events that could not be read is read again. */
const againMs = 200

export async function openJobEvents(url: string): Promise<JobEvents> {
  const listeners = new Map<string, Set<() => void>>()
  const endings = new Map<string, (ended: Ended) => void>()
  const doneCallbacks: ((id: string) => void)[] = []
  const fire = (id: string) => {
    for (const listener of listeners.get(id) ?? []) listener()
  }
  const client = connect(url, 'consumer', 'oneclass:events')
  let isClosed = false
  const open = (kind: (typeof listened)[number]): QueueEvents => {
    const events = new QueueEvents(kind, { connection: client, prefix, autorun: false })
    events.on('error', () => {}) // it reconnects by itself
    for (const name of ['active', 'progress', 'removed', 'stalled'] as const) {
      events.on(name, ({ jobId }: { jobId: string }) => fire(jobId))
    }
    events.on('failed', ({ jobId, failedReason }) => {
      const error = readFailure(failedReason)
      const state = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
      endings.get(jobId)?.({ state, result: null, error })
      fire(jobId)
    })
    events.on('completed', ({ jobId, returnvalue }) => {
      // what is no answer of a worker is looked at again in the job itself
      if (answerForm.Check(returnvalue)) endings.get(jobId)?.({ state: 'done', result: returnvalue, error: null })
      if (kind === 'fit' || kind === 'compare') for (const callback of doneCallbacks) callback(jobId)
      fire(jobId)
    })
    // an event that is none ends the reading: it goes on behind it
    const read = async (): Promise<void> => {
      while (!isClosed && sources.includes(events)) {
        await events.run().catch(() => {})
        await sleep(againMs, undefined, { ref: false })
      }
    }
    sources.push(events)
    void read()
    return events
  }
  const sources: QueueEvents[] = []
  for (const kind of listened) open(kind)
  const subscriber = connect(url, 'consumer', 'oneclass:events:batch')
  subscriber.on('message', (_channel: string, id: string) => fire(id))
  await Promise.all([...sources.map((events) => events.waitUntilReady()), subscriber.subscribe(channels.batch)])
  const ticker = setInterval(() => {
    for (const id of listeners.keys()) fire(id)
  }, 1000)
  ticker.unref()

  const listen = (id: string, changed: () => void): (() => void) => {
    const set = listeners.get(id) ?? new Set()
    listeners.set(id, set.add(changed))
    return () => {
      set.delete(changed)
      if (set.size === 0) listeners.delete(id)
    }
  }

  const next = (id: string, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const finish = () => {
        stop()
        signal.removeEventListener('abort', finish)
        resolve()
      }
      const stop = listen(id, finish)
      signal.addEventListener('abort', finish)
    })

  return {
    listen,
    next,
    async wait(id, ms, read, signal) {
      if (typeOfJob(id) === undefined) return await read()
      const until = deadline(ms, signal)
      const ends = until.signal
      try {
        for (;;) {
          // listen before reading: a change between the two is then not missed
          const changed = next(id, ends)
          const view = await read()
          if (view === undefined || isFinished(view.state as JobState) || ends.aborted) return view
          await changed
        }
      } finally {
        until.end()
      }
    },
    async outcome(id, ms, read, signal) {
      const until = deadline(ms, signal)
      const ends = until.signal
      const ended = new Promise<Ended>((resolve) => endings.set(id, resolve))
      try {
        // a message may be lost with a restart of Redis, a job may be removed: looked at less and less often
        for (let pause = 1000; ; pause = Math.min(pause * 2, 8000)) {
          const first = await Promise.race([ended, sleep(pause, undefined, { signal: ends }).catch(() => undefined)])
          if (first !== undefined) return first
          const view = await read()
          if (view === undefined || isFinished(view.state) || ends.aborted) return view
        }
      } finally {
        until.end()
        endings.delete(id)
      }
    },
    onWorkerDone(callback) {
      doneCallbacks.push(callback)
    },
    announce: fire,
    renew() {
      // one that has seen an event of the future would never see one of now
      const old = sources.splice(0)
      if (!isClosed) for (const kind of listened) open(kind)
      for (const events of old) void closeQueue(events)
    },
    async close() {
      isClosed = true
      clearInterval(ticker)
      await Promise.all(sources.map(closeQueue))
      await disconnect(subscriber, client)
    },
  }
}
