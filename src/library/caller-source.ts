/** What a caller gives piece by piece (bytes of an image, images of a list), read so that a source that stalls holds nobody up. */
import { cancelled } from '../system/cancelled.ts'
import { closed } from '../system/thread-call.ts'

/** What ends the reading: the caller's signal, and that of the loaded model, aborted when it is closed. */
export interface Ends {
  readonly signal?: AbortSignal | undefined
  readonly closing?: AbortSignal | undefined
}

/** What the work was ended with, if it was. */
export function endedBy({ signal, closing }: Ends): Error | undefined {
  if (signal?.aborted) return cancelled(signal)
  return closing?.aborted ? closed() : undefined
}

/** The outcome of some work, or CANCELLED as soon as it is ended; the work itself goes on unseen. */
export function unlessEnded<T>(work: Promise<T>, ends: Ends): Promise<T> {
  return new Promise((resolve, reject) => {
    const signals = [ends.signal, ends.closing]
    const leave = () => {
      for (const signal of signals) signal?.removeEventListener('abort', stop)
    }
    const stop = () => {
      leave()
      reject(endedBy(ends))
    }
    work.then(resolve, reject).finally(leave)
    if (endedBy(ends)) stop()
    else for (const signal of signals) signal?.addEventListener('abort', stop)
  })
}

/** Its pieces in turn. A source that is left early, or fails to answer before the end, is told that nobody reads it any more. */
export async function* piecesOf<T>(
  source: Iterable<T> | AsyncIterable<T>,
  ends: Ends,
): AsyncGenerator<T, void, undefined> {
  const { next, leave } = readerOf(source)
  let isOver = false
  try {
    for (;;) {
      const got = await unlessEnded(next(), ends)
      if (got.done) {
        isOver = true
        return
      }
      yield got.value
    }
  } finally {
    if (!isOver) leave()
  }
}

interface Reader<T> {
  next(): Promise<IteratorResult<T, unknown>>
  leave(): void
}

/** An iterator's `return` waits for the piece that was asked for: streams have a way of their own to be left in the middle. */
function readerOf<T>(source: Iterable<T> | AsyncIterable<T>): Reader<T> {
  if (source instanceof ReadableStream) {
    const reader = (source as ReadableStream<T>).getReader()
    return {
      next: async () => (await reader.read()) as IteratorResult<T, unknown>,
      leave: () => void reader.cancel().catch(() => {}),
    }
  }
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : inTurn(source)
  return {
    next: async () => await iterator.next(),
    leave() {
      if ('destroy' in source && typeof source.destroy === 'function') source.destroy()
      // not awaited: it may never answer
      void (async () => await iterator.return?.())().catch(() => {})
    },
  }
}

async function* inTurn<T>(list: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* list
}
