/**
 * Do the printed promises hold? Rows are drawn, no images: each fit gets n new positives, and is judged by thousands of fresh ones.
 *
 *   realised   share of fits whose false-rejection rate lies in the range that `fit` prints for 9 of 10 fits
 *   tolerance  share of fits whose rate at the alpha of `--confidence 0.95` is at most 0.05
 *   FDP        of 200 images with 10, 30, 50 % anomalies: share of positives among those that `--fdr 0.1` flags, on average
 *
 * Contaminated: that share of the n positives was drawn from other kinds than the anomalies that it is then asked about, each from a
 * kind of its own. Left out: what `--exclude misfits` names is left out before the fit.
 *
 * 32 columns have a covariance of full rank, as features that somebody made by hand. More have 128 directions of falling strength and a
 * little noise in all of them, as embeddings.
 */
import { type Matrix, matrix, takeRows } from '../src/core/matrix.ts'
import { createRandom, type Random } from '../src/core/random.ts'
import { type EnsembleState, fitEnsemble, scoreEnsemble } from '../src/detectors/ensemble.ts'
import { calibrate } from '../src/detectors/join.ts'
import { findMisfits } from '../src/detectors/misfits.ts'
import { expectedFalseRejection, flagDiscoveries, toleranceAlpha } from '../src/detectors/promise.ts'
import { mean, share, wilson } from './material.ts'

const narrow = 32
const alpha = 0.05
const rate = 0.1
const confidence = 0.95
const shares = [0.1, 0.3, 0.5]
const batch = 200

export const simulationHead = [
  'n x columns',
  'contaminated',
  'left out: others, positives',
  'calibration',
  'fits',
  'rate, mean (printed)',
  'in the printed range',
  'tolerance kept',
  ...shares.map((part) => `FDP and power at ${100 * part} %`),
]

interface World {
  positives(n: number): Matrix
  /** Of one kind for each number. */
  others(n: number, kind: number): Matrix
}

/** One class with a covariance of falling strength, and kinds of others that lie some standard deviations away. */
function drawWorld(random: Random, d: number): World {
  const isWide = d > narrow
  const [factors, noise, away] = isWide ? [4 * narrow, 0.05, 0.3] : [narrow, 0, 0.9]
  const mix = matrix(d, factors)
  for (let k = 0; k < mix.data.length; k++) mix.data[k] = random.normal() / (1 + (k % factors) / 4)
  const rows = (n: number, shift?: Float64Array): Matrix => {
    const out = matrix(n, d)
    const z = new Float64Array(factors)
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < factors; k++) z[k] = random.normal()
      for (let j = 0; j < d; j++) {
        let sum = 3 + (shift?.[j] ?? 0)
        for (let k = 0; k < factors; k++) sum += mix.data[j * factors + k]! * z[k]!
        if (isWide) sum += noise * random.normal()
        out.data[i * d + j] = sum
      }
    }
    return out
  }
  const kinds = new Map<number, Float64Array>()
  const shiftOf = (kind: number): Float64Array => {
    const made = kinds.get(kind) ?? Float64Array.from({ length: d }, () => away * random.normal())
    kinds.set(kind, made)
    return made
  }
  return { positives: (n) => rows(n), others: (n, kind) => rows(n, shiftOf(kind)) }
}

export interface Setting {
  readonly n: number
  readonly columns: number
  /** Share of the n rows that are others. */
  readonly contaminated: number
  /** As `--exclude misfits`. */
  readonly excludes?: boolean
  readonly method?: 'cross-fit' | 'split'
}

/** One line of the table. */
export async function simulate(
  { n, columns: d, contaminated, excludes = false, method }: Setting,
  fits: number,
  seed: number,
): Promise<string[]> {
  const wide = d === narrow ? '' : ` ${d}`
  const random = createRandom(seed).fork(`${n} ${contaminated} ${method ?? ''}${wide}`)
  const fresh = 3000
  const rates: number[] = []
  let [inRange, kept, tolerated] = [0, 0, 0]
  const out = { others: [] as number[], positives: [] as number[] }
  const found = shares.map(() => ({ fdp: [] as number[], power: [] as number[] }))
  let printed = ''
  const withInterval = (count: number, of: number): string => {
    if (of === 0) return 'too few'
    const [low, high] = wilson(count, of)
    return `${share(count / of)} (${share(low)}-${share(high)})`
  }
  const cells = (done: number): string[] => [
    `${n} x ${d}`,
    `${100 * contaminated} %`,
    excludes ? `${mean(out.others).toFixed(1)}, ${mean(out.positives).toFixed(1)}` : 'nothing',
    method ?? 'default',
    `${done}`,
    `${share(mean(rates))} (${printed})`,
    withInterval(inRange, done),
    withInterval(kept, tolerated),
    ...found.map(({ fdp, power }) => `${share(mean(fdp))}, ${share(mean(power))}`),
  ]
  for (let fit = 0; fit < fits; fit++) {
    const world = drawWorld(random.fork(`world ${fit}`), d)
    const wrong = Math.round(contaminated * n)
    let X = matrix(n, d)
    X.data.set(world.positives(n - wrong).data)
    for (let i = 0; i < wrong; i++) X.data.set(world.others(1, 100 + i).data, (n - wrong + i) * d)
    if (excludes) {
      const order = Array.from({ length: n }, (_, i) => i)
      const left = new Set(findMisfits(X, order, random.fork(`misfits ${fit}`)).map(({ row }) => row))
      const others = [...left].filter((i) => i >= n - wrong).length
      out.others.push(others)
      out.positives.push(left.size - others)
      X = takeRows(
        X,
        order.filter((i) => !left.has(i)),
      )
    }
    const state = await fitEnsemble(X, method ? { method } : {}, random.fork(`fit ${fit}`))
    const counted = state.calibration.heldOut.ensemble.length
    const p = pValuesOf(state, world.positives(fresh))
    const rejected = (level: number) => p.reduce((count, value) => count + (value <= level ? 1 : 0), 0) / p.length
    const expected = expectedFalseRejection(counted, alpha, state.calibration.method)
    printed = `${share(expected.mean)}, ${share(expected.low)}-${share(expected.high)}`
    const realised = rejected(alpha)
    rates.push(realised)
    if (realised >= expected.low && realised <= expected.high) inRange++
    const strict = toleranceAlpha(counted, alpha, confidence)
    if (strict !== undefined) {
      tolerated++
      if (rejected(strict) <= alpha) kept++
    }
    for (const [at, part] of shares.entries()) {
      const odd = Math.round(part * batch)
      const all = [...pValuesOf(state, world.positives(batch - odd)), ...pValuesOf(state, world.others(odd, fit))]
      const { flagged } = flagDiscoveries(all, rate)
      const wrongly = flagged.subarray(0, batch - odd).reduce((sum, value) => sum + value, 0)
      const rightly = flagged.subarray(batch - odd).reduce((sum, value) => sum + value, 0)
      found[at]!.fdp.push(wrongly / Math.max(1, wrongly + rightly))
      found[at]!.power.push(rightly / odd)
    }
    if ((fit + 1) % 20 === 0) console.error(`${cells(fit + 1).join(' | ')} (of ${fits} fits)`)
  }
  return cells(fits)
}

export function pValuesOf(state: EnsembleState, X: Matrix): number[] {
  const scores = scoreEnsemble(state, X)
  return Array.from({ length: X.rows }, (_, i) => calibrate(state.calibration, scores, i, alpha).pValue)
}
