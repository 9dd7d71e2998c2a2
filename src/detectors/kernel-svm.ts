/**
 * A one-class SVM with Gaussian kernel over any matrix: Schoelkopf et al., "Estimating the support of a high-dimensional
 * distribution", Neural Computation 13, 2001. LIBSVM solves for the coefficients; the offset rho and every score are
 * computed here in float64, because the package's own prediction returns signs only and its saved models are rounded.
 */
import { dot, type Matrix, matrix, row, takeRows } from '../core/matrix.ts'
import { productsWithPanels } from '../core/panel-products.ts'
import { type Panels, toPanels } from '../core/panels.ts'
import { gram } from '../core/products.ts'
import { type Random, sample } from '../core/random.ts'
import { loadLibsvm } from './libsvm.ts'

export interface KernelSvmOptions {
  /** Upper bound of the share of training rows outside of the boundary, in (0, 1]. Not the false-rejection rate. */
  readonly nu: number
  /** Kernel exp(-gamma ‖x - y‖²). */
  readonly gamma: number
  /** The dual problem needs memory of 16 n² bytes: with more rows than this, so many are drawn at random. */
  readonly maxRows: number
}

export interface KernelSvmState {
  readonly gamma: number
  /** Σⱼ αⱼ k(xⱼ, x) on the boundary. */
  readonly rho: number
  /** Support vectors, shape (s, d). */
  readonly vectors: Panels
  /** Squared length of each support vector, length s. */
  readonly squaredLengths: Float64Array
  /** α, length s, in (0, 1], summing to nu n. */
  readonly coefficients: Float64Array
}

/** LIBSVM's stopping tolerance; its default of 1e-3 moves scores in the third digit. */
const tolerance = 1e-6

export async function trainKernelSvm(X: Matrix, options: KernelSvmOptions, random: Random): Promise<KernelSvmState> {
  const Svm = await loadLibsvm()
  const chosen = X.rows > options.maxRows ? takeRows(X, sample(X.rows, options.maxRows, random).sort()) : X
  const n = chosen.rows
  // a precomputed kernel: column 0 is the row's number from 1, as LIBSVM wants it
  const kernel = matrix(n, n + 1)
  const products = gram(chosen)
  for (let i = 0; i < n; i++) {
    kernel.data[i * (n + 1)] = i + 1
    const own = products.data[i * n + i]!
    for (let j = 0; j <= i; j++) {
      // ‖x - y‖² = ‖x‖² + ‖y‖² - 2 x.y, as in scoring
      const squared = Math.max(0, own + products.data[j * n + j]! - 2 * products.data[i * n + j]!)
      const value = Math.exp(-options.gamma * squared)
      kernel.data[i * (n + 1) + j + 1] = value
      kernel.data[j * (n + 1) + i + 1] = value
    }
  }
  const svm = new Svm({
    type: Svm.SVM_TYPES.ONE_CLASS,
    kernel: Svm.KERNEL_TYPES.PRECOMPUTED,
    nu: options.nu,
    tolerance,
    quiet: true,
  })
  try {
    svm.train(
      Array.from({ length: n }, (_, i) => row(kernel, i)),
      new Array<number>(n).fill(1),
    )
    const indices = svm.getSVIndices()
    const text = svm.serializeModel()
    const coefficients = Float64Array.from(
      text
        .slice(text.indexOf('SV\n', text.indexOf('total_sv') + 8) + 3)
        .trim()
        .split('\n')
        .map(Number.parseFloat),
    )
    const column = (i: number) => row(kernel, i).subarray(1)
    return {
      gamma: options.gamma,
      rho: offset(indices, coefficients, column),
      ...supportVectors(takeRows(chosen, indices)),
      coefficients,
    }
  } finally {
    svm.free()
  }
}

/** Support vectors as scoring wants them. */
export function supportVectors(rows: Matrix): Pick<KernelSvmState, 'vectors' | 'squaredLengths'> {
  const { cols, data } = rows
  const squared = (i: number) => dot(data, data, cols, i * cols, i * cols)
  return { vectors: toPanels(rows), squaredLengths: Float64Array.from({ length: rows.rows }, (_, i) => squared(i)) }
}

/**
 * Anomaly scores log(rho) - log Σ αⱼ k(xⱼ, x), length m: a strictly increasing function of LIBSVM's -decision, with the same
 * sign (positive outside of the boundary), that does not flatten where all kernels are tiny.
 */
export function scoreKernelSvm(state: KernelSvmState, X: Matrix): Float64Array {
  const { vectors, squaredLengths, coefficients, gamma, rho } = state
  const exponents = new Float64Array(vectors.rows)
  const scores = new Float64Array(X.rows)
  productsWithPanels(X, vectors, (i, products) => {
    const x = row(X, i)
    const own = dot(x, x, x.length)
    let largest = Number.NEGATIVE_INFINITY
    for (let j = 0; j < vectors.rows; j++) {
      // whitened rows have lengths of their distances' size, so little cancels
      const exponent = -gamma * Math.max(0, own + squaredLengths[j]! - 2 * products[j]!)
      exponents[j] = exponent
      if (exponent > largest) largest = exponent
    }
    let sum = 0
    for (let j = 0; j < vectors.rows; j++) sum += coefficients[j]! * Math.exp(exponents[j]! - largest)
    scores[i] = Math.log(rho) - (largest + Math.log(sum))
  })
  return scores
}

/** rho as LIBSVM defines it: the mean of Σ α k over free vectors (0 < α < 1), else the middle of what the bounds allow. */
function offset(indices: readonly number[], coefficients: Float64Array, column: (i: number) => Float64Array): number {
  const full = new Float64Array(column(0).length)
  indices.forEach((index, k) => {
    full[index] = coefficients[k]!
  })
  let freeSum = 0
  let free = 0
  let upper = Number.POSITIVE_INFINITY
  let lower = Number.NEGATIVE_INFINITY
  for (let i = 0; i < full.length; i++) {
    const value = dot(full, column(i), full.length)
    const alpha = full[i]!
    if (alpha >= 1 - 1e-12) lower = Math.max(lower, value)
    else if (alpha <= 0) upper = Math.min(upper, value)
    else {
      freeSum += value
      free++
    }
  }
  if (free > 0) return freeSum / free
  if (!Number.isFinite(upper)) return lower
  return (lower + upper) / 2
}
