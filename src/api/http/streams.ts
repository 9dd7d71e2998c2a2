/** Answers that stay open: server-sent events and results as they come. Counted, bounded, and cut when the service stops. */
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { OneclassError } from '../../errors.ts'
import type { JobEvents } from '../../queue/events.ts'
import type { Job } from '../../wire/job.ts'
import { isFinished } from '../../wire/job-state.ts'
import { callerOf } from './access.ts'

export interface Streams {
  /** Sends what the generator yields; its signal is aborted when the caller leaves or the service stops. */
  send(reply: FastifyReply, type: string, produce: (signal: AbortSignal) => AsyncIterable<string>): FastifyReply
  /** Cuts all: who reads sees a broken connection, so that a part is never taken for the whole. */
  cutAll(): void
  /** Cuts those whose key (its id, null: none was asked for) the test names. */
  cutWhere(test: (key: string | null) => boolean): void
  readonly open: number
}

/** @param limits of all callers together, and of each */
export function createStreams(limits: { all: number; ofOne: number }): Streams {
  interface Open {
    readonly caller: string
    readonly key: string | null
    cut(): void
  }
  const open = new Set<Open>()
  return {
    send(reply, type, produce) {
      const caller = callerOf(reply.request)
      const ofCaller = [...open].filter((other) => other.caller === caller).length
      if (open.size >= limits.all || ofCaller >= limits.ofOne)
        throw new OneclassError('RATE_LIMITED', 'Too many open streams: close one, or ask for the job instead.')
      const controller = new AbortController()
      const own: Open = {
        caller,
        key: reply.request.key?.id ?? null,
        cut() {
          controller.abort()
          cutOff(reply.raw)
        },
      }
      open.add(own)
      // the head goes out at once: what is to be sent may be minutes away
      async function* begin(): AsyncGenerator<string> {
        if (reply.request.method !== 'HEAD') reply.raw.flushHeaders()
        yield* produce(controller.signal)
      }
      const stream = Readable.from(begin(), { objectMode: false, highWaterMark: 64 * 1024 })
      const end = () => {
        controller.abort()
        open.delete(own)
      }
      // what fails on the way is cut too
      stream.once('error', () => reply.raw.headersSent && cutOff(reply.raw))
      stream.once('close', end)
      reply.raw.once('close', end)
      return reply
        .header('content-type', type)
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream)
    },
    cutAll() {
      for (const { cut } of open) cut()
    },
    cutWhere(test) {
      for (const { key, cut } of open) if (test(key)) cut()
    },
    get open() {
      return open.size
    },
  }
}

/** Ends an answer in the middle, in a way that its reader can tell from a good end. */
function cutOff(response: ServerResponse): void {
  // a body in chunks lacks its last one; of HTTP/1.0, which proxies speak, a closed connection is a good end and only a reset is none
  if (!response.chunkedEncoding) response.socket?.resetAndDestroy()
  response.destroy()
}

/** The job at every change until it is finished, as server-sent events `job`; a comment every 15 seconds keeps the line open. */
export async function* jobEventStream(
  id: string,
  first: Job,
  read: () => Promise<Job | undefined>,
  events: JobEvents,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let last = ''
  let said = performance.now()
  let view: Job | undefined = first
  while (!signal.aborted) {
    const changed = events.next(id, signal)
    view = await read().catch(() => view) // Redis is away for a moment: the stream stays
    if (view === undefined) throw new OneclassError('JOB_EXPIRED', 'The job is gone.') // no good end: it is cut
    const text = JSON.stringify(view)
    if (text !== last) {
      yield `event: job\ndata: ${text}\n\n`
      last = text
      said = performance.now()
    } else if (performance.now() - said > 15_000) {
      yield ': still here\n\n'
      said = performance.now()
    }
    if (isFinished(view.state)) return
    await changed
    // many results at once are one event
    await sleep(100)
  }
}
