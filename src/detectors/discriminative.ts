/**
 * A head that uses negatives, where there are some: Fisher's linear discriminant on l2-normalised embeddings, w = Σ⁻¹ (m₋ - m₊), with the
 * covariance within the two classes, each class weighing the same, shrunk as in `whitening.ts` (Ledoit and Wolf 2004). It has a closed
 * form, nothing to tune and nothing random, and it makes sense from one negative on: then it is the direction to that negative in units
 * of how the positives vary.
 *
 * It knows the kinds of negatives that it was given, and no others. So it only joins the one-class members, with a weight that is found
 * on kinds held out of it, and it is calibrated on held-out positives as they are: whatever the negatives, the promise about
 * positives is the same.
 */
import { cholesky, solveCholesky } from '../core/cholesky.ts'
import {
  columnMeans,
  dot,
  firstEqualRows,
  l2Normalise,
  type Matrix,
  matrix,
  row,
  squaredDistance,
  takeRows,
} from '../core/matrix.ts'
import { gram } from '../core/products.ts'
import { type Random, sample } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import { areaUnder } from './area-under.ts'
import { drawFolds, type HoldOut, rowsIn, rowsOutside } from './held-out.ts'
import { unitOf } from './join.ts'
import { ledoitWolf } from './ledoit-wolf.ts'

export interface DiscriminativeState {
  /** w, length d. */
  readonly weights: Float64Array
  /** w . x at the middle between the two means: there the score is 0. */
  readonly offset: number
  /** Negatives that it was fitted with. */
  readonly negatives: number
}

/** Rows of a class to fit on at most; of more, so many are drawn. Bounds time (a system of twice this size) and memory. */
const maxRows = 1000
/** Weights to choose from, in shares of what all one-class members weigh together. */
const weightChoices = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2] as const
/** A head from few negatives is mostly noise, and few negatives cannot show it: no weight above this for each negative. */
const weightPerNegative = 0.01
/** Groups in which negatives are held out. */
const kindsAtMost = 4
/** In which negatives are held out to be judged themselves. */
const foldsOfNegatives = 4
/** Differences of the AUROC below this do not count, for kinds that come later may lose more by a larger weight: the smallest is taken. */
const gainThatCounts = 0.002

/**
 * @param positives embeddings, shape (n, d), n >= 2
 * @param negatives embeddings, shape (m, d), m >= 1
 */
export function fitDiscriminative(positives: Matrix, negatives: Matrix): DiscriminativeState {
  const [P, N] = [l2Normalise(positives), l2Normalise(negatives)]
  const { cols: d } = P
  const [mp, mn] = [columnMeans(P), columnMeans(N)]
  const difference = mn.map((value, j) => value - mp[j]!)
  // rows of both classes, centred, the negatives in the weight of as many positives
  const spread = N.rows > 1
  const R = matrix(P.rows + (spread ? N.rows : 0), d)
  const factor = Math.sqrt(P.rows / N.rows)
  for (let i = 0; i < R.rows; i++) {
    const [from, mean, scale] = i < P.rows ? [row(P, i), mp, 1] : [row(N, i - P.rows), mn, factor]
    const to = row(R, i)
    for (let j = 0; j < d; j++) to[j] = scale * (from[j]! - mean[j]!)
  }
  const weights = solveShrunk(R, difference)
  const offset = (dot(weights, mp, d) + dot(weights, mn, d)) / 2
  return { weights, offset, negatives: N.rows }
}

/** w . x - offset of each l2-normalised row, length m; above 0 a row is nearer to the negatives. @throws FEATURES_WRONG_WIDTH */
export function scoreDiscriminative({ weights, offset }: DiscriminativeState, X: Matrix): Float64Array {
  if (X.cols !== weights.length)
    throw new OneclassError(
      'FEATURES_WRONG_WIDTH',
      `The features have ${X.cols} columns, the model expects ${weights.length}.`,
    )
  const unit = l2Normalise(X)
  return Float64Array.from({ length: X.rows }, (_, i) => dot(unit.data, weights, X.cols, i * X.cols) - offset)
}

