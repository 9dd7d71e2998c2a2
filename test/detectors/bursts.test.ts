import assert from 'node:assert/strict'
import test from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { groupBursts } from '../../src/detectors/bursts.ts'
import { fitEnsemble, scoreEnsemble } from '../../src/detectors/ensemble.ts'
import { calibrate } from '../../src/detectors/join.ts'

/**
 * `objects` things of `shots` photos each: a photo is its thing, a light that varies far more than things do along two directions, and
 * noise. Photos of one thing are then not the nearest ones in plain distance.
 */
function photos(objects: number, shots: number, d: number, seed: number) {
  const random = createRandom(seed)
  const lights = createRandom(99)
  const axes = [0, 1].map(() => Float64Array.from({ length: d }, () => lights.normal()))
  const X = matrix(objects * shots, d)
  for (let k = 0; k < objects; k++) {
    const thing = Float64Array.from({ length: d }, () => random.normal())
    for (let s = 0; s < shots; s++) {
      const [a, b] = [2 * random.normal(), 2 * random.normal()]
      for (let j = 0; j < d; j++) {
        X.data[(k * shots + s) * d + j] = 8 + thing[j]! + a * axes[0]![j]! + b * axes[1]![j]! + 0.25 * random.normal()
      }
    }
  }
  return X
}

const alone = (n: number) => Int32Array.from({ length: n }, (_, i) => i)

test('photos of one thing under several lights are found to be kin, and hardly any others', () => {
  const groups = groupBursts(photos(50, 3, 96, 1), alone(150))
  let together = 0
  let apart = 0
  for (let i = 0; i < 150; i++) {
    for (let j = 0; j < i; j++) {
      if (groups[i] !== groups[j]) continue
      if (Math.floor(i / 3) === Math.floor(j / 3)) together++
      else apart++
    }
  }
  assert.ok(together > 0.9 * 150, `${together} of 150 pairs of kin are together`)
  assert.ok(apart <= 3, `${apart} pairs of strangers are together`)
})

test('single photos stay alone, in many dimensions and in few', () => {
  for (const [n, d] of [
    [150, 96],
    [150, 4],
    [200, 2],
    [40, 300],
    [600, 8],
  ] as const) {
    const random = createRandom(7)
    const X = matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, () => 5 + random.normal()),
    )
    const count = new Set(groupBursts(X, alone(n))).size
    assert.ok(count >= 0.99 * n, `${n} x ${d}: ${count} groups`)
  }
})

test('what is known to belong together stays together; no group takes more than a tenth of the rows by linking', () => {
  const known = alone(120)
  for (let i = 60; i < 90; i++) known[i] = 60
  const groups = groupBursts(photos(4, 30, 96, 2), known)
  assert.equal(new Set(groups.slice(60, 90)).size, 1)
  const sizes = new Map<number, number>()
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  assert.ok([...sizes.values()].every((size) => size <= 12 || size === 30))
})

test('with several photos of each thing, new things are rejected about as often as alpha says', async () => {
  let rejected = 0
  let total = 0
  for (let seed = 1; seed <= 3; seed++) {
    const state = await fitEnsemble(photos(40, 3, 96, seed), {}, createRandom(seed))
    const scores = scoreEnsemble(state, photos(200, 1, 96, seed + 50))
    for (let i = 0; i < 200; i++) {
      total++
      if (calibrate(state.calibration, scores, i, 0.1).pValue <= 0.1) rejected++
    }
  }
  const rate = rejected / total
  assert.ok(rate > 0.03 && rate < 0.2, `${rate} rejected at alpha 0.1`)
})
