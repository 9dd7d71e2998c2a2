/**
 * The isolation forest and the one-class SVM over one whitening of pooled embeddings, and what they score rows that they have not seen.
 *
 * By cross-fitting: each fold of positives is scored by whitening, forest and SVM of the other folds, and within them the
 * forest again grows on held-out views. With many positives a part is set aside instead (split conformal), which costs less and
 * gives the clean guarantee.
 */
import { assertFinite, type Matrix, matrix, takeRows } from '../core/matrix.ts'
import { type Random, sample } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import {
  crossFitRounds,
  crossFitViews,
  drawFolds,
  type Folds,
  foldsFor,
  type HoldOut,
  heldOutView,
  rowsIn,
  rowsOutside,
  setRows,
} from './held-out.ts'
import { heldOutSvm } from './held-out-svm.ts'
import { isolationForest } from './isolation-forest.ts'
import { growIsolationTrees, type IsolationTreesState, scoreIsolationTrees } from './isolation-trees.ts'
import { type PooledKey, pooledKeys } from './join.ts'
import { type KernelSvmState, rowsToTrainOn, scoreKernelSvm, trainKernelSvm } from './kernel-svm.ts'
import { oneClassSvm } from './one-class-svm.ts'
import { splitFrom } from './promise.ts'
import { mergeEqualRows, withBursts } from './row-groups.ts'
import { splitWhitening } from './split-whitening.ts'
import { applyWhitening, fitWhitening, type WhiteningState, whiten } from './whitening.ts'

export interface Members {
  readonly isolationForest: IsolationTreesState
  readonly oneClassSvm: KernelSvmState
}

/** The two members over the whitened embedding, before calibration: more members may join them. */
export interface PooledFit extends Members {
  readonly whitening: WhiteningState
  readonly folds: number
  readonly holdOut: HoldOut
  /** Raw scores of each row by members that had not seen it; NaN for rows that were not held out. */
  readonly heldOut: Readonly<Record<PooledKey, Float64Array>>
  /** The same of each probe, by members that had not seen the row that it is a copy of. */
  readonly probes?: Readonly<Record<PooledKey, Float64Array>>
}

/** Changed copies of rows, that are scored by the members that have not seen these rows. */
export interface Probes {
  /** Shape (m, d). */
  readonly X: Matrix
  /** The row that each is a copy of, length m. */
  readonly of: Int32Array
}

export interface EnsembleOptions {
  /** A group number for each row; rows of a group (near-duplicates) are held out together. */
  readonly groups?: ArrayLike<number>
  /**
   * `cross-fit`: every row is held out once. `split`: a quarter is set aside and held out of everything. Absent: `split` above 1,000 rows.
   */
  readonly method?: HoldOut['method']
  readonly probes?: Probes | undefined
  readonly onProgress?: (done: number, total: number) => void
}

/** Below this no threshold means anything. */
export const minimumRows = 8

/** Rows to fit on at most when a part is set aside: bounds memory and time. */
const fitAtMost = 4000
/** Rows that are whitened and scored together. */
const rowsAtOnce = 512

/**
 * @param X embeddings of positives, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE
 */
export async function fitPooled(X: Matrix, options: EnsembleOptions, random: Random): Promise<PooledFit> {
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
  const groups = X.rows > splitFrom ? known : withBursts(X, known)
  const method = options.method ?? (X.rows > splitFrom ? 'split' : 'cross-fit')
  return method === 'split' ? fitSplit(X, groups, options, random) : fitCrossed(X, groups, options, random)
}

type Hooks = Pick<EnsembleOptions, 'onProgress' | 'probes'>

