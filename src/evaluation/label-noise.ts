/** Training positives that do not fit the others: each scored by a model that has not seen it. */
import type { Matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { pValue } from '../detectors/calibration.ts'
import { mahalanobis } from '../detectors/index.ts'
import { quantile } from './bootstrap.ts'
import { heldOutScores } from './held-out-scores.ts'

const shown = 12

/** The worst first: those beyond the far fence of Tukey's box plot, else at most the three most anomalous. Rows of `X`. */
export async function labelNoise(
  X: Matrix,
  groups: Int32Array,
  seed: number,
): Promise<{ row: number; score: number; pValue: number }[]> {
  const random = createRandom(seed)
  const scores = await heldOutScores(X, groups, 10, seed, async (train, rows) =>
    mahalanobis.score(await mahalanobis.fit(train, {}, random), rows),
  )
  const sorted = scores.toSorted()
  const [q1, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.75)]
  const fence = q3 + 1.5 * (q3 - q1)
  const ranked = Array.from(scores, (score, i) => ({ row: i, score, pValue: pValue(sorted, score) })).sort(
    (a, b) => b.score - a.score,
  )
  const beyond = ranked.filter(({ score }) => score > fence)
  return (beyond.length > 3 ? beyond : ranked.slice(0, 3)).slice(0, shown)
}
