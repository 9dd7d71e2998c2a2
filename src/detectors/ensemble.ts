/**
 * What `oneclass` serves: an isolation forest and a one-class SVM over one whitening, their scores brought to a common scale
 * and averaged, and the average calibrated last.
 *
 * Calibration is by cross-fitting: each fold of positives is scored by whitening, forest and SVM of the other folds, and
 * within them the forest again grows on held-out views. With many positives a
 * part is set aside instead (split conformal), which costs less and gives the clean guarantee.
 */
import { assertFinite, type Matrix, matrix, takeRows } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import { groupBursts } from './bursts.ts'
import { calibratedScore, pValue } from './calibration.ts'
import { crossFitViews, drawFolds, type Folds, heldOutView, rowsIn, rowsOutside, setRows } from './held-out.ts'
import { isolationForest } from './isolation-forest.ts'
import { growIsolationTrees, type IsolationTreesState, scoreIsolationTrees } from './isolation-trees.ts'
import { type KernelSvmState, scoreKernelSvm, trainKernelSvm } from './kernel-svm.ts'
import { oneClassSvm } from './one-class-svm.ts'
import {
  applyWhitening,
  fitWhitening,
  splitWhitening,
  type Whitened,
  type WhiteningState,
  whiten,
} from './whitening.ts'

export const memberKeys = ['isolationForest', 'oneClassSvm'] as const
export type MemberKey = (typeof memberKeys)[number]

export interface EnsembleState {
  readonly whitening: WhiteningState
  readonly isolationForest: IsolationTreesState
  readonly oneClassSvm: KernelSvmState
  readonly calibration: Calibration
}

export interface Calibration {
  readonly method: 'cross-fit' | 'split'
  readonly folds: number
  /** Scores of held-out positives, ascending, of each member and of the ensemble. */
  readonly heldOut: Readonly<Record<MemberKey | 'ensemble', Float64Array>>
  /** Median and spread (84th less 16th percentile) of each member's held-out scores: its unit in the average. */
  readonly unit: Readonly<Record<MemberKey, { readonly median: number; readonly spread: number }>>
}

export interface EnsembleOptions {
  /** A group number for each row; rows of a group (near-duplicates) are held out together. */
  readonly groups?: ArrayLike<number>
  readonly onProgress?: (done: number, total: number) => void
  /** Called once with each row's raw ensemble score by a model that had not seen it; NaN for rows that were not held out. */
  readonly onHeldOut?: (scores: Float64Array) => void
}

/** Raw scores of m rows; higher is more anomalous. */
export type EnsembleScores = Record<MemberKey | 'ensemble', Float64Array>

/** Below this no threshold means anything. */
export const minimumRows = 8

/** From this many rows on, a part is set aside for calibration instead of cross-fitting. */
const splitFrom = 1000
/** Rows to fit on at most when a part is set aside: bounds memory and time. */
const fitAtMost = 4000

/**
 * @param X embeddings of positives, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE
 */
