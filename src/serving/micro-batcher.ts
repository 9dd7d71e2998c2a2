/**
 * Gathers images of concurrent jobs into batches for the network. No clock but the timers given, no Redis, no network.
 *
 *   - Nothing runs and nothing else is being decoded: run at once, an idle system adds no delay.
 *   - Something is being decoded: wait for it, at most `lingerMs` of the lane, at most `cap` images.
 *   - Something runs: what arrives meanwhile is the next batch.
 *   - Single images go before those of batches, and alone, so that a bulk job does not slow them; every `fairness`-th
 *     run takes both, so that singles do not starve a bulk job.
 */
import { pairs } from '../core/pairs.ts'
import { cancelled } from '../system/cancelled.ts'

export type Lane = 'single' | 'bulk'

export interface BatcherOptions<I, O> {
  /** Outputs in the order of the inputs. */
  run(items: readonly I[], lane: Lane): Promise<readonly O[]>
  readonly cap: number
  readonly lingerMs: Readonly<Record<Lane, number>>
  /** Are more images of the lane on their way? */
  isMoreComing(lane: Lane): boolean
  /** A place on the CPU; resolves with its release. What arrives until then joins the batch. */
  enter?(lane: Lane): Promise<() => void>
  readonly fairness?: number
}

export interface MicroBatcher<I, O> {
  /** Rejects with CANCELLED at the abort of the signal, where the item has not begun to run. */
  submit(item: I, lane: Lane, signal?: AbortSignal): Promise<O>
  /** To be called when `isMoreComing` may have become false. */
  poke(): void
  readonly waiting: number
}

interface Entry<I, O> {
  readonly item: I
  resolve(output: O): void
  reject(error: unknown): void
}

export function createMicroBatcher<I, O>(options: BatcherOptions<I, O>): MicroBatcher<I, O> {
  const queues: Record<Lane, Entry<I, O>[]> = { single: [], bulk: [] }
  const fairness = options.fairness ?? 8
  let isBusy = false
  let singleRuns = 0
  let timer: { lane: Lane; id: NodeJS.Timeout } | undefined

  const nextLane = (): Lane => (queues.single.length > 0 ? 'single' : 'bulk')

  const schedule = (): void => {
    if (isBusy) return
    const lane = nextLane()
    const count = queues[lane].length
    if (count === 0) return
    if (count >= options.cap || !options.isMoreComing(lane)) {
      void dispatch()
    } else if (timer === undefined || timer.lane !== lane) {
      if (timer) clearTimeout(timer.id)
      timer = { lane, id: setTimeout(() => void dispatch(), options.lingerMs[lane]) }
    }
  }

  const dispatch = async (): Promise<void> => {
    if (timer) clearTimeout(timer.id)
    timer = undefined
    if (isBusy) return
    isBusy = true
    try {
      const leave = await options.enter?.(nextLane())
      try {
        await runBatch()
      } finally {
        leave?.()
      }
    } finally {
      isBusy = false
      schedule()
    }
  }

  const runBatch = async (): Promise<void> => {
    const lane = nextLane()
    const batch = queues[lane].splice(0, options.cap)
    if (lane === 'single' && queues.bulk.length > 0 && ++singleRuns % fairness === 0) {
      batch.push(...queues.bulk.splice(0, options.cap - batch.length))
    }
    if (batch.length === 0) return
    try {
      const outputs = await options.run(
        batch.map(({ item }) => item),
        lane,
      )
      for (const [entry, output] of pairs(batch, outputs)) entry.resolve(output)
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    }
  }

  return {
    submit: (item, lane, signal) =>
      new Promise<O>((resolve, reject) => {
        if (signal?.aborted) return reject(cancelled())
        const drop = (): void => {
          const at = queues[lane].indexOf(entry)
          if (at < 0) return
          queues[lane].splice(at, 1)
          reject(cancelled())
          schedule()
        }
        const done = (): void => signal?.removeEventListener('abort', drop)
        const entry: Entry<I, O> = {
          item,
          resolve(output) {
            done()
            resolve(output)
          },
          reject(error) {
            done()
            reject(error)
          },
        }
        signal?.addEventListener('abort', drop)
        queues[lane].push(entry)
        schedule()
      }),
    poke: schedule,
    get waiting() {
      return queues.single.length + queues.bulk.length
    },
  }
}
