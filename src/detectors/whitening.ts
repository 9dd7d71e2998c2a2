/**
 * l2 normalisation and full-rank whitening with Ledoit-Wolf shrinkage: the step that makes distances mean something.
 *
 * The covariance S = XᵀX/n of the centred, l2-normalised rows is shrunk to Σ = (1 - δ) S + δ μ I, with μ = trace(S)/d and δ of
 * Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", J. Multivariate Analysis 88, 2004.
 * z = Σ^(-1/2) (x - mean) has all d directions, although n rows span only r < n of them: outside of that span Σ is δμ, so
 * what is needed there is only the length of the residual. We therefore keep r eigenvectors, and a whitened vector is
 *
 *   r principal coordinates  (aᵢᵀ(x - mean)) / sqrt((1 - δ) λᵢ + δ μ)   and one residual length  ‖rest‖ / sqrt(δ μ)
 *
 * which has the norm, and to training points the distances, of the d-dimensional z, at r/d of the cost.
 */
import { symmetricEigen } from '../core/eigen.ts'
import { centredUnitRows, dot, l2Normalise, type Matrix, matrix, row, squaredLengths } from '../core/matrix.ts'
import { projectAndAdd } from '../core/panel-products.ts'
import { type Panels, toPanels } from '../core/panels.ts'
import { gram, gramOfColumns, timesTransposed, transpose } from '../core/products.ts'
import { OneclassError } from '../errors.ts'
import { ledoitWolf } from './ledoit-wolf.ts'

export interface WhiteningState {
  /** Width d of the embeddings. */
  readonly dim: number
  /** Mean of the l2-normalised rows, length d. */
  readonly mean: Float64Array
  /** Unit eigenvectors of S, one a row, by falling eigenvalue, shape (r, d). */
  readonly axes: Panels
  /** 1 / sqrt of the shrunk eigenvalues, length r. */
  readonly scales: Float64Array
  /** 1 / sqrt(δ μ), the scale of every direction outside of the axes; 0 where the axes span everything. */
  readonly residualScale: number
  /** δ in [0, 1]. */
  readonly shrinkage: number
}

/**
 * @param X embeddings, shape (n, d), n >= 2, finite
 * @throws IMAGES_IDENTICAL when the rows do not vary at all
 */
export function fitWhitening(X: Matrix): WhiteningState {
  const { centred, mean } = centredUnitRows(X)
  const { rows: n, cols: d } = centred
  // XXᵀ and XᵀX have the same non-zero eigenvalues: take the smaller one
  const wide = n <= d
  const spectrum = decompose(wide ? gram(centred) : gramOfColumns(centred), squaredLengths(centred), d)
  const { rank, vectors, scales, residualScale, shrinkage } = spectrum
  const axes = wide ? axesFromRows(centred, spectrum) : matrix(rank, d, vectors.data.subarray(0, rank * d))
  return { dim: d, mean, axes: toPanels(axes), scales, residualScale, shrinkage }
}

/** Xᵀu / sqrt(λ) is the eigenvector of XᵀX that belongs to the eigenvector u of XXᵀ: shape (rank, d). */
function axesFromRows(centred: Matrix, { rank, vectors, values }: Spectrum): Matrix {
  const n = centred.rows
  const scaled = matrix(rank, n)
  for (let k = 0; k < rank; k++) {
    const factor = 1 / Math.sqrt(values[k]!)
    for (let i = 0; i < n; i++) scaled.data[k * n + i] = vectors.data[k * n + i]! * factor
  }
  return timesTransposed(scaled, transpose(centred))
}

interface Spectrum {
  readonly rank: number
  /** Unit eigenvectors, one a row, by falling eigenvalue; the first `rank` count. */
  readonly vectors: Matrix
  /** Eigenvalues of the inner products (n times those of S), falling. */
  readonly values: Float64Array
  readonly scales: Float64Array
  readonly residualScale: number
  readonly shrinkage: number
}

/**
 * @param inner XXᵀ (n, n) or XᵀX (d, d) of centred rows
 * @param lengths squared length of each of the n centred rows
 */
function decompose(inner: Matrix, lengths: Float64Array, d: number): Spectrum {
  const n = lengths.length
  const { shrinkage, mu } = ledoitWolf(inner, lengths, d)
  const { values: rising, vectors: risingVectors } = symmetricEigen(inner)
  const size = rising.length
  const values = rising.toReversed()
  const vectors = matrix(size, size)
  for (let k = 0; k < size; k++) row(vectors, k).set(row(risingVectors, size - 1 - k))
  const floor = values[0]! * 1e-10
  let rank = 0
  while (rank < size && values[rank]! > floor) rank++
  const scales = Float64Array.from(
    { length: rank },
    (_, k) => 1 / Math.sqrt((1 - shrinkage) * (values[k]! / n) + shrinkage * mu),
  )
  const residualScale = rank < d && shrinkage > 0 ? 1 / Math.sqrt(shrinkage * mu) : 0
  return { rank, vectors, values, scales, residualScale, shrinkage }
}

/** @returns shape (n, r + 1): the principal coordinates, then the residual length (>= 0). */
export function applyWhitening(state: WhiteningState, X: Matrix): Matrix {
  return whiten(state, X).principal
}

/**
 * The symmetric form z = Σ^(-1/2) (x - mean) itself, shape (n, d). Its axes are those of the embedding, so whitenings that were
 * fitted on different rows agree on them; this is what detectors that look at single columns need.
 */
export function applySymmetricWhitening(state: WhiteningState, X: Matrix): Matrix {
  return whiten(state, X).symmetric
}

export interface Whitened {
  /** Shape (n, r + 1). */
  readonly principal: Matrix
  /** Shape (n, d). */
  readonly symmetric: Matrix
  /** Inner product of each l2-normalised row with the mean, length n. */
  readonly withMean: Float64Array
}

/** Both forms at once. @throws FEATURES_WRONG_WIDTH */
export function whiten(state: WhiteningState, X: Matrix): Whitened {
  const { axes, scales, mean, residualScale, dim: d } = state
  if (X.cols !== d) {
    throw new OneclassError(
      'FEATURES_WRONG_WIDTH',
      `The features have ${X.cols} columns, the model expects ${d}; use the backbone that the model was fitted with.`,
    )
  }
  const rank = axes.rows
  const principal = matrix(X.rows, rank + 1)
  const symmetric = l2Normalise(X)
  const withMean = new Float64Array(X.rows)
  const centred = matrix(X.rows, d)
  for (let i = 0; i < X.rows; i++) {
    const x = row(centred, i)
    const z = row(symmetric, i)
    withMean[i] = dot(z, mean, d)
    for (let j = 0; j < d; j++) {
      x[j] = z[j]! - mean[j]!
      z[j] = x[j]! * residualScale
    }
  }
  const inside = new Float64Array(X.rows)
  projectAndAdd(centred, axes, symmetric, (i, first, values) => {
    const p = i * (rank + 1)
    for (let k = first, q = 0; q < values.length && k < rank; k++, q++) {
      const projection = values[q]!
      inside[i]! += projection * projection
      principal.data[p + k] = projection * scales[k]!
      values[q] = projection * (scales[k]! - residualScale)
    }
  })
  for (let i = 0; i < X.rows; i++) {
    const x = row(centred, i)
    principal.data[i * (rank + 1) + rank] = Math.sqrt(Math.max(0, dot(x, x, d) - inside[i]!)) * residualScale
  }
  return { principal, symmetric, withMean }
}
