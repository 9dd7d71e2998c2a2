/** Where images lie among the positives, in two dimensions. */
import { leadingComponents } from '../core/leading-components.ts'
import { l2Normalise, type Matrix, row } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { present } from '../errors.ts'
import { type Point, rounded, umap } from './projection.ts'

export interface Place {
  readonly pca: Point
  /** Null where there are too few images for neighbourhoods to mean anything. */
  readonly umap: Point | null
}

/** One place a row of X, shape (n, d), n >= 1. The same rows and seed give the same places. */
export async function mapEmbeddings(X: Matrix, seed: number): Promise<Place[]> {
  const components = leadingComponents(l2Normalise(X), 2, createRandom(seed).fork('pca'))
  const neighbours = await umap(X, seed, async () => {})
  return Array.from({ length: X.rows }, (_, i) => {
    const [x = 0, y = 0] = row(components, i)
    return { pca: rounded([x, y]), umap: neighbours ? rounded(present(neighbours[i], 'the place of an image')) : null }
  })
}
