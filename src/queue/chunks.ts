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

/**
 * One beyond the last image of the chunk that begins at `first`.
 * @param size images of a chunk in the middle, >= 1
 * @param isStreamed the total may still grow: the last chunks are as long as those in the middle
 */
export function chunkEnd(first: number, total: number, size: number, isStreamed = false): number {
  const short = Math.max(1, size >> 1)
  const isMiddle = first >= shortOnes * short && (isStreamed || total - first >= size + shortOnes * short)
  return Math.min(first + (isMiddle ? size : short), total)
}

export function chunksOf(total: number, size: number, isStreamed = false): Chunk[] {
  const chunks: Chunk[] = []
  for (let first = 0; first < total; ) {
    const end = chunkEnd(first, total, size, isStreamed)
    chunks.push({ first, end })
    first = end
  }
  return chunks
}
