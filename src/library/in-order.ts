/** Questions about images that come one by one: asked in groups while the next are read, answered in their order. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { present } from '../errors.ts'
import type { ImageSource } from '../images/source.ts'
import { cancelled } from '../system/cancelled.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Entries, Entry } from './images.ts'

type Failed = { readonly image: string; readonly error: ErrorBody }

/** Images of one question, and questions at once: the network is never idle, and memory is bounded by 48 images. */
const groupSize = 16
const flightsAtOnce = 2

export interface InOrderOptions {
  readonly signal?: AbortSignal | undefined
  /** `total` is undefined where only the end tells how many there are. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined
}

/**
 * A slow source is not waited for: what is there is asked about.
 * @param ask m images, m answers
 * @throws CANCELLED, what `ask` throws, what the source throws
 */
export async function* answerInOrder<R>(
  { entries, total }: Entries,
  ask: (sources: ImageSource[]) => Promise<R[]>,
  { signal, onProgress }: InOrderOptions,
): AsyncGenerator<R | Failed, void, undefined> {
  const stop = cancellation(signal)
  const flights: Promise<(R | Failed)[]>[] = []
  let group: Entry[] = []
  let done = 0
  let next: Promise<IteratorResult<Entry, void>> | undefined = quiet(entries.next())
  try {
    while (next || group.length > 0 || flights.length > 0) {
      while (next && group.length < groupSize) {
        const got: IteratorResult<Entry, void> | undefined = await Promise.race([
          next,
          stop.promise,
          nextTurn(undefined),
        ])
        if (got === undefined) break
        if (got.done) next = undefined
        else {
          group.push(got.value)
          next = quiet(entries.next())
        }
      }
      if (group.length > 0 && flights.length < flightsAtOnce) {
        flights.push(quiet(askAbout(group, ask)))
        group = []
      }
      const waits: Promise<unknown>[] = [...flights.slice(0, 1), ...(next && group.length < groupSize ? [next] : [])]
      if (waits.length === 0) continue
      await Promise.race([...waits, stop.promise])
      const first = flights[0]
      if (first && (await isSettled(first))) {
        flights.shift()
        for (const answer of await first) {
          onProgress?.(++done, total)
          yield answer
        }
      }
    }
  } finally {
    stop.dispose()
    void entries.return().catch(() => {}) // not awaited: its source may never answer
  }
}

async function askAbout<R>(
  group: readonly Entry[],
  ask: (sources: ImageSource[]) => Promise<R[]>,
): Promise<(R | Failed)[]> {
  const sources = group.filter((entry): entry is ImageSource => !('error' in entry))
  const answers = sources.length > 0 ? await ask(sources) : []
  let at = 0
  return group.map((entry) => ('error' in entry ? entry : present(answers[at++], 'the answer about an image')))
}

/** A rejection is seen where the promise is awaited. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol('open')
  return (await Promise.race([promise, Promise.resolve(open)])) !== open
}

function cancellation(signal: AbortSignal | undefined): { promise: Promise<never>; dispose(): void } {
  let onAbort = () => {}
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled(signal))
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
  return { promise: quiet(promise), dispose: () => signal?.removeEventListener('abort', onAbort) }
}
