/** Which images of a batch have no result yet, asked for many at once: of a batch that goes on nearly all have one. */
import type { BatchStore } from '../queue/batches.ts'

/** Images that are looked up in Redis at a time. */
const lookAhead = 1024

/** @returns tells whether one is missing of a chunk; chunks come in the order of their images */
export function missingAhead(
  batches: Pick<BatchStore, 'missing'>,
  id: string,
): (first: number, end: number, total: number) => Promise<boolean> {
  let known = { end: 0, without: new Set<number>() }
  return async (first, end, total) => {
    if (end > known.end) {
      const until = Math.min(Math.max(end, first + lookAhead), total)
      known = { end: until, without: new Set(await batches.missing(id, range(first, until))) }
    }
    return range(first, end).some((index) => known.without.has(index))
  }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
