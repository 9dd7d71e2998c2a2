/**
 * The kernel members of cross-fitting: a one-class SVM of some rows, whitened by themselves, scores others; again and again for
 * different splits of the same rows. A kernel needs only inner products of whitened rows (`shrunk-products.ts`): one inverse, no
 * axes, no whitened rows.
 */
import { centredUnitRows, type Matrix, matrix, row, squaredLengths } from '../core/matrix.ts'
import { gram, symmetricInverse, timesTransposed } from '../core/products.ts'
import type { Random } from '../core/random.ts'
import { type KernelSvmOptions, kernelScore, scoreKernelSvm, trainKernelSvm, trainOnProducts } from './kernel-svm.ts'
import { shrinkProducts } from './shrunk-products.ts'
import type { SplitWhitening } from './split-whitening.ts'

export interface HeldOutRows {
  readonly scores: Float64Array
  /** Squared length of each row, whitened as it was scored. */
  readonly squaredLengths: Float64Array
}

/** The held rows by an SVM of the fit rows; both are row numbers. */
export type HeldOutSvm = (fit: readonly number[], held: readonly number[], random: Random) => Promise<HeldOutRows>

/** @param whitenBy for the same X, where inner products do not pay or do not do */
export function heldOutSvm(X: Matrix, whitenBy: SplitWhitening, options: KernelSvmOptions): HeldOutSvm {
  const { centred: unit } = centredUnitRows(X)
  const products = X.rows > X.cols ? undefined : gram(unit)
  return async (fit, held, random) => {
    const found = products && fit.length <= options.maxRows ? await byProducts(products, fit, held) : undefined
    if (found) return found
    const whitened = whitenBy(fit, [...fit, ...held])
    const part = (from: number, to: number) =>
      matrix(to - from, X.cols, whitened.data.subarray(from * X.cols, to * X.cols))
    const svm = await trainKernelSvm(part(0, fit.length), options, random)
    const rows = part(fit.length, whitened.rows)
    return { scores: scoreKernelSvm(svm, rows), squaredLengths: squaredLengths(rows) }
  }

  async function byProducts(
    all: Matrix,
    fit: readonly number[],
    held: readonly number[],
  ): Promise<HeldOutRows | undefined> {
    const shrunkSplit = shrinkProducts(all, fit, held, X.cols)
    if (!shrunkSplit) return undefined
    const { inner, rows, squared, shrunk, a, b } = shrunkSplit
    const m = fit.length
    const inverse = symmetricInverse(shrunk)
    const svm = await trainOnProducts(timesTransposed(inner, inverse), options)
    const withFit = timesTransposed(rows, inverse)
    const lengths = new Float64Array(held.length)
    const scores = Float64Array.from(held, (_, t) => {
      const whitened = row(withFit, t)
      let inside = 0
      for (let p = 0; p < m; p++) inside += whitened[p]! * rows.data[t * m + p]!
      lengths[t] = (squared[t]! - a * inside) / b
      return kernelScore(
        svm,
        lengths[t],
        svm.indices.map((p) => whitened[p]!),
      )
    })
    return { scores, squaredLengths: lengths }
  }
}
