/**
 * As many pieces of CPU work at once as this worker has cores: decoding an image takes a slot, running the network another.
 * Without it, a worker that was given one core would use two. Single images go first.
 */
import type { Lane } from './micro-batcher.ts'

export interface CpuSlots {
  /** Resolves with the release of a slot; call it once. */
  enter(lane: Lane): Promise<() => void>
}

export function createCpuSlots(count: number): CpuSlots {
  const waiting: Record<Lane, (() => void)[]> = { single: [], bulk: [] }
  let free = count

  const leave = (): void => {
    const next = waiting.single.shift() ?? waiting.bulk.shift()
    if (next) next()
    else free++
  }

  return {
    async enter(lane) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting[lane].push(resolve))
      let isIn = true
      return () => {
        if (isIn) leave()
        isIn = false
      }
    },
  }
}
