/**
 * Scores of rows by one-class SVMs that have not seen their groups, as that of all rows scores new ones.
 *
 * Among rows that lie far from each other, as whitened embeddings do, each is a support vector with nearly the same coefficient. Without
 * a group the SVM is then what it was, less the group's rows, and coefficients with the same sum; and distances are by the whitening of all
 * other groups (`left-out.ts`), for one by fewer rows, as those of the other folds, gives new rows other lengths. Where coefficients
 * differ (few columns), an SVM of the other folds scores each fold: there a few support vectors decide, by their own whitening.
 */
import { type Matrix, matrix, row } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { type Folds, rowsOutside } from './held-out.ts'
import { type KernelSvmState, kernelScore, scoreKernelSvm, type TrainedSvm, trainKernelSvm } from './kernel-svm.ts'
import type { LeftOutGroup } from './left-out.ts'
import { oneClassSvm } from './one-class-svm.ts'
import { splitWhitening } from './split-whitening.ts'

/** Coefficients of up to so many times their mean are nearly the same. */
const nearlyTheSame = 2

/**
 * @param X shape (n, d); the first of them are those that a model is fitted on, which have folds
 * @param groups of X; the first row of each is one of those, and no group reaches over more than one fold
 * @param svm of the rows `trainedOn`, whitened by all that a model is fitted on
 * @returns length n
 */
export async function leftOutSvm(
  X: Matrix,
  groups: readonly LeftOutGroup[],
  svm: TrainedSvm,
  trainedOn: ArrayLike<number>,
  folds: Folds,
  random: Random,
): Promise<Float64Array> {
  const { coefficients } = svm.state
  const mean = sumOf(coefficients) / trainedOn.length
  return coefficients.every((value) => value <= nearlyTheSame * mean)
    ? withoutGroups(X.rows, groups, svm, trainedOn)
    : outsideOfFolds(X, groups, folds, random)
}

function withoutGroups(
  n: number,
  groups: readonly LeftOutGroup[],
  { state, indices }: TrainedSvm,
  trainedOn: ArrayLike<number>,
): Float64Array {
  const vectors = indices.map((k) => trainedOn[k]!)
  const sum = sumOf(state.coefficients)
  const scores = new Float64Array(n)
  for (const group of groups) {
    const own = new Set(group.rows)
    const kept = Array.from(vectors.keys()).filter((k) => !own.has(vectors[k]!))
    const others = Float64Array.from(kept, (k) => state.coefficients[k]!)
    const factor = sum / sumOf(others)
    const coefficients = others.map((value) => value * factor)
    const squared = group.squaredDistances(kept.map((k) => vectors[k]!))
    group.rows.forEach((i, at) => {
      scores[i] = kernelScore({ ...state, coefficients }, row(squared, at))
    })
  }
  return scores
}

async function outsideOfFolds(
  X: Matrix,
  groups: readonly LeftOutGroup[],
  folds: Folds,
  random: Random,
): Promise<Float64Array> {
  const whitenBy = splitWhitening(X)
  const scores = new Float64Array(X.rows)
  for (let fold = 0; fold < folds.count; fold++) {
    const fit = rowsOutside(folds, fold)
    const held = groups.filter(({ rows }) => folds.of[rows[0]!] === fold).flatMap(({ rows }) => rows)
    const whitened = whitenBy(fit, [...fit, ...held])
    const part = (from: number, to: number) =>
      matrix(to - from, X.cols, whitened.data.subarray(from * X.cols, to * X.cols))
    const svm: KernelSvmState = await trainKernelSvm(
      part(0, fit.length),
      oneClassSvm.defaults,
      random.fork(`fold ${fold}`),
    )
    scoreKernelSvm(svm, part(fit.length, whitened.rows)).forEach((score, at) => {
      scores[held[at]!] = score
    })
  }
  return scores
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}
