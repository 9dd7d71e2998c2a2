/** The demo's closing table: intervals beside the shares, the promise beside what came out, one sentence to repeat. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { demoLines } from '../../src/cli/demo-report.ts'
import type { ImageResult } from '../../src/wire/result.ts'

function results(rejected: { good: number; defect: number; other: number }): ImageResult[] {
  const counts = { good: 100, defect: 40, other: 30 }
  return (['good', 'defect', 'other'] as const).flatMap((kind) =>
    Array.from({ length: counts[kind] }, (_, i) => {
      const isPositive = i >= rejected[kind]
      const pValue = isPositive ? 0.1 + 0.009 * i : 0.01
      const detector = { score: 0, pValue }
      const detectors = { isolationForest: detector, oneClassSvm: detector }
      const score = isPositive ? 0.4 - 0.001 * i : 0.9
      return { image: `${kind}-${i}.jpg`, model: 'x@1', isPositive, score, pValue, alpha: 0.05, detectors, nearest: [] }
    }),
  )
}

test('kept and broken promises', () => {
  const kept = demoLines(results({ good: 7, defect: 36, other: 30 }), { alpha: 0.05, n: 200, method: 'split' }).join(
    '\n',
  )
  assert.match(kept, /good parts, held out +100 +7 +7\.0 % \(2\.9 % to 13\.9 %\)/)
  assert.match(kept, /parts with a defect +40 +36 +90\.0 %/)
  assert.match(kept, /promised: 5\.0 % of good parts are rejected on average; 2\.\d % to 7\.\d % in nine of ten fits/)
  assert.match(kept, /came out: 7\.0 %.* the promise is kept/)
  assert.match(kept, /never seen a bad image, and it found 66 of 70, at the price of 7 good ones in 100\.$/)
  const broken = demoLines(results({ good: 19, defect: 40, other: 30 }), { alpha: 0.05, n: 200, method: 'split' }).join(
    '\n',
  )
  assert.match(broken, /came out: 19\.0 %.* more than was promised/)
})
