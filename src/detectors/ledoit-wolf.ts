/** Shrinkage of a covariance towards μI: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004. */
import { dot, type Matrix } from '../core/matrix.ts'
import { OneclassError } from '../errors.ts'

export interface Shrinkage {
  /** δ in [0, 1]. */
  readonly shrinkage: number
  /** trace(S) / d. */
  readonly mu: number
  /** Number of rows. */
  readonly n: number
}

/**
 * From inner products only: XXᵀ and XᵀX have the same squared Frobenius norm.
 * @param inner XXᵀ (n, n) or XᵀX (d, d) of centred rows
 * @param lengths squared length of each of the n centred rows
 * @throws IMAGES_IDENTICAL when the rows do not vary at all
 */
export function ledoitWolf(inner: Matrix, lengths: Float64Array, d: number): Shrinkage {
  const n = lengths.length
  const trace = lengths.reduce((sum, value) => sum + value, 0)
  const fourth = dot(lengths, lengths, n)
  const mu = trace / n / d
  if (!(mu > 1e-14)) {
    throw new OneclassError(
      'IMAGES_IDENTICAL',
      'All images have the same features, up to their length; a class needs images that differ. Where the lengths of rows tell them apart, keep them (preprocess "none"); where one row is far larger than all others, leave it out.',
    )
  }
  const frobenius = dot(inner.data, inner.data, inner.data.length) / (n * n)
  // δ = β / dispersion: β the variance of S's entries, dispersion = ‖S - μI‖²
  const dispersion = frobenius - d * mu * mu
  const beta = Math.min((fourth / n - frobenius) / n, dispersion)
  return { shrinkage: dispersion > 0 ? Math.max(0, beta / dispersion) : 1, mu, n }
}
