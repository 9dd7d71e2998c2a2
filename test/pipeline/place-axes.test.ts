import assert from 'node:assert/strict'
import { cp, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { decodeAxes, encodeAxes } from '../../src/detectors/patches/axes-file.ts'
import { showing } from '../../src/features/changed.ts'
import { readBackboneFiles } from '../../src/features/manifest.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { axesOf, findAxes, showingPlaces } from '../../src/pipeline/patches.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('the axes that come with the embedded network are those that drawn images say', async () => {
  const network = await openBackbone(undefined, { home: 'unused' })
  try {
    const shipped = await axesOf(network, undefined)
    assert.equal(shipped, network.axes)
    const found = await findAxes(showingPlaces(network, undefined))
    assert.deepEqual([shipped.channels, shipped.count], [found.channels, found.count])
    for (const key of ['axes', 'centre', 'steps'] as const) {
      const largest = found[key].reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      // float32, of a network that rounds otherwise on other processors
      shipped[key].forEach((value, i) => {
        assert.ok(Math.abs(value - found[key][i]!) < 0.02 * largest, `${key} ${i}: run scripts/place-axes.mjs`)
      })
    }
    assert.equal(showing(network, network.maps!).axes, shipped)
  } finally {
    await network.close()
  }
})

test('axes of another length, or that are no numbers, are a damaged network', async (t) => {
  const folder = await temporaryFolder(t)
  await cp('models/oc-s3', folder, { recursive: true })
  const [path, file] = [join(folder, 'manifest.json'), join(folder, 'axes.f32')]
  const bytes = await readFile(file)
  assert.deepEqual(Buffer.from(encodeAxes(decodeAxes(bytes, 384))), bytes)
  const damaged = { code: 'BACKBONE_INVALID', message: /axes\.f32" is damaged/ }
  await writeFile(file, Buffer.concat([bytes.subarray(0, -4), Buffer.from([0, 0, 192, 127])]))
  await assert.rejects(readBackboneFiles(path), damaged)
  await truncate(file, bytes.length - 4)
  await assert.rejects(readBackboneFiles(path), damaged)
})