export interface DiscriminativeFit {
  readonly state: DiscriminativeState
  /** Score of each positive by a head that had not seen it; NaN for rows that were not held out. */
  readonly heldOut: Float64Array
  /** What the head shall weigh, where all one-class members together weigh 1. */
  readonly weight: number
}

/** What the one-class members say, brought to one score by image. */
export interface OneClassScores {
  /** Of each positive by members that had not seen it; NaN for rows that were not held out. */
  readonly positives: Float64Array
  /** Of each negative. */
  readonly negatives: Float64Array
}

/**
 * The head, its held-out scores in the rounds in which the one-class members held positives out, and its weight beside them.
 * @param X positives, shape (n, d). @param negatives shape (m, d), m >= 1
 */
export function joinDiscriminative(
  X: Matrix,
  negatives: Matrix,
  holdOut: HoldOut,
  oneClass: OneClassScores,
  random: Random,
): DiscriminativeFit {
  const draw = drawer(random)
  const usedNegatives = draw(
    Array.from({ length: negatives.rows }, (_, i) => i),
    'negatives',
  )
  const N = takeRows(negatives, usedNegatives)
  const heldOut = new Float64Array(X.rows).fill(Number.NaN)
  holdOut.rounds.forEach(({ fit, held }, at) => {
    const scores = scoreDiscriminative(fitDiscriminative(takeRows(X, draw(fit, `round ${at}`)), N), takeRows(X, held))
    held.forEach((r, k) => {
      heldOut[r] = scores[k]!
    })
  })
  const state = fitDiscriminative(takeRows(X, draw(holdOut.fit, 'model')), N)
  const ofNegatives = Float64Array.from(usedNegatives, (i) => oneClass.negatives[i]!)
  const weight = chooseWeight(X, N, holdOut, { positives: oneClass.positives, negatives: ofNegatives }, draw)
  return { state: { ...state, negatives: negatives.rows }, heldOut, weight }
}

/** So many of these at most, always the same by one name. */
function drawer(random: Random): (of: readonly number[], name: string) => number[] {
  return (of, name) =>
    of.length <= maxRows ? [...of] : Array.from(sample(of.length, maxRows, random.fork(name)).sort(), (k) => of[k]!)
}

/**
 * Score of each negative by a head of all positives to fit on and of the negatives of other folds; equal rows are held out together.
 * @returns length m; undefined where all are equal
 */
export function scoreHeldOutNegatives(
  X: Matrix,
  negatives: Matrix,
  holdOut: HoldOut,
  random: Random,
): Float64Array | undefined {
  const folds = drawFolds(negatives.rows, foldsOfNegatives, random.fork('folds'), firstEqualRows(negatives))
  if (folds.count < 2) return undefined
  const draw = drawer(random)
  const P = takeRows(X, draw(holdOut.fit, 'positives'))
  const out = new Float64Array(negatives.rows)
  for (let fold = 0; fold < folds.count; fold++) {
    const held = rowsIn(folds, fold)
    const N = takeRows(negatives, draw(rowsOutside(folds, fold), `fold ${fold}`))
    const scores = scoreDiscriminative(fitDiscriminative(P, N), takeRows(negatives, held))
    held.forEach((i, at) => {
      out[i] = scores[at]!
    })
  }
  return out
}

/**
 * The weight that tells held-out positives best from negatives of kinds that the head had not seen: negatives fall into a few kinds by
 * their embeddings, and each kind in turn is left out of the head. The kinds that come later will be others too.
 */
