/**
 * How a batch is cut into chunks, the jobs of its workers. The first and the last ones are half as long: the first so that
 * every worker has something to do at once, the last so that all of them end at the same time.
 */
export interface Chunk {
  /** Index of its first image, which names it. */
  readonly first: number
  /** One beyond its last image. */
  readonly end: number
}

/** Chunks at either end that are half as long; two workers hold some four at a time. */
const shortOnes = 6

/** @param size images of a chunk in the middle, >= 1 */
export function chunksOf(total: number, size: number): Chunk[] {
  const short = Math.max(1, size >> 1)
  const chunks: Chunk[] = []
  for (let first = 0; first < total; ) {
    const isMiddle = first >= shortOnes * short && total - first >= size + shortOnes * short
    const end = Math.min(first + (isMiddle ? size : short), total)
    chunks.push({ first, end })
    first = end
  }
  return chunks
}
