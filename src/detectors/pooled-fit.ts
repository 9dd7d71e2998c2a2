/**
 * The isolation forest and the one-class SVM over one whitening of pooled embeddings, and what they score rows that they have not seen.
 *
 * By cross-fitting: the forest of the other folds scores each fold of positives, and grows on held-out views of them; the SVM scores each
 * row without its group (`left-out-svm.ts`). With many positives a part is set aside instead (split conformal), which costs less and
 * gives the clean guarantee.
 */
import { inTurns } from '../core/in-turns.ts'
import { assertFinite, type Matrix, matrix, type Rows, takeRows, widen } from '../core/matrix.ts'
import { power } from '../core/power.ts'
import { type Random, sample } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import { type FoldWork, foldWork, scaled } from './fold-work.ts'
import {
  crossFitRounds,
  crossFitViews,
  drawFolds,
  type Folds,
  foldsFor,
  type HoldOut,
  rowsIn,
  rowsOutside,
  setRows,
} from './held-out.ts'
import { growForest, isolationForest, scoreForest } from './isolation-forest.ts'
import type { PooledKey } from './join.ts'
import { trainOnRows } from './kernel-svm.ts'
import { leaveOut, leftOutLengths } from './left-out.ts'
import { leftOutSvm } from './left-out-svm.ts'
import { type Members, prepareMembers, rowsOfSvm, scoreMembers, scoreRows, whitenOwn } from './members.ts'
import { oneClassSvm } from './one-class-svm.ts'
import { splitFrom } from './promise.ts'
import { heldTogether, mergeEqualRows } from './row-groups.ts'
import { splitWhitening } from './split-whitening.ts'
import { fitWhitening, type WhiteningState, whiten } from './whitening.ts'

/** The two members over the whitened embedding, before calibration: more members may join them. */
export interface PooledFit extends Members {
  readonly whitening: WhiteningState
  readonly folds: number
  readonly holdOut: HoldOut
  /** Raw scores of each row by members that had not seen it, as final ones would give; NaN for rows that were not held out. */
  readonly heldOut: PooledScores
  /** Of each probe, by the members that had not seen the row that it is a copy of. */
  readonly ofProbes?: PooledScores
}

type PooledScores = Readonly<Record<PooledKey, Float64Array>>

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
  /** Absent: all is done in this thread. */
  readonly threads?: FitThreads | undefined
  readonly onProgress?: (done: number, total: number) => void
}

/** Threads for what takes long or much memory. The results have the same bits. */
export interface FitThreads {
  /** As `foldWork` of this folder; undefined where it does not pay. */
  foldWork(X: Matrix, folds: Folds, random: Random): FoldWork | undefined
  /** As `prepareMembers`; the rows are given away. */
  readonly prepare: typeof prepareMembers
  /** As `trainOnRows`; the rows are given away. */
  readonly train: typeof trainOnRows
}

/** Below this no threshold means anything. */
export const minimumRows = 8

/** Rows to fit on at most when a part is set aside: bounds memory and time. */
const fitAtMost = 4000

/**
 * @param X embeddings of positives, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE
 */
export async function fitPooled(X: Rows, options: EnsembleOptions, random: Random): Promise<PooledFit> {
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
    const different = new Set(mergeEqualRows(X, undefined)).size
    const which = distinct === 1 ? 'All' : `All but ${distinct}`
    throw new OneclassError(
      'IMAGES_IDENTICAL',
      different === 1
        ? `All ${X.rows} images have the same features; a class needs images that differ.`
        : different < 4
          ? `Only ${different} of the ${X.rows} images differ; a class needs images that differ.`
          : `${which} of the ${X.rows} images are copies of others (turned, cropped, relit or saved again); a class needs photos of its own.`,
    )
  }
  const groups = heldTogether(X, known)
  const method = options.method ?? (X.rows > splitFrom ? 'split' : 'cross-fit')
  return method === 'split' ? fitSplit(X, groups, options, random) : fitCrossed(widen(X), groups, options, random)
}

type Hooks = Pick<EnsembleOptions, 'onProgress' | 'probes' | 'threads'>