function chooseWeight(
  X: Matrix,
  N: Matrix,
  { rounds }: HoldOut,
  oneClass: OneClassScores,
  draw: (of: readonly number[], name: string) => number[],
): number {
  const kinds = kindsOf(N)
  const choices = weightChoices.filter((weight, i) => i === 0 || weight <= weightPerNegative * N.rows)
  if (kinds.length < 2 || choices.length === 1) return choices[0]!
  const areas = new Float64Array(choices.length)
  rounds.slice(0, 2).forEach(({ fit, held }, at) => {
    const P = takeRows(X, draw(fit, `weight ${at}`))
    const a = inUnits(Float64Array.from(held, (i) => oneClass.positives[i]!))
    for (const kind of kinds) {
      const others = kinds.flatMap((list) => (list === kind ? [] : list))
      const head = fitDiscriminative(P, takeRows(N, others))
      const b = inUnits(scoreDiscriminative(head, takeRows(X, held)))
      const outA = a.of(Float64Array.from(kind, (i) => oneClass.negatives[i]!))
      const outB = b.of(scoreDiscriminative(head, takeRows(N, kind)))
      choices.forEach((weight, c) => {
        const joint = (first: Float64Array, second: Float64Array) =>
          first.map((value, i) => value + weight * second[i]!)
        areas[c]! += kind.length * areaUnder(joint(a.own, b.own), joint(outA, outB))
      })
    }
  })
  const total = N.rows * Math.min(2, rounds.length)
  const best = Math.max(...areas)
  return choices[areas.findIndex((area) => area >= best - gainThatCounts * total)]!
}

/** Negatives in a few kinds: centres that lie far from each other, and each negative with its nearest. Each kind's rows. */
function kindsOf(N: Matrix): number[][] {
  const unit = l2Normalise(N)
  const centres = [0]
  const nearest = Float64Array.from({ length: N.rows }, (_, i) => squaredDistance(unit, i, unit, 0))
  const kind = new Int32Array(N.rows)
  while (centres.length < Math.min(kindsAtMost, N.rows)) {
    const farthest = nearest.indexOf(Math.max(...nearest))
    if (!(nearest[farthest]! > 0)) break
    for (let i = 0; i < N.rows; i++) {
      const distance = squaredDistance(unit, i, unit, farthest)
      if (distance >= nearest[i]!) continue
      nearest[i] = distance
      kind[i] = centres.length
    }
    centres.push(farthest)
  }
  return centres.map((_, k) => Array.from(kind.keys()).filter((i) => kind[i] === k)).filter((rows) => rows.length > 0)
}

/** Scores in the unit of these, and a way to bring others to it. */
function inUnits(scores: Float64Array): { own: Float64Array; of(others: Float64Array): Float64Array } {
  const { median, spread } = unitOf(scores)
  const of = (others: Float64Array) => others.map((value) => (value - median) / spread)
  return { own: of(scores), of }
}

/** Σ⁻¹ v for the shrunk covariance Σ = (1 - δ) RᵀR/n + δ μ I, from the inner products R Rᵀ (Woodbury's identity). */
function solveShrunk(R: Matrix, v: Float64Array): Float64Array {
  const { rows: n, cols: d } = R
  const inner = gram(R)
  const lengths = Float64Array.from({ length: n }, (_, i) => inner.data[i * n + i]!)
  const { shrinkage, mu } = ledoitWolf(inner, lengths, d)
  const ridge = Math.max(shrinkage, 1e-6) * mu
  const share = (1 - shrinkage) / n
  if (!(share > 0)) return v.map((value) => value / ridge)
  // Σ⁻¹ v = (v - Rᵀ (ridge/share I + R Rᵀ)⁻¹ R v) / ridge
  for (let i = 0; i < n; i++) inner.data[i * n + i]! += ridge / share
  const projected = Float64Array.from({ length: n }, (_, i) => dot(R.data, v, d, i * d))
  const solved = solveCholesky(cholesky(inner), projected)
  const out = v.slice()
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) out[j]! -= solved[i]! * R.data[i * d + j]!
  for (let j = 0; j < d; j++) out[j]! /= ridge
  return out
}
