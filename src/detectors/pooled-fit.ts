/**
 * The isolation forest and the one-class SVM over one whitening of pooled embeddings, and what they score rows that they have not seen.
 *
 * By cross-fitting: each fold of positives is scored by whitening, forest and SVM of the other folds, and within them the
 * forest again grows on held-out views. With many positives a part is set aside instead (split conformal), which costs less and
 * gives the clean guarantee.
 */
import { inTurns } from '../core/in-turns.ts'
import { assertFinite, type Matrix, matrix, type Rows, takeRows, widen } from '../core/matrix.ts'
import { type Random, sample } from '../core/random.ts'
import { OneclassError } from '../errors.ts'
import { type FoldWork, foldWork, forkOfFold } from './fold-work.ts'
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
import { heldOutSvm } from './held-out-svm.ts'
import { growForest, isolationForest, scoreForest } from './isolation-forest.ts'
import type { IsolationTreesState } from './isolation-trees.ts'
import { type PooledKey, pooledKeys } from './join.ts'
import { trainOnRows } from './kernel-svm.ts'
import { leftOutDistances } from './left-out-distances.ts'
import { type Members, pooledScores, prepareMembers, rowsOfSvm, scoreMembers, scoreRows } from './members.ts'
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
  readonly probes?: ScoredProbes
}

type PooledScores = Readonly<Record<PooledKey, Float64Array>>

export interface ScoredProbes {
  /** Of each probe, by members that had not seen the row that it is a copy of. */
  readonly scores: PooledScores
  /** Of the rows by the same members. */
  readonly rows: PooledScores
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
    throw new OneclassError(
      'IMAGES_IDENTICAL',
      distinct === 1
        ? `All ${X.rows} images have the same features; a class needs images that differ.`
        : `Only ${distinct} of the ${X.rows} images differ; a class needs images that differ.`,
    )
  }
  const groups = heldTogether(X, known)
  const method = options.method ?? (X.rows > splitFrom ? 'split' : 'cross-fit')
  return method === 'split' ? fitSplit(X, groups, options, random) : fitCrossed(widen(X), groups, options, random)
}

type Hooks = Pick<EnsembleOptions, 'onProgress' | 'probes' | 'threads'>

async function fitCrossed(X: Matrix, groups: Int32Array, hooks: Hooks, random: Random): Promise<PooledFit> {
  const folds = drawFolds(X.rows, foldsFor(X), random.fork('folds'), groups)
  const k = folds.count
  const total = (k * (k - 1)) / 2 + k + 1
  let done = 0
  const step = () => hooks.onProgress?.(++done, total)

  const work = hooks.threads?.foldWork(X, folds, random) ?? foldWork(X, folds, random)
  const inner = await crossFitViews(work, X, folds, step)
  const outer = matrix(X.rows, X.cols)
  const probe = hooks.probes && probeCrossed(X, hooks.probes, folds)
  const heldOut = pooledScores(X.rows)
  const squaredLengths = new Float64Array(X.rows)
  await inTurns(k, work.width, async (i) => {
    const inside = rowsOutside(folds, i)
    const { held, forest, scores, squaredLengths: lengths } = await work.scoreFold(i, takeRows(inner[i]!, inside))
    const rows = rowsIn(folds, i)
    setRows(outer, rows, held)
    rows.forEach((r, at) => {
      for (const key of pooledKeys) heldOut[key][r] = scores[key][at]!
      squaredLengths[r] = lengths[at]!
    })
    await probe?.score(i, inside, forest, forkOfFold(random, i).fork('rows'))
    step()
  })
  const whitening = fitWhitening(X)
  const ofModel = random.fork('model')
  const members = {
    isolationForest: growForest(outer, isolationForest.defaults, ofModel.fork('trees')),
    oneClassSvm: await trainOnRows(rowsOfSvm(X, whitening, ofModel), oneClassSvm.defaults),
  }
  step()
  const holdOut = crossFitRounds(folds, groups)
  const corrected = { ...heldOut, oneClassSvm: asByAll(heldOut.oneClassSvm, X, groups, squaredLengths) }
  const probes = probe && { scores: probe.scores, rows: heldOut }
  return { whitening, ...members, folds: k, holdOut, heldOut: corrected, ...(probes && { probes }) }
}

/**
 * Scores of the SVM as if each row had been whitened by the rows of all other groups instead of those of the other folds. A whitening by
 * more rows gives new rows another length (photos mostly a larger one, rows of few directions a smaller one), and the score is the squared
 * length times gamma, but for terms that change little. Without it an SVM rejected .066 to .073 of new rows at .05 with 400 photos, and
 * .026 in a simulation of 512 columns (bench/README.md, "Do the promises hold?").
 * @param squaredLengths of each row as it was scored
 */
function asByAll(scores: Float64Array, X: Matrix, groups: Int32Array, squaredLengths: Float64Array): Float64Array {
  const { gamma } = oneClassSvm.defaults
  const lengths = leftOutDistances(X, groups)(Array.from(groups.keys()))
  return scores.map((score, i) => score + gamma * (lengths[i]! ** 2 - squaredLengths[i]!))
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
      const ofForest = scoreForest(forest, whitenBy(inside, rows))
      const ofSvm = await svmBy(inside, rows, random)
      some.forEach((k, at) => {
        scores.isolationForest[k] = ofForest[at]!
        scores.oneClassSvm[k] = ofSvm.scores[at]!
      })
    },
  }
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
  const members = { isolationForest, oneClassSvm: await train(own, oneClassSvm.defaults) }
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
    ...(ofProbes && { probes: { scores: ofProbes, rows: heldOut } }),
  }
}
