/** Fits of feature rows: how rows are held and how many threads work makes no difference to the bytes of the model. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Rows, widen } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { artifactInParts, encodeArtifact } from '../../src/store/artifact.ts'
import { fitReport } from '../../src/store/fit-facts.ts'

/** Rows with some that are equal, and some far out. */
function rowsOf(n: number, d: number): Rows {
  const random = createRandom(n)
  const data = Float32Array.from(
    { length: n * d },
    (_, k) => 1 + (Math.floor(k / d) % 97 === 0 ? 3 : 0.2) * random.normal(),
  )
  data.copyWithin(5 * d, 0, 2 * d)
  return { rows: n, cols: d, data }
}

test('rows in float32 give the bytes that the same rows in float64 give', async () => {
  const cases = [
    [60, 24, {}],
    [1100, 24, {}],
    [1010, 40, { preprocess: 'none' }],
    [40, 8, { preprocess: 'auto', negatives: widen(rowsOf(12, 8)) }],
  ] as const
  for (const [n, d, options] of cases) {
    const X = rowsOf(n, d)
    const before = X.data.slice()
    const narrow = encodeArtifact(await fitFeatures(X, options))
    assert.deepEqual(narrow, encodeArtifact(await fitFeatures(widen(X), options)))
    assert.deepEqual(X.data, before)
  }
})

test('folds in threads give the same bytes, and the same steps are told', async () => {
  const X = rowsOf(620, 24)
  const fit = async (threads?: number) => {
    const steps: string[] = []
    const options = { threads, onProgress: (done: number, total: number) => steps.push(`${done}/${total}`) }
    return { bytes: encodeArtifact(await fitFeatures(X, options)), steps }
  }
  assert.deepEqual(await fit(3), await fit())
})

test('a fit whose folds are in threads can be cancelled', async () => {
  const stop = new AbortController()
  const options = { threads: 2, signal: stop.signal, onProgress: () => stop.abort() }
  await assert.rejects(fitFeatures(rowsOf(620, 16), options), { code: 'CANCELLED' })
})

test('a model in parts is the model', async () => {
  const artifact = await fitFeatures(rowsOf(30, 8))
  assert.deepEqual(Buffer.concat(artifactInParts(artifact)), Buffer.from(encodeArtifact(artifact)))
})

test('where no alpha keeps a promise with confidence, the one that is kept is no looser than was asked, in few digits', async () => {
  const { alpha } = await fitFeatures(rowsOf(12, 6), { alpha: 0.03, confidence: 0.9 })
  assert.equal(alpha, 0.03)
  const strict = await fitFeatures(rowsOf(30, 6), { alpha: 0.02, confidence: 0.9 })
  assert.ok(strict.alpha < 0.02 && String(strict.alpha).length <= 6, String(strict.alpha))
})

test('negatives that are positives as well are counted and said', async () => {
  const random = createRandom(4)
  const X = { rows: 20, cols: 6, data: Float64Array.from({ length: 120 }, () => 1 + random.next()) }
  const negatives = { rows: 3, cols: 6, data: Float64Array.from(X.data.slice(12, 30)) }
  negatives.data[17] = 0
  const { facts } = await fitFeatures(X, { negatives })
  assert.equal(facts?.negatives?.ofPositives, 2)
  const { warnings } = fitReport({ n: 20, alpha: 0.05, calibrationScores: 20, facts })
  assert.match(warnings.join(' '), /2 of 3 negatives are positives as well/)
})