async function fitCrossed(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<PooledFit> {
  const n = X.rows
  const folds = drawFolds(n, foldsFor(X), random.fork('folds'), groups)
  const k = folds.count
  const total = (k * (k - 1)) / 2 + k + 1
  let done = 0
  const step = () => hooks.onProgress?.(++done, total)

  const { all, of } = withProbes(X, hooks.probes)
  const foldOf = of.map((i) => folds.of[i]!)
  const leftOut = leaveOut(
    all,
    of.map((i) => groups[i]!),
  )(Array.from(groups.keys()))
  const lengths = leftOutLengths(leftOut, all.rows)

  const whitening = fitWhitening(X)
  const ofModel = random.fork('model')
  const svmRows = rowsOfSvm(n, ofModel)
  // where there are threads, in one of them while the folds are scored
  const training = (hooks.threads?.train ?? trainOnRows)(whitenOwn(X, svmRows, whitening), oneClassSvm.defaults)
  training.catch(() => {}) // told where it is awaited

  const work = hooks.threads?.foldWork(X, folds, random) ?? foldWork(X, folds, random)
  const inner = await crossFitViews(work, X, folds, step)
  const outer = matrix(n, X.cols)
  const whitenProbes = hooks.probes && splitWhitening(all)
  const byForest = new Float64Array(all.rows)
  const ownPaths = new Float64Array(k)
  await inTurns(k, work.width, async (i) => {
    const inside = rowsOutside(folds, i)
    const { held, forest, scale, scores } = await work.scoreFold(i, takeRows(inner[i]!, inside), lengths)
    ownPaths[i] = forest.ownPaths
    setRows(outer, rowsIn(folds, i), held)
    setValues(byForest, rowsIn(folds, i), scores)
    const changed = Array.from(foldOf.keys()).filter((row) => row >= n && foldOf[row] === i)
    if (whitenProbes && changed.length > 0) {
      setValues(byForest, changed, scoreForest(forest.trees, scaled(whitenProbes(inside, changed), scale)))
    }
    step()
  })
  const forest = growForest(outer, isolationForest.defaults, ofModel.fork('trees'))
  // path lengths in shares of those of the rows that a forest grew on: forests of fewer rows have others, and by chance too
  const asFinal = byForest.map((score, row) => power(score, forest.ownPaths / ownPaths[foldOf[row]!]!))
  const svm = await training
  const bySvm = await leftOutSvm(all, leftOut, svm, svmRows, folds, random.fork('svm'))
  step()
  const part = (from: number, to?: number) => ({
    isolationForest: asFinal.subarray(from, to),
    oneClassSvm: bySvm.subarray(from, to),
  })
  return {
    whitening,
    isolationForest: forest.trees,
    oneClassSvm: svm.state,
    folds: k,
    holdOut: crossFitRounds(folds, groups),
    heldOut: part(0, n),
    ...(hooks.probes && { ofProbes: part(n) }),
  }
}

/** The rows and behind them the probes; and for each the row that it is, or is a copy of. */
function withProbes(X: Matrix, probes: Probes | undefined): { all: Matrix; of: Int32Array } {
  const own = Int32Array.from({ length: X.rows }, (_, i) => i)
  if (!probes) return { all: X, of: own }
  const all = matrix(X.rows + probes.X.rows, X.cols)
  all.data.set(X.data)
  all.data.set(probes.X.data, X.data.length)
  return { all, of: Int32Array.of(...own, ...probes.of) }
}

function setValues(target: Float64Array, indices: readonly number[], values: Float64Array): void {
  indices.forEach((i, at) => {
    target[i] = values[at]!
  })
}

async function fitSplit(X: Rows, groups: Int32Array, hooks: Hooks, random: Random): Promise<PooledFit> {
  const aside = drawFolds(X.rows, 4, random.fork('split'), groups)
  const inside = rowsOutside(aside, 0)
  // drawn, not the first: files often lie in the order of their days
  const drawn = sample(inside.length, Math.min(fitAtMost, inside.length), random.fork('rows to fit on')).sort()
  const fitRows = Array.from(drawn, (k) => inside[k]!)
  const folds: Folds = drawFolds(
    fitRows.length,
    5,
    random.fork('folds'),
    fitRows.map((i) => groups[i]!),
  )
  const { prepare, train } = hooks.threads ?? { prepare: prepareMembers, train: trainOnRows }
  const { whitening, isolationForest, own } = await prepare(takeRows(X, fitRows), folds, random.fork('model'))
  hooks.onProgress?.(1, 2)
  const members = { isolationForest, oneClassSvm: (await train(own, oneClassSvm.defaults)).state }
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
  const heldOut = { isolationForest: byRow(scores.isolationForest), oneClassSvm: byRow(scores.oneClassSvm) }
  const ofProbes = changed && scoreMembers(members, changed.symmetric, changed.principal)
  return {
    whitening,
    ...members,
    folds: folds.count,
    holdOut: { method: 'split', fit: fitRows, rounds: [{ fit: fitRows, held: asideRows }], groups },
    heldOut,
    ...(ofProbes && { ofProbes }),
  }
}
