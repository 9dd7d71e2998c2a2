/** Kinds for a reference set that has no labels: spherical k-means on its embeddings, seeded as k-means++ does. */
import { dot, l2Normalise, type Matrix, matrix, row } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'

/** @returns the kind of each row, 0 to k - 1, without empty kinds */
export function kindsByClustering(X: Matrix, k: number, random: Random): Int32Array {
  const unit = l2Normalise(X)
  const count = Math.min(k, unit.rows)
  const centres = matrix(count, unit.cols)
  const nearest = new Float64Array(unit.rows).fill(2)
  let next = random.int(unit.rows)
  for (let c = 0; c < count; c++) {
    row(centres, c).set(row(unit, next))
    let total = 0
    for (let i = 0; i < unit.rows; i++) {
      nearest[i] = Math.min(
        nearest[i]!,
        Math.max(0, 1 - dot(unit.data, centres.data, unit.cols, i * unit.cols, c * unit.cols)),
      )
      total += nearest[i]!
    }
    let point = random.next() * total
    next = 0
    while (next < unit.rows - 1 && point > nearest[next]!) point -= nearest[next++]!
  }
  const kinds = new Int32Array(unit.rows)
  for (let round = 0; round < 20; round++) {
    let moved = false
    for (let i = 0; i < unit.rows; i++) {
      let best = 0
      let bestValue = Number.NEGATIVE_INFINITY
      for (let c = 0; c < count; c++) {
        const value = dot(unit.data, centres.data, unit.cols, i * unit.cols, c * unit.cols)
        if (value > bestValue) {
          best = c
          bestValue = value
        }
      }
      if (kinds[i] !== best) moved = true
      kinds[i] = best
    }
    if (!moved && round > 0) break
    const sums = matrix(count, unit.cols)
    for (let i = 0; i < unit.rows; i++) {
      const sum = row(sums, kinds[i]!)
      for (let j = 0; j < unit.cols; j++) sum[j]! += unit.data[i * unit.cols + j]!
    }
    centres.data.set(l2Normalise(sums).data)
  }
  const used = [...new Set(kinds)].sort((a, b) => a - b)
  return kinds.map((kind) => used.indexOf(kind))
}
