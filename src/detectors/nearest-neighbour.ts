/**
 * Distance to the nearest training row in the whitened space (DN2 of Bergman, Cohen and Hoshen, "Deep nearest neighbor
 * anomaly detection", arXiv 2002.10445, which takes the mean over k neighbours, here with whitening).
 */
import { type Matrix, squaredDistance } from '../core/matrix.ts'
import type { Detector } from './detector.ts'
import { applyWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export interface NearestNeighbourOptions {
  /** Neighbours whose squared distances are averaged. */
  readonly k: number
}

export interface NearestNeighbourState {
  readonly k: number
  readonly whitening: WhiteningState
  /** Whitened training rows, shape (n, r + 1). */
  readonly rows: Matrix
}

export const nearestNeighbour: Detector<NearestNeighbourState, NearestNeighbourOptions> = {
  key: 'nearest-neighbour',
  defaults: { k: 1 },

  async fit(X, options) {
    const whitening = fitWhitening(X)
    return { k: Math.min(options.k, X.rows), whitening, rows: applyWhitening(whitening, X) }
  },

  score(state, X) {
    const z = applyWhitening(state.whitening, X)
    const distances = new Float64Array(state.rows.rows)
    return Float64Array.from({ length: z.rows }, (_, i) => {
      for (let j = 0; j < distances.length; j++) distances[j] = squaredDistance(z, i, state.rows, j)
      if (state.k === 1) return Math.sqrt(distances.reduce((least, value) => Math.min(least, value)))
      const nearest = distances.toSorted().subarray(0, state.k)
      return Math.sqrt(nearest.reduce((sum, value) => sum + value) / state.k)
    })
  },
}
