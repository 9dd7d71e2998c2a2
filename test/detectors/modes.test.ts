/** Modes of whole maps: what all places share goes, what one place has stays. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import {
  blockMeans,
  fitModes,
  modesIn,
  type PlaceModes,
  productsOfImages,
  roundModes,
} from '../../src/detectors/patches/modes.ts'
import { blocksOf, fitPlaceGaussians, placeDistances, sumPlaces } from '../../src/detectors/patches/place-gaussians.ts'

const [places, d, n] = [30, 4, 40]
const steps = Float32Array.from([1, 0.5, 0.25, 0.1])
const random = createRandom(1)
const blocks = blocksOf({ height: 5, width: 6, block: 2 })
const light = Array.from({ length: places * d }, (_, at) => Math.sin(blocks[Math.floor(at / d)]! * d + (at % d)) / 2)

/** Light of any strength that falls on all places, and grain. */
function image(): Uint8Array {
  const strength = 160 * (random.next() - 0.5)
  return Uint8Array.from(light, (value) => Math.round(128 + strength * value + 8 * (random.next() - 0.5)))
}

const images = Array.from({ length: n }, image)
const rows = Array.from(images.keys())
const sums = sumPlaces(images, d, blocks)
const center = fitPlaceGaussians(sums, steps, blocks).means
const inBlocks = (one: Uint8Array) =>
  blockMeans(
    Array.from(one, (byte, x) => (byte - center[x]!) * steps[x % d]!),
    blocks,
  )
const means = images.map(inBlocks)
const products = productsOfImages(means)
const fitted = fitModes(products, means, rows)
const modes = roundModes(fitted)

function left(of: PlaceModes, one: Uint8Array): number {
  const map = inBlocks(one)
  const taken = modesIn(of, map)
  return map.reduce((sum, value, x) => sum + (value - taken[x]!) ** 2, 0)
}

describe('modes of maps', () => {
  it('are unit vectors, at right angles, and their variances are what they take away', () => {
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, x) => sum + value * b[x]!, 0)
    fitted.vectors.forEach((a, i) => {
      fitted.vectors.forEach((b, j) => {
        assert.ok(Math.abs(dot(a, b) - (i === j ? 1 : 0)) < 1e-6)
      })
    })
    const none = { bytes: new Uint8Array(0), levels: new Float32Array(0) }
    const mean = (of: PlaceModes) => images.reduce((sum, one) => sum + left(of, one), 0) / n
    const taken = fitted.variances.reduce((sum, value) => sum + value, 0)
    assert.ok(Math.abs(mean(none) - taken - mean(modes)) < 0.01 * mean(modes))
    assert.ok(mean(modes) < 0.05 * mean(none), 'light is nearly all that varies')
  })

  it('make a change stand out that is within what light does to its place', () => {
    const plain = { gaussians: fitPlaceGaussians(sums, steps, blocks), steps, blocks }
    const without = { gaussians: fitPlaceGaussians(sums, steps, blocks, fitted), steps, blocks, modes }
    const found = (measure: Parameters<typeof placeDistances>[0]) => {
      let hits = 0
      for (let k = 0; k < 50; k++) {
        const one = image()
        for (let x = (k % places) * d; x < ((k % places) + 1) * d; x++) one[x]! += Math.round(50 * light[x]!)
        const distances = placeDistances(measure, one)
        if (distances.indexOf(Math.max(...distances)) === k % places) hits++
      }
      return hits
    }
    const [hidden, seen] = [found(plain), found(without)]
    assert.ok(seen > 40 && hidden < 36, `${hidden} of 50 without modes, ${seen} with them`)
  })

  it('leave covariances that places of a block share, as whitening each of them would', () => {
    const { means, factors } = fitPlaceGaussians(sums, steps, blocks)
    assert.deepEqual([means.length, factors.length], [places * d, (9 * d * (d + 1)) / 2])
    const own = blocksOf({ height: 5, width: 6 })
    assert.deepEqual(
      own,
      Int32Array.from({ length: places }, (_, p) => p),
    )
    // the last row of blocks is one place high
    assert.deepEqual([blocks[0], blocks[7], blocks[12], blocks[29]], [0, 0, 3, 8])
    const measure = { gaussians: { means, factors }, steps, blocks }
    const squares = images.flatMap((one) => [...placeDistances(measure, one)].map((value) => value * value))
    const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length
    assert.ok(mean > 0.25 * d && mean < d, `mean square ${mean} in ${d} dimensions`)
  })

  it('are none of a few images, and the covariances stay those of the images', () => {
    const few = fitModes(products, means, rows.slice(0, 11))
    assert.deepEqual(few, { vectors: [], variances: [] })
    assert.deepEqual(fitPlaceGaussians(sums, steps, blocks, few), fitPlaceGaussians(sums, steps, blocks))
  })
})
