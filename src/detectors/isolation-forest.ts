/**
 * Isolation forest over embeddings: isolation trees on whitened rows, grown on held-out views of the training rows. Half of the trees cut
 * along columns, half along random directions, as the extended isolation forest does (Hariri, Carrasco Kind and Brunner, IEEE Trans.
 * Knowledge and Data Engineering 33, 2021): what is a little anomalous in many columns is cut off early there (bench/results/detectors.md).
 */
import { type Matrix, matrix } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import type { Detector } from './detector.ts'
import { drawFolds, heldOutView } from './held-out.ts'
import {
  addPathLengths,
  type GrownTrees,
  growIsolationTrees,
  type IsolationTreesOptions,
  type IsolationTreesState,
  isolationScores,
  joinTrees,
  scoreIsolationTrees,
} from './isolation-trees.ts'
import { rotateColumns } from './rotation.ts'
import { applySymmetricWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export interface IsolationForestOptions extends IsolationTreesOptions {
  /** Folds of the held-out whitening. */
  readonly folds: number
}

export interface IsolationForestState {
  readonly whitening: WhiteningState
  readonly trees: IsolationTreesState
}

/**
 * The first half of the trees cuts along columns, the second along columns of the rotated rows.
 * @param view whitened rows, shape (n, d); they are given away
 */
export function growForest(view: Matrix, { trees, subsample }: IsolationTreesOptions, random: Random): GrownTrees {
  const rotatedFrom = trees >> 1
  const grow = (count: number, part: string) => growIsolationTrees(view, { trees: count, subsample }, random.fork(part))
  const plain = grow(rotatedFrom, 'plain')
  rotateColumns(view)
  const rotated = grow(trees - rotatedFrom, 'rotated')
  const ownPaths = (rotatedFrom * plain.ownPaths + (trees - rotatedFrom) * rotated.ownPaths) / trees
  return { trees: { ...joinTrees(plain.trees, rotated.trees), rotatedFrom }, ownPaths }
}

/** Scores of m whitened rows, length m; higher is more anomalous. */
export function scoreForest(forest: IsolationTreesState, rows: Matrix): Float64Array {
  const { rotatedFrom, roots } = forest
  if (rotatedFrom === undefined) return scoreIsolationTrees(forest, rows)
  const sums = addPathLengths(forest, rows, { from: 0, to: rotatedFrom }, new Float64Array(rows.rows))
  const turned = matrix(rows.rows, rows.cols, rows.data.slice())
  rotateColumns(turned)
  return isolationScores(forest, addPathLengths(forest, turned, { from: rotatedFrom, to: roots.length }, sums))
}

export const isolationForest: Detector<IsolationForestState, IsolationForestOptions> = {
  key: 'isolation-forest',
  defaults: { trees: 1000, subsample: 256, folds: 10 },

  async fit(X: Matrix, options, random) {
    const whitening = fitWhitening(X)
    const view = heldOutView(X, drawFolds(X.rows, options.folds, random.fork('folds')))
    return { whitening, trees: growForest(view, options, random.fork('trees')).trees }
  },

  score(state, X) {
    return scoreForest(state.trees, applySymmetricWhitening(state.whitening, X))
  },
}
