/** The two members over one whitening, an isolation forest and a one-class SVM: how they are fitted and how they score. */
import { type Matrix, matrix, type Rows, takeRows } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { type Folds, heldOutView } from './held-out.ts'
import { growForest, isolationForest, scoreForest } from './isolation-forest.ts'
import type { IsolationTreesState } from './isolation-trees.ts'
import { type PooledKey, pooledKeys } from './join.ts'
import { type KernelSvmState, rowsToTrainOn, scoreKernelSvm } from './kernel-svm.ts'
import { oneClassSvm } from './one-class-svm.ts'
import { applyWhitening, fitWhitening, type WhiteningState, whiten } from './whitening.ts'

export interface Members {
  readonly isolationForest: IsolationTreesState
  readonly oneClassSvm: KernelSvmState
}

/** Rows that are whitened and scored together. */
const rowsAtOnce = 512

/** Members whose SVM is not trained yet. */
export interface Prepared extends Pick<Members, 'isolationForest'> {
  readonly whitening: WhiteningState
  /** The rows to train it on, whitened. */
  readonly own: Matrix
}

/**
 * All but the SVM, the forest on held-out views.
 * @param train the rows to fit on, shape (n, d)
 */
export async function prepareMembers(train: Matrix, folds: Folds, random: Random): Promise<Prepared> {
  const { trees } = growForest(heldOutView(train, folds), isolationForest.defaults, random.fork('trees'))
  const whitening = fitWhitening(train)
  return { whitening, isolationForest: trees, own: whitenOwn(train, rowsOfSvm(train.rows, random), whitening) }
}

/** Which of n rows to fit on an SVM is trained on. */
export function rowsOfSvm(n: number, random: Random): Int32Array {
  return rowsToTrainOn(n, oneClassSvm.defaults, random.fork('rows')) ?? Int32Array.from({ length: n }, (_, i) => i)
}

/** Some of the rows that the whitening was fitted on, where the kernel measures. */
export function whitenOwn(train: Matrix, rows: Int32Array, whitening: WhiteningState): Matrix {
  const own = matrix(rows.length, whitening.axes.rows + 1)
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const some = applyWhitening(whitening, takeRows(train, rows.subarray(from, from + rowsAtOnce)))
    own.data.set(some.data, from * own.cols)
  }
  return own
}

/** Scores of m whitened rows: as the forest's rows were whitened, and as the SVM's were. */
export function scoreMembers(members: Members, likeView: Matrix, likeOwn: Matrix): Record<PooledKey, Float64Array> {
  return {
    isolationForest: scoreForest(members.isolationForest, likeView),
    oneClassSvm: scoreKernelSvm(members.oneClassSvm, likeOwn),
  }
}

/** Raw scores of the rows at `indices`, some at a time: whitened rows take three times the memory of the rows themselves. */
export function scoreRows(members: Members, whitening: WhiteningState, X: Rows, indices: readonly number[]) {
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
