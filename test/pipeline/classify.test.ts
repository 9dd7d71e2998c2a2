import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'

test('a model whose numbers are finite and whose scores are none says so, and gives no result', async () => {
  const random = createRandom(3)
  const rows = matrix(
    30,
    8,
    Float64Array.from({ length: 240 }, () => 1 + random.next()),
  )
  const artifact = await fitFeatures(rows, { seed: 1 })
  const asked = rows.data.subarray(0, 8)
  assert.ok(createClassifier(artifact, { model: 'm@1' }).scoreEmbedding(asked).pValue > 0)
  const { ensemble } = artifact
  const { whitening } = ensemble
  const far = { ...whitening, scales: whitening.scales.map(() => 1e300), residualScale: 1e300 }
  const model = createClassifier({ ...artifact, ensemble: { ...ensemble, whitening: far } }, { model: 'm@1' })
  assert.throws(() => model.scoreEmbedding(asked), { code: 'MODEL_INCOMPATIBLE' })
})
