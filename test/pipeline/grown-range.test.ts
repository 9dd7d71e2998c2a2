/** A version that grows sees new images with the range of the one before, also where that has none. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import type { ImageSource } from '../../src/images/source.ts'
import { type FitModelOptions, fitModel } from '../../src/pipeline/fit-model.ts'
import { tiffFile } from '../support/tiff-files.ts'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'oneclass-range-'))
})
after(() => rm(home, { recursive: true, force: true }))

/** Of 16 bits; `share` of their scale. */
function parts(from: number, count: number, share: number): ImageSource[] {
  return Array.from({ length: count }, (_, i) => {
    const { width, height, data } = renderPart(createRandom(from + i))
    const samples = Uint16Array.from(data, (value) => Math.round(value * 257 * share))
    return { name: `${from + i}.tif`, bytes: tiffFile({ width, height, bits: 16, samples: 3 }, samples) }
  })
}

const fit = (options: Partial<FitModelOptions>) =>
  fitModel({ home, name: 'part', positives: undefined, patches: false, ...options })

test('the same model as a fit on all of them, where the first ones use all of their scale', async () => {
  const [bright, dark] = [parts(0, 20, 1), parts(100, 4, 0.06)]
  const first = await fit({ positives: bright })
  assert.equal(first.model.range, undefined)
  const grown = await fit({ positives: dark, base: 'part@1' })
  const whole = await fit({ positives: [...bright, ...dark] })
  assert.equal(grown.model.range, undefined)
  assert.deepEqual(grown.fitted.gallery.embeddings, whole.fitted.gallery.embeddings)
})

test('a range that was measured is kept, one that is given counts', async () => {
  const first = await fit({ name: 'dark', positives: parts(0, 20, 0.06) })
  assert.equal(first.model.range?.high, 4095)
  const bright = parts(100, 4, 1)
  const grown = await fit({ name: 'dark', positives: bright, base: 'dark@1' })
  assert.deepEqual(grown.model.range, first.model.range)
  const range = { low: 0, high: 1000, samples: 'any' } as const
  const given = await fit({ name: 'dark', positives: bright, base: 'dark@1', range })
  assert.deepEqual(given.model.range, range)
})
