/**
 * A one-class SVM with Gaussian kernel over any matrix: Schoelkopf et al., "Estimating the support of a high-dimensional
 * distribution", Neural Computation 13, 2001. LIBSVM solves for the coefficients; the offset rho and every score are
 * computed here in float64, because the package's own prediction returns signs only and its saved models are rounded.
 */
import { dot, type Matrix, row, squaredLengths, takeRows } from '../core/matrix.ts'
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

/** @returns which of n rows an SVM is trained on; undefined: all of them */
export function rowsToTrainOn(
  n: number,
  { maxRows }: Pick<KernelSvmOptions, 'maxRows'>,
  random: Random,
): Int32Array | undefined {
  return n > maxRows ? sample(n, maxRows, random).sort() : undefined
}

export async function trainKernelSvm(X: Matrix, options: KernelSvmOptions, random: Random): Promise<KernelSvmState> {
  const rows = rowsToTrainOn(X.rows, options, random)
  return (await trainOnRows(rows ? takeRows(X, rows) : X, options)).state
}

export interface TrainedSvm {
  readonly state: KernelSvmState
  /** Of the support vectors among the rows that it was trained on. */
  readonly indices: readonly number[]
}

/** The same on all of these rows, however many. */
export async function trainOnRows(X: Matrix, options: Pick<KernelSvmOptions, 'nu' | 'gamma'>): Promise<TrainedSvm> {
  const { indices, rho, coefficients } = await trainOnProducts(gram(X), options)
  return { state: { gamma: options.gamma, rho, ...supportVectors(takeRows(X, indices)), coefficients }, indices }
}

export interface SolvedSvm extends Pick<KernelSvmState, 'rho' | 'coefficients'> {
  /** Of the support vectors among the training rows. */
  readonly indices: readonly number[]
}

/** @param products inner products of the training rows, shape (n, n); overwritten */
async function trainOnProducts(
  products: Matrix,
  { nu, gamma }: Pick<KernelSvmOptions, 'nu' | 'gamma'>,
): Promise<SolvedSvm> {
  const Svm = await loadLibsvm()
  const n = products.rows
  const kernel = products.data
  const lengths = Float64Array.from({ length: n }, (_, i) => kernel[i * (n + 1)]!)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      // ‖x - y‖² = ‖x‖² + ‖y‖² - 2 x.y, as in scoring
      const squared = Math.max(0, lengths[i]! + lengths[j]! - 2 * kernel[i * n + j]!)
      kernel[i * n + j] = i === j ? 1 : Math.exp(-gamma * squared)
      kernel[j * n + i] = kernel[i * n + j]!
    }
  }
  const svm = new Svm({
    type: Svm.SVM_TYPES.ONE_CLASS,
    kernel: Svm.KERNEL_TYPES.PRECOMPUTED,
    nu,
    tolerance,
    quiet: true,
  })
  try {
    svm.train(precomputedRows(products), new Array<number>(n).fill(1))
    const indices = svm.getSVIndices()
    const text = svm.serializeModel()
    const coefficients = Float64Array.from(
      text
        .slice(text.indexOf('SV\n', text.indexOf('total_sv') + 8) + 3)
        .trim()
        .split('\n')
        .map(Number.parseFloat),
    )
    return { indices, rho: offset(indices, coefficients, (i) => row(products, i)), coefficients }
  } finally {
    svm.free()
  }
}

/** Rows of the kernel behind their number from 1, as LIBSVM wants them, each made when it is asked for: it copies them one by one. */
function precomputedRows(kernel: Matrix): ArrayLike<number>[] {
  const n = kernel.rows
  const rows = new Array<ArrayLike<number>>(n)
  for (let i = 0; i < n; i++) {
    Object.defineProperty(rows, i, {
      get() {
        const numbered = new Float64Array(n + 1)
        numbered[0] = i + 1
        numbered.set(row(kernel, i), 1)
        return numbered
      },
    })
  }
  return rows
}

/** Support vectors as scoring wants them. */
export function supportVectors(rows: Matrix): Pick<KernelSvmState, 'vectors' | 'squaredLengths'> {
  return { vectors: toPanels(rows), squaredLengths: squaredLengths(rows) }
}

/**
 * Anomaly scores log(rho) - log Σ αⱼ k(xⱼ, x), length m: a strictly increasing function of LIBSVM's -decision, with the same
 * sign (positive outside of the boundary), that does not flatten where all kernels are tiny.
 */
export function scoreKernelSvm(state: KernelSvmState, X: Matrix): Float64Array {
  const scores = new Float64Array(X.rows)
  const lengths = state.squaredLengths
  const squared = new Float64Array(lengths.length)
  productsWithPanels(X, state.vectors, (i, products) => {
    const x = row(X, i)
    const own = dot(x, x, x.length)
    // whitened rows have lengths of their distances' size, so little cancels
    for (let j = 0; j < squared.length; j++) squared[j] = Math.max(0, own + lengths[j]! - 2 * products[j]!)
    scores[i] = kernelScore(state, squared)
  })
  return scores
}

/** The score of one row. @param squared its squared distances from the support vectors; overwritten */
export function kernelScore(
  { coefficients, gamma, rho }: Pick<KernelSvmState, 'coefficients' | 'gamma' | 'rho'>,
  squared: Float64Array,
): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let j = 0; j < squared.length; j++) {
    const exponent = -gamma * squared[j]!
    squared[j] = exponent
    if (exponent > largest) largest = exponent
  }
  let sum = 0
  for (let j = 0; j < squared.length; j++) sum += coefficients[j]! * Math.exp(squared[j]! - largest)
  return Math.log(rho) - (largest + Math.log(sum))
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
