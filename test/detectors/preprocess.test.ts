/** Rows that somebody centred or whitened keep their lengths; rows as networks make them are scaled to length 1. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { columnMeans, type Matrix, matrix, row } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { choosePreprocess } from '../../src/detectors/preprocess.ts'
import { applySymmetricWhitening, fitWhitening } from '../../src/detectors/whitening.ts'
import { auroc } from '../../src/evaluation/metrics.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { decodeArtifact, encodeArtifact } from '../../src/store/artifact.ts'

const d = 40

/** As of a network: not negative, with a mean, a few strong directions. @param spread of the lengths of rows about the mean */
function features(n: number, seed: number, spread = 1): Matrix {
  const random = createRandom(seed)
  const X = matrix(n, d)
  for (let i = 0; i < n; i++) {
    const strong = random.normal()
    for (let j = 0; j < d; j++) {
      const value =
        1 +
        (j % 5) / 4 +
        spread * (0.8 * strong * Math.cos(j) + (0.05 + 0.3 * ((j * 7) % 11 === 0 ? 1 : 0)) * random.normal())
      X.data[i * d + j] = Math.max(0, value)
    }
  }
  return X
}

function minus(X: Matrix, mean: Float64Array): Matrix {
  const out = matrix(X.rows, X.cols, X.data.slice())
  for (let i = 0; i < X.rows; i++) for (let j = 0; j < X.cols; j++) row(out, i)[j]! -= mean[j]!
  return out
}

test('what auto finds', () => {
  const X = features(200, 1)
  assert.equal(choosePreprocess(X, 'auto'), undefined)
  assert.equal(choosePreprocess(minus(X, columnMeans(X)), 'auto')?.reason, 'centred')
  assert.equal(choosePreprocess(minus(X, columnMeans(features(300, 2))), 'auto')?.reason, 'centred')
  const whitening = fitWhitening(features(4000, 3))
  assert.equal(choosePreprocess(applySymmetricWhitening(whitening, X), 'auto')?.reason, 'whitened')
  const random = createRandom(4)
  for (const [n, cols] of [
    [30, 500],
    [200, 200],
    [2000, 50],
  ] as const) {
    const white = matrix(
      n,
      cols,
      Float64Array.from({ length: n * cols }, () => 7 * random.normal()),
    )
    const found = choosePreprocess(white, 'auto')
    assert.equal(found?.reason, 'whitened', `${n} x ${cols}`)
    assert.ok(Math.abs(found.factor * 7 * Math.sqrt(cols) - 1) < 0.1)
  }
  assert.equal(choosePreprocess(X, 'none')?.reason, 'asked')
  assert.equal(choosePreprocess(minus(X, columnMeans(X)), 'l2'), undefined)
  assert.throws(() => choosePreprocess(matrix(10, 3), 'auto'), { code: 'IMAGES_IDENTICAL' })
})

test('whitened rows: lengths tell anomalies that directions do not; a saved model scores as it did', async () => {
  const random = createRandom(5)
  const white = (n: number, scale: number) =>
    matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, () => scale * random.normal()),
    )
  const [train, good, odd] = [white(150, 1), white(200, 1), white(100, 1.4)]
  const judge = async (preprocess: 'auto' | 'l2') => {
    const artifact = await fitFeatures(train, { preprocess })
    const classifier = createClassifier(decodeArtifact(encodeArtifact(artifact)), { model: 'x@1' })
    const scores = [good, odd].map((X) => classifier.scoreMatrix(X))
    const fresh = createClassifier(artifact, { model: 'x@1' }).scoreMatrix(odd)
    assert.deepEqual(scores[1], fresh)
    assert.ok(fresh.every(({ nearest }) => nearest.every(({ similarity }) => Math.abs(similarity) <= 1)))
    const values = scores.map((some) => Float64Array.from(some, ({ score }) => score))
    const rejected = scores[0]!.filter(({ isPositive }) => !isPositive).length / good.rows
    const labels = Uint8Array.from({ length: good.rows + odd.rows }, (_, i) => (i < good.rows ? 1 : 0))
    return { auroc: auroc(Float64Array.from([...values[0]!, ...values[1]!]), labels), rejected }
  }
  const [kept, scaled] = [await judge('auto'), await judge('l2')]
  assert.ok(kept.auroc > 0.95, String(kept.auroc))
  assert.ok(scaled.auroc < 0.65, String(scaled.auroc))
  assert.ok(kept.rejected < 0.12, String(kept.rejected))
})
