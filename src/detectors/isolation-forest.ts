/** Isolation forest over embeddings: isolation trees on whitened columns, grown on held-out views of the training rows. */
import type { Matrix } from '../core/matrix.ts'
import type { Detector } from './detector.ts'
import { drawFolds, heldOutView } from './held-out.ts'
import {
  growIsolationTrees,
  type IsolationTreesOptions,
  type IsolationTreesState,
  scoreIsolationTrees,
} from './isolation-trees.ts'
import { applySymmetricWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export interface IsolationForestOptions extends IsolationTreesOptions {
  /** Folds of the held-out whitening. */
  readonly folds: number
}

export interface IsolationForestState {
  readonly whitening: WhiteningState
  readonly trees: IsolationTreesState
}

export const isolationForest: Detector<IsolationForestState, IsolationForestOptions> = {
  key: 'isolation-forest',
  defaults: { trees: 1000, subsample: 256, folds: 10 },

  async fit(X: Matrix, options, random) {
    const whitening = fitWhitening(X)
    const view = heldOutView(X, drawFolds(X.rows, options.folds, random.fork('folds')))
    return { whitening, trees: growIsolationTrees(view, options, random.fork('trees')) }
  },

  score(state, X) {
    return scoreIsolationTrees(state.trees, applySymmetricWhitening(state.whitening, X))
  },
}
