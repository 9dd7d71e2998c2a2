import { type Matrix, matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'

/** Rows as embeddings are: positive, with a spectrum that falls off. */
export function correlatedRows(n: number, d: number, seed: number): Matrix {
  const random = createRandom(seed)
  const directions = createRandom(7)
  const k = 32
  const mixing = Float64Array.from({ length: k * d }, () => directions.normal())
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    const factors = Float64Array.from({ length: k }, (_, f) => random.normal() / (1 + f / 4))
    for (let j = 0; j < d; j++) {
      let value = 1 + 0.3 * random.normal()
      for (let f = 0; f < k; f++) value += 0.1 * factors[f]! * mixing[f * d + j]!
      X.data[i * d + j] = value
    }
  }
  return X
}
