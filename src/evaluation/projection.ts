/** Embeddings to two dimensions, for the plot: PCA, and UMAP (McInnes, Healy and Melville, arXiv 1802.03426, package umap-js). */
import { UMAP } from 'umap-js'
import { symmetricEigen } from '../core/eigen.ts'
import { columnMeans, dot, l2Normalise, type Matrix, row } from '../core/matrix.ts'
import { gram } from '../core/products.ts'
import { createRandom } from '../core/random.ts'

export type Point = readonly [number, number]

/** To four digits, which is more than a picture shows. */
export function rounded([x, y]: Point): Point {
  return [Number(x.toPrecision(4)), Number(y.toPrecision(4))]
}

/** The two principal components of the l2-normalised rows; signs fixed so that the largest entry is positive. */
export function principalComponents(X: Matrix): Point[] {
  const centred = l2Normalise(X)
  const mean = columnMeans(centred)
  for (let i = 0; i < centred.rows; i++) {
    const r = row(centred, i)
    for (let j = 0; j < r.length; j++) r[j]! -= mean[j]!
  }
  // the scores on component k are sqrt(eigenvalue) times the eigenvector of the Gram matrix
  const { values, vectors } = symmetricEigen(gram(centred))
  const component = (rank: number): Float64Array => {
    const k = values.length - 1 - rank
    if (k < 0) return new Float64Array(X.rows)
    const vector = row(vectors, k)
    const peak = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)
    const factor = Math.sqrt(Math.max(0, values[k]!)) * (peak < 0 ? -1 : 1)
    return vector.map((value) => value * factor)
  }
  const [first, second] = [component(0), component(1)]
  return Array.from({ length: X.rows }, (_, i) => [first[i]!, second[i]!])
}

/** Of cosine distances, seeded. Undefined below 5 rows, where neighbourhoods mean nothing. */
export async function umap(X: Matrix, seed: number, pause: () => Promise<void>): Promise<Point[] | undefined> {
  if (X.rows < 5) return undefined
  const random = createRandom(seed).fork('umap')
  const unit = l2Normalise(X)
  const neighbours = Math.min(15, X.rows - 1)
  const projection = new UMAP({
    nComponents: 2,
    nNeighbors: neighbours,
    minDist: 0.15,
    random: () => random.next(),
    distanceFn: (a, b) => 1 - dot(a as unknown as Float64Array, b as unknown as Float64Array, unit.cols),
  })
  const rows = Array.from({ length: X.rows }, (_, i) => row(unit, i) as unknown as number[])
  const epochs = projection.initializeFit(rows)
  for (let epoch = 0; epoch < epochs; epoch++) {
    projection.step()
    if (epoch % 20 === 0) await pause()
  }
  return projection.getEmbedding().map((point) => [point[0]!, point[1]!])
}
