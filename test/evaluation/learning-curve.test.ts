/** Whether more photos would help: said for sure only where the gain is more than chance on the test images. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { learningCurve } from '../../src/evaluation/learning-curve.ts'
import { findingsOf } from '../../src/evaluation/report/verdict.ts'
import { tellFinding as tellInGerman } from '../../src/web/text/de/findings.ts'
import type { MethodReport } from '../../src/wire/comparison.ts'
import { tellFinding } from '../../src/wire/findings.ts'

const cols = 40

/** Things of 30 kinds, each photo near the middle of its kind: the more photos, the more kinds are known. */
function rowsOf(count: number, kinds: string, seed: number): Float64Array {
  const middles = Array.from({ length: 30 }, (_, kind) => {
    const random = createRandom(5).fork(`${kinds} ${kind}`)
    return Array.from({ length: cols }, () => 3 * random.normal())
  })
  const random = createRandom(seed)
  return Float64Array.from(
    Array.from({ length: count }, () => middles[random.int(30)]!.map((value) => value + random.normal())).flat(),
  )
}

async function curveOf(positives: number, negatives: number) {
  const rows = positives + negatives
  const test = {
    rows,
    cols,
    data: Float64Array.from([...rowsOf(positives, 'good', 2), ...rowsOf(negatives, 'other', 3)]),
  }
  const isPositive = Uint8Array.from({ length: rows }, (_, i) => (i < positives ? 1 : 0))
  const train = { rows: 90, cols, data: rowsOf(90, 'good', 1) }
  const context = {
    positives: train,
    test,
    effort: 'quick',
    groups: Int32Array.from({ length: 90 }, (_, i) => i),
  } as const
  return await learningCurve(context, isPositive, 1, async () => {})
}

test('a gain from more photos on a few test images may be chance, on many it is not', async () => {
  for (const [positives, negatives, isReal] of [
    [1, 5, false],
    [400, 400, true],
  ] as const) {
    const curve = await curveOf(positives, negatives)
    const points = curve.filter(({ method }) => method === 'ensemble')
    assert.equal(points.at(-1)?.gainIsReal, isReal)
    assert.ok(points.slice(0, -1).every((point) => !('gainIsReal' in point)))
  }
})

test('the sentence says which', () => {
  const done = [{ key: 'ensemble', status: 'done', auroc: 0.9, needs: 'positives' }] as MethodReport[]
  const point = { method: 'ensemble', draws: 1, lowest: 0, highest: 1 }
  const curve = [
    { ...point, positives: 25, auroc: 0.8 },
    { ...point, positives: 40, auroc: 0.9 },
  ]
  const said = (more: object, tell: typeof tellFinding) =>
    tell(
      findingsOf(done, [curve[0]!, { ...curve[1]!, ...more }], 0.05, { positives: 1, negatives: 5 }).at(-1)!,
      (key) => key,
    )
  for (const unsure of [{}, { gainIsReal: false }]) {
    assert.match(
      said(unsure, tellFinding),
      /^More photos may help: .*\+0\.100 .*, which may be chance on so few images\.$/,
    )
    assert.match(said(unsure, tellInGerman), /^Mehr Fotos helfen vielleicht: .* Zufall sein kann\.$/)
  }
  assert.match(said({ gainIsReal: true }, tellFinding), /^More photos would likely help: [^;]*\+0\.100 AUROC[^,]*\.$/)
})
