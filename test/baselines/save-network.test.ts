/** A trained network goes to disk and comes back as a backbone that gives the same features. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forward, initialWeights } from '../../src/baselines/network.ts'
import { saveNetwork } from '../../src/baselines/save-network.ts'
import { loadTensorFlow } from '../../src/baselines/tensorflow.ts'
import { createRandom } from '../../src/core/random.ts'
import { openBackbone } from '../../src/features/registry.ts'

test('a saved network is a backbone with the same features', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-network-'))
  try {
    const size = 32
    const initial = initialWeights(size, createRandom(3))
    const path = await saveNetwork({ size, weights: initial.map(({ values }) => values) }, 'mine', folder)
    const random = createRandom(5)
    const data = Uint8Array.from({ length: size * size * 3 }, () => random.int(256))
    const { tf } = await loadTensorFlow()
    const x = tf.tensor4d(
      Float32Array.from(data, (value) => value / 255),
      [1, size, size, 3],
    )
    const weights = initial.map(({ shape, values }) => tf.tensor(values, shape))
    const expected = forward(tf, weights, x).features.dataSync()
    const backbone = await openBackbone(path, { home: join(folder, 'home') })
    try {
      assert.equal(backbone.dim, 64)
      const [features] = (await backbone.embed([{ width: size, height: size, data }])) as [Float32Array]
      features.forEach((value, i) => {
        assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${i}: ${value} against ${expected[i]}`)
      })
    } finally {
      await backbone.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
