/**
 * The results of a batch as they come. When the service goes away they are read again from the first once it is back: what it had
 * not yet written to disk it scores anew, maybe in another order, so only the index tells what is known already.
 */
import { signal } from '@preact/signals'
import { ClientError } from '../../client.ts'
import { client } from '../service/api.ts'
import { connected } from '../service/connection.ts'
import { isFinished, isWaited } from '../service/follow.ts'
import type { Batch, BatchLine } from '../service/types.ts'
import { type Failure, failureOf } from '../ui/notes.tsx'

export interface Item {
  readonly index: number
  readonly line: BatchLine
}

export interface LiveBatch {
  readonly id: string
  readonly job: ReturnType<typeof signal<Batch | null>>
  readonly error: ReturnType<typeof signal<Failure | null>>
  /** In order of arrival. Grows in place; `revision` says when. */
  readonly items: Item[]
  readonly revision: ReturnType<typeof signal<number>>
  /** Images a second, over the last seconds. */
  readonly rate: ReturnType<typeof signal<number>>
  close(): void
}

/** Redraws a second while results stream: the eye needs no more, and sorting thousands has its price. */
const redrawMs = 300
const rateWindowMs = 6000

export function openBatch(id: string): LiveBatch {
  const job = signal<Batch | null>(null)
  const error = signal<Failure | null>(null)
  const revision = signal(0)
  const rate = signal(0)
  const items: Item[] = []
  const known = new Set<number>()
  const arrivals: [number, number][] = []
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  let backlog = 0
  const redraw = () => {
    timer = undefined
    const now = performance.now()
    // what was there when the page came says nothing of the rate
    if (items.length >= backlog) arrivals.push([now, items.length])
    let [oldest] = arrivals
    while (oldest && arrivals.length > 2 && now - oldest[0] > rateWindowMs) {
      arrivals.shift()
      ;[oldest] = arrivals
    }
    const [since, before] = oldest ?? [now, 0]
    rate.value = now - since > 900 ? ((items.length - before) * 1000) / (now - since) : 0
    revision.value++
  }

  const take = (line: BatchLine, position: number) => {
    const index = line.index ?? position
    if (known.has(index)) return
    known.add(index)
    items.push({ index, line })
    timer ??= setTimeout(redraw, redrawMs)
  }

  const read = async () => {
    let position = 0
    for await (const line of client.lines(id, { signal: controller.signal })) take(line, position++)
  }

  const run = async () => {
    while (!controller.signal.aborted) {
      try {
        job.value = await client.readBatch(id)
        backlog = job.value.progress.done
        await read()
        job.value = await client.readBatch(id)
        if (isFinished(job.value) && (job.value.state !== 'done' || known.size >= job.value.progress.done)) break
      } catch (thrown) {
        if (controller.signal.aborted) return
        if (thrown instanceof ClientError && thrown.status < 500 && !isWaited(thrown.status)) {
          error.value = failureOf(thrown)
          return
        }
      }
      arrivals.length = 0
      rate.value = 0
      await new Promise((resolve) => setTimeout(resolve, 500))
      await connected(controller.signal).catch(() => {})
    }
    clearTimeout(timer)
    redraw()
  }
  void run()

  return {
    id,
    job,
    error,
    items,
    revision,
    rate,
    close() {
      controller.abort()
      clearTimeout(timer)
    },
  }
}
