/**
 * Calls to a thread and their answers: one protocol for all threads of this package. A call has a method, an input and one answer; on
 * its way it may report progress, and it may be cancelled. Inputs and answers are what `structuredClone` takes.
 *
 * A thread file ends with `answerCalls({ method: handler, ... })`; the other side begins with `startThread(url)`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type MessagePort, parentPort, type ResourceLimits, Worker } from 'node:worker_threads'
import { type ErrorCode, OneclassError, present, toOneclassError } from '../errors.ts'
import { cancelled } from './cancelled.ts'
import { sendNothing } from './config.ts'
import { nativeWorkData, nativeWorkEnds, waitForNativeWorkAtExit } from './native-work.ts'

/** For each method, what goes in and what comes out. */
export type Calls = Readonly<Record<string, { readonly input: unknown; readonly output: unknown }>>

export interface CallOptions {
  /** Aborting it tells the thread and rejects the call with CANCELLED at once. */
  readonly signal?: AbortSignal | undefined
  /** What the handler reports on its way. */
  readonly onProgress?: ((report: unknown) => void) | undefined
  /** Memory and ports of the input that are given away instead of copied. */
  readonly transfer?: readonly (ArrayBuffer | MessagePort)[] | undefined
}

export interface CallThread<C extends Calls> {
  call<K extends keyof C & string>(method: K, input: C[K]['input'], options?: CallOptions): Promise<C[K]['output']>
  /** Ends the thread, once; calls without an answer are rejected with CANCELLED. */
  end(): Promise<void>
}

/** What a handler knows of its call. */
export interface CallContext {
  readonly signal: AbortSignal
  readonly report: (report: unknown) => void
}

export type Handlers<C extends Calls> = {
  readonly [K in keyof C]: (input: C[K]['input'], context: CallContext) => Promise<C[K]['output']>
}

type Question =
  | { readonly id: number; readonly method: string; readonly input: unknown }
  | { readonly id: number; readonly cancel: true }
  | { readonly stop: true }
type Answer =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly report: unknown }
  | {
      readonly id: number
      readonly error: { readonly code: ErrorCode; readonly message: string }
      readonly fault?: Error
    }

/**
 * A thread that is torn down while a native module has work under way (an image that is being decoded) takes the whole process with it.
 * So it is asked to end, which it does when its last work has come back; what computes for longer than this is ended unless such work is
 * under way (on a busy computer a network takes seconds to open).
 */
const graceMs = 2000

export interface ThreadOptions {
  readonly resourceLimits?: ResourceLimits
}

/** Starts a thread. It keeps the process alive only while a call waits for its answer. */
export function startThread<C extends Calls>(url: URL, options: ThreadOptions = {}): CallThread<C> {
  sendNothing()
  waitForNativeWorkAtExit()
  const { resourceLimits } = options
  const thread = new Worker(url, { workerData: nativeWorkData, ...(resourceLimits && { resourceLimits }) })
  thread.unref()
  interface Pending {
    readonly resolve: (output: unknown) => void
    readonly reject: (error: unknown) => void
    readonly onProgress: CallOptions['onProgress']
    readonly forget: () => void
  }
  const pending = new Map<number, Pending>()
  let nextId = 0
  let ended: Error | undefined

  const take = (id: number): Pending | undefined => {
    const entry = pending.get(id)
    pending.delete(id)
    entry?.forget()
    if (pending.size === 0 && ended === undefined) thread.unref()
    return entry
  }
  thread.on('message', (answer: Answer) => {
    if ('report' in answer) {
      try {
        pending.get(answer.id)?.onProgress?.(answer.report)
      } catch (error) {
        // what a caller's function throws is the outcome of its call, and ends no process
        thread.postMessage({ id: answer.id, cancel: true } satisfies Question)
        take(answer.id)?.reject(error)
      }
      return
    }
    const entry = take(answer.id)
    if ('error' in answer) {
      const { code, message } = answer.error
      entry?.reject(new OneclassError(code, message, answer.fault ? { cause: answer.fault } : {}))
    } else entry?.resolve(answer.output)
  })
  const fail = (error: Error): void => {
    if (ended) return
    ended = error
    for (const id of [...pending.keys()]) take(id)?.reject(error)
  }
  thread.on('error', fail)
  const exited = new Promise<void>((resolve) => {
    thread.on('exit', (code) => {
      fail(new Error(`the thread ended (${code})`))
      resolve()
    })
  })

  const finish = async (): Promise<void> => {
    const isGone = ended !== undefined
    ended ??= closed()
    for (const id of [...pending.keys()]) take(id)?.reject(ended)
    thread.ref() // a process that waits for the end of its thread must not end before
    if (!isGone) {
      thread.postMessage({ stop: true } satisfies Question)
      await Promise.race([exited, sleep(graceMs, undefined, { ref: false }).then(nativeWorkEnds)])
    }
    await thread.terminate()
  }
  let ending: Promise<void> | undefined

  return {
    call(method, input, { signal, onProgress, transfer = [] } = {}) {
      return new Promise((resolve, reject) => {
        if (ended) return reject(ended)
        if (signal?.aborted) return reject(cancelled(signal))
        const id = nextId++
        const onAbort = (): void => {
          thread.postMessage({ id, cancel: true } satisfies Question)
          take(id)?.reject(cancelled(signal))
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        const forget = () => signal?.removeEventListener('abort', onAbort)
        pending.set(id, { resolve, reject, onProgress, forget })
        thread.ref()
        try {
          thread.postMessage({ id, method, input } satisfies Question, transfer)
        } catch (error) {
          take(id)?.reject(error) // what cannot be cloned
        }
      })
    },
    end() {
      ending ??= finish()
      return ending
    },
  }
}

/** One call in a thread of its own, which has ended when this returns. Rejections as `call`. */
export async function callInThread<C extends Calls, K extends keyof C & string>(
  url: URL,
  method: K,
  input: C[K]['input'],
  options: CallOptions & ThreadOptions = {},
): Promise<C[K]['output']> {
  const { resourceLimits, ...hooks } = options
  const thread = startThread<C>(url, resourceLimits ? { resourceLimits } : {})
  try {
    return await thread.call(method, input, hooks)
  } finally {
    await thread.end()
  }
}

/** What a call is rejected with whose thread was closed. */
export function closed(): OneclassError {
  return new OneclassError('CANCELLED', 'This was closed.')
}

/** In the thread: answers calls, as many at once as come. */
export function answerCalls<C extends Calls>(handlers: Handlers<C>): void {
  const port = present(parentPort, 'the thread that started this one')
  const running = new Map<number, AbortController>()
  const closeWhenIdle = () => {
    if (isStopping && running.size === 0) port.close()
  }
  let isStopping = false
  port.on('message', async (question: Question) => {
    if ('stop' in question) {
      isStopping = true
      for (const control of running.values()) control.abort()
      closeWhenIdle()
      return
    }
    const { id } = question
    if ('cancel' in question) {
      running.get(id)?.abort()
      return
    }
    const control = new AbortController()
    running.set(id, control)
    try {
      const handler = present(handlers[question.method], `the method "${question.method}"`)
      const report = (value: unknown) => port.postMessage({ id, report: value } satisfies Answer)
      const output = await handler(question.input, { signal: control.signal, report })
      port.postMessage({ id, output } satisfies Answer)
    } catch (thrown) {
      const error = toOneclassError(thrown)
      const fault = error.cause instanceof Error ? { fault: error.cause } : {}
      port.postMessage({ id, error: error.toJSON(), ...fault } satisfies Answer)
    } finally {
      running.delete(id)
      closeWhenIdle()
    }
  })
}