async function fitCrossed(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<PooledFit> {
  const folds = drawFolds(X.rows, foldsFor(X.rows), random.fork('folds'), groups)
  const k = folds.count
  const total = (k * (k - 1)) / 2 + k + 1
  let done = 0
  const step = () => hooks.onProgress?.(++done, total)

  const whitenBy = splitWhitening(X)
  const svmBy = heldOutSvm(X, whitenBy, oneClassSvm.defaults)
  const inner = crossFitViews(whitenBy, X, folds, step)
  const outer = matrix(X.rows, X.cols)
  const probe = hooks.probes && probeCrossed(X, hooks.probes, folds)
  const heldOut = pooledScores(X.rows)
  for (let i = 0; i < k; i++) {
    const inside = rowsOutside(folds, i)
    const rows = rowsIn(folds, i)
    const held = whitenBy(inside, rows)
    setRows(outer, rows, held)
    const fork = random.fork(`fold ${i}`)
    const forest = growIsolationTrees(takeRows(inner[i]!, inside), isolationForest.defaults, fork.fork('trees'))
    const scores = {
      isolationForest: scoreIsolationTrees(forest, held),
      oneClassSvm: await svmBy(inside, rows, fork.fork('rows')),
    }
    rows.forEach((r, at) => {
      for (const key of pooledKeys) heldOut[key][r] = scores[key][at]!
    })
    await probe?.score(i, inside, forest, fork.fork('rows'))
    step()
  }
  const whitening = fitWhitening(X)
  const members = await fitMembers(outer, X, whitening, random.fork('model'))
  step()
  const holdOut = crossFitRounds(folds, groups)
  return { whitening, ...members, folds: k, holdOut, heldOut, ...(probe && { probes: probe.scores }) }
}

/** Scores probes fold by fold; what is computed of the rows themselves stays as it is without probes. */
function probeCrossed(X: Matrix, { X: changed, of }: Probes, folds: Folds) {
  const all = matrix(X.rows + changed.rows, X.cols)
  all.data.set(X.data)
  all.data.set(changed.data, X.data.length)
  const whitenBy = splitWhitening(all)
  const svmBy = heldOutSvm(all, whitenBy, oneClassSvm.defaults)
  const scores = pooledScores(changed.rows)
  return {
    scores,
    async score(fold: number, inside: readonly number[], forest: IsolationTreesState, random: Random): Promise<void> {
      const some = Array.from(of.keys()).filter((k) => folds.of[of[k]!] === fold)
      if (some.length === 0) return
      const rows = some.map((k) => X.rows + k)
      const ofForest = scoreIsolationTrees(forest, whitenBy(inside, rows))
      const ofSvm = await svmBy(inside, rows, random)
      some.forEach((k, at) => {
        scores.isolationForest[k] = ofForest[at]!
        scores.oneClassSvm[k] = ofSvm[at]!
      })
    },
  }
}

async function fitSplit(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<PooledFit> {
  const aside = drawFolds(X.rows, 4, random.fork('split'), groups)
  const inside = rowsOutside(aside, 0)
  // drawn, not the first: files often lie in the order of their days
  const drawn = sample(inside.length, Math.min(fitAtMost, inside.length), random.fork('rows to fit on')).sort()
  const fitRows = Array.from(drawn, (k) => inside[k]!)
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
  const members = await fitMembers(view, train, whitening, random.fork('model'))
  const asideRows = rowsIn(aside, 0)
  const scores = scoreRows(members, whitening, X, asideRows)
  const changed = hooks.probes && whiten(whitening, hooks.probes.X)
  hooks.onProgress?.(2, 2)
  const byRow = (values: Float64Array) => {
    const all = new Float64Array(X.rows).fill(Number.NaN)
    asideRows.forEach((r, at) => {
      all[r] = values[at]!
    })
    return all
  }
  return {
    whitening,
    ...members,
    folds: folds.count,
    holdOut: { method: 'split', fit: fitRows, rounds: [{ fit: fitRows, held: asideRows }], groups },
    heldOut: { isolationForest: byRow(scores.isolationForest), oneClassSvm: byRow(scores.oneClassSvm) },
    ...(changed && { probes: scoreMembers(members, changed.symmetric, changed.principal) }),
  }
}

/**
 * @param view training rows, each whitened by a whitening that has not seen it, shape (n, d): what the forest cuts
 * @param train the same rows as they are: the kernel measures from those of them that an SVM is trained on, by their own whitening
 */
async function fitMembers(view: Matrix, train: Matrix, whitening: WhiteningState, random: Random): Promise<Members> {
  const { defaults } = oneClassSvm
  const rows = rowsToTrainOn(train.rows, defaults, random.fork('rows'))
  const own = applyWhitening(whitening, rows ? takeRows(train, rows) : train)
  return {
    isolationForest: growIsolationTrees(view, isolationForest.defaults, random.fork('trees')),
    oneClassSvm: await trainKernelSvm(own, defaults, random.fork('rows')),
  }
}

/** Raw scores of the rows at `indices`, some at a time: whitened rows take three times the memory of the rows themselves. */
function scoreRows(members: Members, whitening: WhiteningState, X: Matrix, indices: readonly number[]) {
  const scores = pooledScores(indices.length)
  for (let from = 0; from < indices.length; from += rowsAtOnce) {
    const { symmetric, principal } = whiten(whitening, takeRows(X, indices.slice(from, from + rowsAtOnce)))
    const some = scoreMembers(members, symmetric, principal)
    for (const key of pooledKeys) scores[key].set(some[key], from)
  }
  return scores
}

function pooledScores(length: number): Record<PooledKey, Float64Array> {
  return { isolationForest: new Float64Array(length), oneClassSvm: new Float64Array(length) }
}

/** Scores of m whitened rows, given in the coordinates of `view` and of `own`. */
export function scoreMembers(members: Members, likeView: Matrix, likeOwn: Matrix): Record<PooledKey, Float64Array> {
  return {
    isolationForest: scoreIsolationTrees(members.isolationForest, likeView),
    oneClassSvm: scoreKernelSvm(members.oneClassSvm, likeOwn),
  }
}
