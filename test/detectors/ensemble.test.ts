import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { type Matrix, matrix, row, takeRows } from '../../src/core/matrix.ts'
import { readNpy } from '../../src/core/npy.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitEnsemble, scoreEnsemble } from '../../src/detectors/ensemble.ts'
import { drawFolds } from '../../src/detectors/held-out.ts'
import { calibrate } from '../../src/detectors/join.ts'
import { auroc } from '../../src/evaluation/metrics.ts'

function gaussian(n: number, d: number, seed: number): Matrix {
  const random = createRandom(seed)
  return matrix(
    n,
    d,
    Float64Array.from({ length: n * d }, (_, k) => 2 + (k % d) / d + 0.3 * random.normal()),
  )
}

test('p-values of fresh positives are honest, with fewer rows than columns and with more', async () => {
  for (const [n, d] of [
    [60, 128],
    [120, 12],
  ] as const) {
    let rejected = 0
    let total = 0
    for (let seed = 1; seed <= 4; seed++) {
      const state = await fitEnsemble(gaussian(n, d, seed), {}, createRandom(seed))
      const scores = scoreEnsemble(state, gaussian(250, d, seed + 100))
      for (let i = 0; i < 250; i++) {
        total++
        if (calibrate(state.calibration, scores, i, 0.1).pValue <= 0.1) rejected++
      }
    }
    const rate = rejected / total
    assert.ok(rate > 0.03 && rate < 0.18, `${n} x ${d}: ${rate} rejected at alpha 0.1`)
  }
})

test('the same seed gives the same state, another seed another one', async () => {
  const X = gaussian(40, 30, 1)
  const [a, b, c] = await Promise.all([1, 1, 2].map((seed) => fitEnsemble(X, {}, createRandom(seed))))
  assert.deepEqual(a, b)
  assert.notDeepEqual(a!.isolationForest, c!.isolationForest)
})

test('many positives are split instead of cross-fitted, and memory stays bounded', async () => {
  const state = await fitEnsemble(gaussian(1200, 10, 1), {}, createRandom(1))
  assert.equal(state.calibration.method, 'split')
  assert.equal(state.calibration.heldOut.ensemble.length, 300)
})

test('too few rows, equal rows and NaN are named errors', async () => {
  const fit = (X: Matrix) => fitEnsemble(X, {}, createRandom(1))
  await assert.rejects(fit(gaussian(7, 5, 1)), { code: 'TOO_FEW_IMAGES' })
  await assert.rejects(fit(takeRows(gaussian(1, 5, 1), new Array(20).fill(0))), { code: 'IMAGES_IDENTICAL' })
  const X = gaussian(20, 5, 1)
  X.data[33] = Number.NaN
  await assert.rejects(fit(X), { code: 'FEATURES_NOT_FINITE', message: /Row 6, column 3/ })
})

test('repeated images do not break a fit, and are held out together', async () => {
  const X = gaussian(30, 8, 1)
  for (let i = 10; i < 20; i++) row(X, i).set(row(X, 0))
  const state = await fitEnsemble(X, {}, createRandom(1))
  assert.ok(state.calibration.heldOut.ensemble.every(Number.isFinite))
})

test('folds keep groups together and come out even', () => {
  const groups = Array.from({ length: 100 }, (_, i) => Math.floor(i / 3))
  const folds = drawFolds(100, 10, createRandom(1), groups)
  const sizes = new Array(10).fill(0)
  for (let i = 0; i < 100; i++) {
    sizes[folds.of[i]!]++
    assert.equal(folds.of[i], folds.of[3 * Math.floor(i / 3)])
  }
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 3, String(sizes))
})

const mvtec = join(process.cwd(), '../shared/data/mvtec-resnet18')
test('MVTec AD, 15 categories: the members, the ensemble and the false-rejection rate are where they should be', {
  skip: existsSync(mvtec) ? false : 'the features of ../shared are not here',
}, async () => {
  const areas = { isolationForest: [] as number[], oneClassSvm: [] as number[], ensemble: [] as number[] }
  const rejected: number[] = []
  for (const category of readdirSync(mvtec).filter((name) => existsSync(join(mvtec, name, 'train.npy')))) {
    const load = (name: string) => readNpy(readFileSync(join(mvtec, category, name)))
    const test = load('test.npy')
    const isGood = Array.from(readLabels(join(mvtec, category, 'labels.npy'), test.rows), (label) =>
      Number(label === 0),
    )
    const state = await fitEnsemble(load('train.npy'), {}, createRandom(1))
    const scores = scoreEnsemble(state, test)
    for (const key of ['isolationForest', 'oneClassSvm', 'ensemble'] as const)
      areas[key].push(auroc(scores[key], isGood))
    const good = [...isGood.keys()].filter((i) => isGood[i])
    rejected.push(good.filter((i) => calibrate(state.calibration, scores, i, 0.05).pValue <= 0.05).length / good.length)
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value) / values.length
  assert.equal(rejected.length, 15)
  assert.ok(mean(areas.isolationForest) >= 0.82, `forest ${mean(areas.isolationForest)}`)
  assert.ok(mean(areas.oneClassSvm) >= 0.82, `SVM ${mean(areas.oneClassSvm)}`)
  assert.ok(mean(areas.ensemble) >= 0.825, `ensemble ${mean(areas.ensemble)}`)
  assert.ok(mean(rejected) >= 0.03 && mean(rejected) <= 0.08, `false-rejection rate ${mean(rejected)}`)
})

/** Labels are integers or floats of any width; their first bytes tell 0 from 1. */
function readLabels(path: string, count: number): number[] {
  const bytes = readFileSync(path)
  const width = Number(/descr': '[<|][a-z](\d)'/.exec(bytes.toString('latin1', 0, 128))![1])
  const data = bytes.subarray(bytes.length - count * width)
  return Array.from({ length: count }, (_, i) =>
    Number(data.subarray(i * width, (i + 1) * width).some((byte) => byte !== 0)),
  )
}
