/** Thresholds for methods that bring none: positives scored by models that have not seen them, and the p-values from these. */
import { type Matrix, takeRows } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { pValue } from '../detectors/calibration.ts'
import { drawFolds, rowsIn, rowsOutside } from '../detectors/held-out.ts'

/** Scores `test` by a model fitted on `train`. */
export type FitAndScore = (train: Matrix, test: Matrix, fold: number) => Promise<Float64Array>

/**
 * @param groups rows of a group are held out together
 * @returns held-out score of each row
 */
export async function heldOutScores(
  X: Matrix,
  groups: ArrayLike<number>,
  folds: number,
  seed: number,
  fitAndScore: FitAndScore,
): Promise<Float64Array> {
  const drawn = drawFolds(X.rows, Math.min(folds, X.rows), createRandom(seed).fork('held-out'), groups)
  const scores = new Float64Array(X.rows).fill(Number.NaN)
  for (let fold = 0; fold < drawn.count; fold++) {
    const rows = rowsIn(drawn, fold)
    if (rows.length === 0) continue
    const values = await fitAndScore(takeRows(X, rowsOutside(drawn, fold)), takeRows(X, rows), fold)
    rows.forEach((row, at) => {
      scores[row] = values[at]!
    })
  }
  return scores
}

/**
 * 1 where the p-value among the held-out scores is above alpha. Fewer than 1 / alpha - 1 of them could reject nothing at all: then
 * the least level that they allow, 1 / (n + 1), takes alpha's place, and `decision` says so.
 */
export function acceptByPValue(
  heldOut: Float64Array,
  scores: Float64Array,
  alpha: number,
): { accepted: Uint8Array; decision: string } {
  const sorted = heldOut.filter((value) => !Number.isNaN(value)).sort()
  const least = 1 / (sorted.length + 1)
  const level = Math.max(alpha, least)
  const why = level > alpha ? ` (the least that ${sorted.length} held-out positives allow)` : ''
  return {
    accepted: Uint8Array.from(scores, (score) => (pValue(sorted, score) > level ? 1 : 0)),
    decision: `p-value among held-out positives > ${Number(level.toPrecision(2))}${why}`,
  }
}
