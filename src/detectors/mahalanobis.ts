/**
 * Mahalanobis distance to the mean of the positives, under the Ledoit-Wolf covariance of l2-normalised embeddings (the Gaussian
 * of Lee et al., "A simple unified framework for detecting out-of-distribution samples", NeurIPS 2018, for one class).
 */
import { dot, row } from '../core/matrix.ts'
import type { Detector } from './detector.ts'
import { applyWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export const mahalanobis: Detector<WhiteningState, Record<never, never>> = {
  key: 'mahalanobis',
  defaults: {},

  async fit(X) {
    return fitWhitening(X)
  },

  score(state, X) {
    const z = applyWhitening(state, X)
    return Float64Array.from({ length: z.rows }, (_, i) => {
      const v = row(z, i)
      return Math.sqrt(dot(v, v, v.length))
    })
  },
}
