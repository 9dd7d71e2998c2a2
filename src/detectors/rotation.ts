/**
 * A random rotation of columns: cuts along the columns of a rotated row are cuts along random directions. Signs are flipped at random,
 * then a Walsh-Hadamard transform adds every column to every other in d log d steps (Ailon and Chazelle, "The fast Johnson-Lindenstrauss
 * transform", SIAM J. Computing 39, 2009). Of its coordinates, a power of two of them, the first d are kept. The signs are the same for all
 * models: a rotation of one row does not depend on any other.
 */
import type { Matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'

const known = new Map<number, Float64Array>()

/** Signs over the square root of the size, so that lengths stay: length d. */
function signsFor(d: number, size: number): Float64Array {
  const signs = known.get(d) ?? Float64Array.from({ length: d }, signOf(d, 1 / Math.sqrt(size)))
  known.set(d, signs)
  return signs
}

function signOf(d: number, unit: number): () => number {
  const random = createRandom(2026).fork(`rotation of ${d}`)
  return () => (random.int(2) === 0 ? unit : -unit)
}

/** Rotates each row of X in place, shape (n, d). */
export function rotateColumns({ rows, cols: d, data }: Matrix): void {
  const size = 2 ** Math.ceil(Math.log2(d))
  const signs = signsFor(d, size)
  const x = new Float64Array(size)
  for (let i = 0, at = 0; i < rows; i++, at += d) {
    for (let j = 0; j < d; j++) x[j] = data[at + j]! * signs[j]!
    x.fill(0, d)
    for (let half = 1; half < size; half *= 2) {
      for (let from = 0; from < size; from += 2 * half) {
        for (let j = from; j < from + half; j++) {
          const a = x[j]!
          const b = x[j + half]!
          x[j] = a + b
          x[j + half] = a - b
        }
      }
    }
    for (let j = 0; j < d; j++) data[at + j] = x[j]!
  }
}
