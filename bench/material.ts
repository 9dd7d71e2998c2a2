/** What the benchmarks share: image folders to embeddings with the groups that the product makes, and tables as Markdown. */
import { fromRows, type Matrix } from '../src/core/matrix.ts'
import type { Backbone } from '../src/features/backbone.ts'
import { embedImages } from '../src/features/embed.ts'
import type { ImageSource } from '../src/images/decode.ts'
import { fingerprint } from '../src/images/fingerprint.ts'
import { groupNearDuplicates, type Traits } from '../src/images/near-duplicates.ts'
import { perceptualHash } from '../src/images/phash.ts'

export interface EmbeddedImages {
  /** One row an image that could be read, shape (n, d). */
  readonly X: Matrix
  /** Near-duplicates share a number. */
  readonly groups: readonly number[]
  readonly unreadable: number
}

/** Embeds each image once. */
export async function embedAll(backbone: Backbone, sources: readonly ImageSource[]): Promise<EmbeddedImages> {
  const rows: Float32Array[] = []
  const traits: Traits[] = []
  const pending = new Map<number, Traits>()
  let unreadable = 0
  const onPixels = (index: number, pixels: Parameters<typeof perceptualHash>[0]) =>
    void pending.set(index, { hash: perceptualHash(pixels), print: fingerprint(pixels) })
  for await (const { index, embedding, error } of embedImages(backbone, sources, { onPixels })) {
    if (error) unreadable++
    else {
      rows.push(embedding)
      traits.push(pending.get(index)!)
    }
    pending.delete(index)
  }
  const X = fromRows(rows)
  return { X, groups: [...groupNearDuplicates({ traits, X })], unreadable }
}

export function stackRows(a: Matrix, b: Matrix): Matrix {
  const data = new Float64Array(a.data.length + b.data.length)
  data.set(a.data)
  data.set(b.data, a.data.length)
  return { rows: a.rows + b.rows, cols: a.cols, data }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** .935, 1.000 */
export function share(value: number): string {
  return value.toFixed(3).replace(/^0/, '')
}

/** Wilson's interval of a binomial share at 95 %, which does not leave [0, 1] (Wilson 1927). */
export function wilson(hits: number, total: number): [number, number] {
  const z = 1.96
  const p = hits / total
  const centre = (p + (z * z) / (2 * total)) / (1 + (z * z) / total)
  const half = (z / (1 + (z * z) / total)) * Math.sqrt((p * (1 - p)) / total + (z * z) / (4 * total * total))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** The value at a share of the sorted ones (nearest rank); NaN of none. */
export function quantile(values: readonly number[], at = 0.5): number {
  const rank = Math.min(values.length - 1, Math.floor(at * values.length))
  return [...values].sort((a, b) => a - b)[rank] ?? Number.NaN
}
