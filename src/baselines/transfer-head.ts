/**
 * Transfer learning as the thread's answers had it: the network frozen, a binary head trained on its embeddings with negatives.
 * The head is a logistic regression on l2-normalised, centred embeddings; its penalty is chosen by cross-validation on the
 * training images, both classes weighing the same.
 */
import { columnMeans, dot, l2Normalise, type Matrix, takeRows } from '../core/matrix.ts'
import { type Random, sample } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import { minimise } from './lbfgs.ts'

export interface TransferHeadState {
  /** Mean of the l2-normalised training rows, length d, and the factor that gives them unit mean square length. */
  readonly mean: Float64Array
  readonly scale: number
  readonly weights: Float64Array
  readonly bias: number
  /** The chosen penalty: the loss is mean log-loss + penalty / 2 * |weights|². */
  readonly penalty: number
}

const penalties = [1e-4, 1e-3, 1e-2, 1e-1]
const folds = 5

/** @param positives (n, d). @param negatives (m, d). @throws TOO_FEW_IMAGES below 2 of either */
export function fitTransferHead(positives: Matrix, negatives: Matrix, random: Random): TransferHeadState {
  if (positives.rows < 2 || negatives.rows < 2) {
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Expected at least 2 positives and 2 negatives but received ${positives.rows} and ${negatives.rows}.`,
    )
  }
  const rows = positives.rows + negatives.rows
  const data = new Float64Array(rows * positives.cols)
  data.set(positives.data)
  data.set(negatives.data, positives.data.length)
  const X = l2Normalise({ rows, cols: positives.cols, data })
  const targets = Float64Array.from({ length: rows }, (_, i) => (i < positives.rows ? 1 : 0))
  const mean = columnMeans(X)
  for (let i = 0; i < rows; i++) for (let j = 0; j < X.cols; j++) X.data[i * X.cols + j]! -= mean[j]!
  const scale = 1 / Math.sqrt(dot(X.data, X.data, X.data.length) / rows || 1)
  for (let k = 0; k < X.data.length; k++) X.data[k]! *= scale

  const fold = drawFolds(targets, random)
  const penalty = Math.min(positives.rows, negatives.rows) < 2 * folds ? 1e-2 : choosePenalty(X, targets, fold)
  const { weights, bias } = solve(X, targets, penalty)
  return { mean, scale, weights, bias, penalty }
}

/** Log-odds of the class for each row. */
export function transferLogits(state: TransferHeadState, X: Matrix): Float64Array {
  const unit = l2Normalise(X)
  const offset = dot(state.mean, state.weights, X.cols)
  return Float64Array.from(
    { length: X.rows },
    (_, i) => (dot(unit.data, state.weights, X.cols, i * X.cols) - offset) * state.scale + state.bias,
  )
}

function choosePenalty(X: Matrix, targets: Float64Array, fold: Int32Array): number {
  const losses = penalties.map((penalty) => {
    let sum = 0
    for (let k = 0; k < folds; k++) {
      const inside = indices(fold, (value) => value !== k)
      const outside = indices(fold, (value) => value === k)
      const { weights, bias } = solve(
        takeRows(X, inside),
        Float64Array.from(inside, (i) => targets[i]!),
        penalty,
      )
      for (const i of outside) {
        const z = dot(X.data, weights, X.cols, i * X.cols) + bias
        sum += logLoss(z, targets[i]!)
      }
    }
    return sum
  })
  return penalties[losses.indexOf(Math.min(...losses))]!
}

function solve(X: Matrix, targets: Float64Array, penalty: number): { weights: Float64Array; bias: number } {
  const d = X.cols
  const ones = targets.reduce((sum, value) => sum + value, 0)
  const share = { 1: 0.5 / ones, 0: 0.5 / (targets.length - ones) }
  const w = minimise(
    (point, gradient) => {
      gradient.fill(0)
      let loss = 0
      for (let i = 0; i < X.rows; i++) {
        const at = i * d
        const y = targets[i]! as 0 | 1
        const z = dot(X.data, point, d, at) + point[d]!
        loss += share[y] * logLoss(z, y)
        const slope = share[y] * (1 / (1 + Math.exp(-z)) - y)
        for (let j = 0; j < d; j++) gradient[j]! += slope * X.data[at + j]!
        gradient[d]! += slope
      }
      for (let j = 0; j < d; j++) {
        loss += (penalty / 2) * point[j]! * point[j]!
        gradient[j]! += penalty * point[j]!
      }
      return loss
    },
    new Float64Array(d + 1),
  )
  return { weights: w.slice(0, d), bias: w[d]! }
}

function logLoss(z: number, y: number): number {
  return Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z)))
}

/** The fold of each row, balanced within each class. */
function drawFolds(targets: Float64Array, random: Random): Int32Array {
  const fold = new Int32Array(targets.length)
  for (const y of [0, 1]) {
    const rows = indices(targets, (value) => value === y)
    sample(rows.length, rows.length, random).forEach((k, at) => {
      fold[rows[k]!] = at % folds
    })
  }
  return fold
}

function indices(values: ArrayLike<number>, keep: (value: number) => boolean): number[] {
  const out: number[] = []
  for (let i = 0; i < values.length; i++) if (keep(values[i]!)) out.push(i)
  return out
}
