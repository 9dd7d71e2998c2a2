import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, type Random } from '../../src/core/random.ts'
import { acceptedGap, type DriftState, gapOf, newDrift, observe, reportDrift } from '../../src/detectors/drift.ts'

const n = 200

/** A model's calibration scores and the p-value of a new score. */
function model(random: Random): (score: number) => number {
  const held = Array.from({ length: n }, () => random.normal())
  return (score) => (1 + held.filter((s) => s >= score).length) / (n + 1)
}

function watch(
  pValue: (score: number) => number,
  scores: readonly number[],
  random: Random,
  alpha?: number,
): DriftState {
  let state = newDrift(alpha === undefined ? n : acceptedGap(1, n, alpha)!.n)
  for (const score of scores) {
    const p = pValue(score)
    const gap = alpha === undefined ? gapOf(p, n) : acceptedGap(p, n, alpha)?.gap
    if (gap !== undefined) state = observe(state, gap, random.next())
  }
  return state
}

const normals = (random: Random, count: number, shift = 0) =>
  Array.from({ length: count }, () => random.normal() + shift)

for (const [stream, alpha] of [
  ['all', undefined],
  ['accepted', 0.05],
] as const) {
  test(`${stream}: nothing changed, so the capital rarely reaches 10 or 100 (Ville)`, () => {
    const runs = 300
    let ten = 0
    let hundred = 0
    for (let seed = 0; seed < runs; seed++) {
      const random = createRandom(seed)
      const report = reportDrift(watch(model(random), normals(random, 400), random, alpha))
      if (report.maxLog10Capital >= 1) ten++
      if (report.maxLog10Capital >= 2) hundred++
    }
    // at most 1/10 and 1/100, with room for chance (3 standard deviations of 300 runs)
    assert.ok(ten / runs <= 0.1 + 0.052, `${ten} of ${runs} reached 10`)
    assert.ok(hundred / runs <= 0.01 + 0.017, `${hundred} of ${runs} reached 100`)
  })

  test(`${stream}: a shift is noticed`, () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = createRandom(1000 + seed)
      const stream = [...normals(random, 300), ...normals(random, 400, 1)]
      assert.equal(reportDrift(watch(model(random), stream, random, alpha)).alarm, true, `seed ${seed}`)
    }
  })
}

test('rejected images, however many, do not disturb the stream of accepted ones', () => {
  let alarms = 0
  for (let seed = 0; seed < 100; seed++) {
    const random = createRandom(seed)
    const mixed = normals(random, 200).flatMap((score) => [score, 9, 8])
    const report = reportDrift(watch(model(random), mixed, random, 0.05))
    if (report.alarm) alarms++
    assert.ok(report.images > 150 && report.images < 220)
  }
  assert.ok(alarms <= 4, `${alarms} of 100`)
})

test('gaps', () => {
  assert.equal(gapOf(1 / (n + 1), n), 1)
  assert.equal(gapOf(1, n), n + 1)
  assert.equal(acceptedGap(0.05, n, 0.05), undefined)
  assert.deepEqual(acceptedGap(1, n, 0.05), { n: 190, gap: 191 })
  assert.deepEqual(acceptedGap(11 / 201, n, 0.05), { n: 190, gap: 1 })
})

test('the state survives JSON', () => {
  const random = createRandom(1)
  const state = watch(model(random), normals(random, 50), random)
  const copy = JSON.parse(JSON.stringify(state)) as DriftState
  assert.deepEqual(observe(copy, 7, 0.5), observe(structuredClone(state), 7, 0.5))
})
