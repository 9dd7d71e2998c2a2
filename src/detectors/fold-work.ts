/**
 * What cross-fitting computes of its folds, piece by piece: the pieces need each other's results, but not each other, so they may be
 * done in threads. They give the same bits there.
 */
import type { Matrix } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { type Folds, rowsIn, rowsOutside } from './held-out.ts'
import { heldOutSvm } from './held-out-svm.ts'
import { growForest, isolationForest, scoreForest } from './isolation-forest.ts'
import type { IsolationTreesState } from './isolation-trees.ts'
import type { PooledKey } from './join.ts'
import { oneClassSvm } from './one-class-svm.ts'
import { splitWhitening } from './split-whitening.ts'

export interface FoldWork {
  /** Pieces that are worth doing at once. */
  readonly width: number
  /** The rows of fold i and behind them those of fold j, whitened by all other rows. */
  whitenPair(i: number, j: number): Promise<Matrix>
  /**
   * The rows of fold i by whitening, forest and SVM of the others.
   * @param inside rows outside of the fold in order, each whitened without its own fold and without this one; given away
   */
  scoreFold(i: number, inside: Matrix): Promise<ScoredFold>
}

export interface ScoredFold {
  /** The rows of the fold, whitened by the others. */
  readonly held: Matrix
  readonly forest: IsolationTreesState
  readonly scores: Readonly<Record<PooledKey, Float64Array>>
  /** Squared length of each row of the fold, whitened by the others. */
  readonly squaredLengths: Float64Array
}

/** @param random its forks are taken by name: two works of one state give the same */
export function foldWork(X: Matrix, folds: Folds, random: Random): FoldWork {
  const whitenBy = splitWhitening(X)
  const svmBy = heldOutSvm(X, whitenBy, oneClassSvm.defaults)
  return {
    width: 1,
    async whitenPair(i, j) {
      return whitenBy(rowsOutside(folds, i, j), [...rowsIn(folds, i), ...rowsIn(folds, j)])
    },
    async scoreFold(i, inside) {
      const [others, rows] = [rowsOutside(folds, i), rowsIn(folds, i)]
      const held = whitenBy(others, rows)
      const fork = forkOfFold(random, i)
      const forest = growForest(inside, isolationForest.defaults, fork.fork('trees'))
      const svm = await svmBy(others, rows, fork.fork('rows'))
      const scores = { isolationForest: scoreForest(forest, held), oneClassSvm: svm.scores }
      return { held, forest, scores, squaredLengths: svm.squaredLengths }
    },
  }
}

export function forkOfFold(random: Random, fold: number): Random {
  return random.fork(`fold ${fold}`)
}
