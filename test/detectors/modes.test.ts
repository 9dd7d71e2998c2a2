/** Modes of whole maps: what all places share goes, what one place has stays. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import {
  fitModes,
  type PlaceModes,
  productsOfImages,
  removeModes,
  roundModes,
} from '../../src/detectors/patches/modes.ts'
import { fitPlaceGaussians, placeDistances, sumPlaces } from '../../src/detectors/patches/place-gaussians.ts'

const [places, d, n] = [30, 4, 40]
const steps = Float32Array.from([1, 0.5, 0.25, 0.1])
const random = createRandom(1)
const light = Array.from({ length: places * d }, () => random.next() - 0.5)

/** Light of any strength that falls on all places, and grain. */
function image(): Uint8Array {
  const strength = 160 * (random.next() - 0.5)
  return Uint8Array.from(light, (value) => Math.round(128 + strength * value + 8 * (random.next() - 0.5)))
}

const images = Array.from({ length: n }, image)
const rows = Array.from(images.keys())
const products = productsOfImages(images, steps)
const sums = sumPlaces(images, d)
const fitted = fitModes(products, images, rows, steps)
const modes = roundModes(fitted)
const means = fitPlaceGaussians(sums, steps).means

function left(of: PlaceModes, one: Uint8Array): number {
  const map = Float32Array.from(one, (byte, x) => (byte - means[x]!) * steps[x % d]!)
  removeModes(of, map)
  return map.reduce((sum, value) => sum + value * value, 0)
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
    const plain = { gaussians: fitPlaceGaussians(sums, steps), steps }
    const without = { gaussians: fitPlaceGaussians(sums, steps, fitted), steps, modes }
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
    assert.ok(seen > 40 && hidden < 30, `${hidden} of 50 without modes, ${seen} with them`)
  })

  it('are none of a few images, and the covariances stay those of the images', () => {
    const few = fitModes(products, images, rows.slice(0, 11), steps)
    assert.deepEqual(few, { vectors: [], variances: [] })
    assert.deepEqual(fitPlaceGaussians(sums, steps, few), fitPlaceGaussians(sums, steps))
  })
})