export async function fitEnsemble(X: Matrix, options: EnsembleOptions, random: Random): Promise<EnsembleState> {
  assertFinite(X)
  if (X.rows < minimumRows) {
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Expected at least ${minimumRows} positives but received ${X.rows}; some 200 make a good model.`,
    )
  }
  const known = mergeEqualRows(X, options.groups)
  const distinct = new Set(known).size
  if (distinct < 4) {
    throw new OneclassError(
      'IMAGES_IDENTICAL',
      distinct === 1
        ? `All ${X.rows} images have the same features; a class needs images that differ.`
        : `Only ${distinct} of the ${X.rows} images differ; a class needs images that differ.`,
    )
  }
  return X.rows > splitFrom
    ? fitSplit(X, known, options, random)
    : fitCrossed(X, groupBursts(X, known), options, random)
}

/** Raw scores of each row of X, each on its own. @throws FEATURES_WRONG_WIDTH */
export function scoreEnsemble(state: EnsembleState, X: Matrix): EnsembleScores {
  return scoreWhitened(state, whiten(state.whitening, X))
}

/** Raw scores of rows that the state's own whitening has whitened. */
export function scoreWhitened(state: EnsembleState, { symmetric, principal }: Whitened): EnsembleScores {
  const scores = scoreMembers(state, symmetric, principal)
  return { ...scores, ensemble: average(scores, state.calibration.unit) }
}

export interface CalibratedResult {
  readonly score: number
  readonly pValue: number
  readonly detectors: Record<MemberKey, { score: number; pValue: number }>
}

/** The calibrated result of row i of raw scores. */
export function calibrate(
  { heldOut }: Calibration,
  scores: EnsembleScores,
  i: number,
  alpha: number,
): CalibratedResult {
  const member = (key: MemberKey) => ({ score: scores[key][i]!, pValue: pValue(heldOut[key], scores[key][i]!) })
  return {
    score: calibratedScore(heldOut.ensemble, scores.ensemble[i]!, alpha),
    pValue: pValue(heldOut.ensemble, scores.ensemble[i]!),
    detectors: { isolationForest: member('isolationForest'), oneClassSvm: member('oneClassSvm') },
  }
}

interface Members {
  readonly isolationForest: IsolationTreesState
  readonly oneClassSvm: KernelSvmState
}

type Hooks = Pick<EnsembleOptions, 'onProgress' | 'onHeldOut'>

async function fitCrossed(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<EnsembleState> {
  const folds = drawFolds(X.rows, X.rows <= 300 ? 8 : 5, random.fork('folds'), groups)
  const k = folds.count
  const total = (k * (k - 1)) / 2 + k + 1
  let done = 0
  const step = () => hooks.onProgress?.(++done, total)

  const whitenBy = splitWhitening(X)
  const inner = crossFitViews(whitenBy, X, folds, step)
  const outer = matrix(X.rows, X.cols)
  const heldOut: Record<MemberKey, Float64Array> = {
    isolationForest: new Float64Array(X.rows),
    oneClassSvm: new Float64Array(X.rows),
  }
  for (let i = 0; i < k; i++) {
    const inside = rowsOutside(folds, i)
    const rows = rowsIn(folds, i)
    const whitened = whitenBy(inside, [...inside, ...rows])
    const own = matrix(inside.length, X.cols, whitened.data.subarray(0, inside.length * X.cols))
    const held = matrix(rows.length, X.cols, whitened.data.subarray(inside.length * X.cols))
    setRows(outer, rows, held)
    const members = await fitMembers(takeRows(inner[i]!, inside), own, random.fork(`fold ${i}`))
    const scores = scoreMembers(members, held, held)
    rows.forEach((r, at) => {
      for (const key of memberKeys) heldOut[key][r] = scores[key][at]!
    })
    step()
  }
  const whitening = fitWhitening(X)
  const members = await fitMembers(outer, applyWhitening(whitening, X), random.fork('model'))
  step()
  const calibrated = calibration('cross-fit', k, heldOut)
  hooks.onHeldOut?.(average(heldOut, calibrated.unit))
  return { whitening, ...members, calibration: calibrated }
}

async function fitSplit(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<EnsembleState> {
  const aside = drawFolds(X.rows, 4, random.fork('split'), groups)
  const fitRows = rowsOutside(aside, 0).slice(0, fitAtMost)
  const train = takeRows(X, fitRows)
  const folds: Folds = drawFolds(
    train.rows,
    5,
    random.fork('folds'),
    fitRows.map((i) => groups[i]!),
  )
  const view = heldOutView(train, folds)
  hooks.onProgress?.(1, 2)
  const whitening = fitWhitening(train)
  const members = await fitMembers(view, applyWhitening(whitening, train), random.fork('model'))
  const asideRows = rowsIn(aside, 0)
  const rest = whiten(whitening, takeRows(X, asideRows))
  const heldOut = scoreMembers(members, rest.symmetric, rest.principal)
  hooks.onProgress?.(2, 2)
  const calibrated = calibration('split', folds.count, heldOut)
  if (hooks.onHeldOut) {
    const scores = new Float64Array(X.rows).fill(Number.NaN)
    const ofAside = average(heldOut, calibrated.unit)
    asideRows.forEach((r, at) => {
      scores[r] = ofAside[at]!
    })
    hooks.onHeldOut(scores)
  }
  return { whitening, ...members, calibration: calibrated }
}

/**
 * @param view training rows, each whitened by a whitening that has not seen it, shape (n, d): what the forest cuts
 * @param own training rows whitened by their own whitening, in any orthonormal coordinates: what the kernel measures from
 */
async function fitMembers(view: Matrix, own: Matrix, random: Random): Promise<Members> {
  return {
    isolationForest: growIsolationTrees(view, isolationForest.defaults, random.fork('trees')),
    oneClassSvm: await trainKernelSvm(own, oneClassSvm.defaults, random.fork('rows')),
  }
}

/** Scores of m whitened rows, given in the coordinates of `view` and of `own`. */
function scoreMembers(members: Members, likeView: Matrix, likeOwn: Matrix): Record<MemberKey, Float64Array> {
  return {
    isolationForest: scoreIsolationTrees(members.isolationForest, likeView),
    oneClassSvm: scoreKernelSvm(members.oneClassSvm, likeOwn),
  }
}

function calibration(
  method: Calibration['method'],
  folds: number,
  heldOut: Record<MemberKey, Float64Array>,
): Calibration {
  const unit = { isolationForest: unitOf(heldOut.isolationForest), oneClassSvm: unitOf(heldOut.oneClassSvm) }
  return {
    method,
    folds,
    unit,
    heldOut: {
      isolationForest: heldOut.isolationForest.toSorted(),
      oneClassSvm: heldOut.oneClassSvm.toSorted(),
      ensemble: average(heldOut, unit).sort(),
    },
  }
}

function unitOf(scores: Float64Array): { median: number; spread: number } {
  const sorted = scores.toSorted()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  return { median: at(0.5), spread: at(0.84) - at(0.16) || 1 }
}

function average(scores: Record<MemberKey, Float64Array>, unit: Calibration['unit']): Float64Array {
  return scores.isolationForest.map((_, i) => {
    let sum = 0
    for (const key of memberKeys) sum += (scores[key][i]! - unit[key].median) / unit[key].spread
    return sum / memberKeys.length
  })
}

/** Groups in which equal rows are together too. */
function mergeEqualRows(X: Matrix, groups: ArrayLike<number> | undefined): Int32Array {
  const merged = Int32Array.from({ length: X.rows }, (_, i) => groups?.[i] ?? i)
  const first = new Map<string, number>()
  for (let i = 0; i < X.rows; i++) {
    // a short fingerprint, then the whole row: equal rows are rare
    const at = i * X.cols
    let sum = 0
    for (let j = 0; j < X.cols; j++) sum += X.data[at + j]! * ((j % 97) + 1)
    const key = String(sum)
    const other = first.get(key)
    if (other === undefined) first.set(key, i)
    else if (X.data.subarray(at, at + X.cols).every((value, j) => value === X.data[other * X.cols + j])) {
      const from = merged[i]!
      const to = merged[other]!
      if (from !== to) for (let r = 0; r < merged.length; r++) if (merged[r] === from) merged[r] = to
    }
  }
  return merged
}
