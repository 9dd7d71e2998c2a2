/** What a batch says beyond each single verdict. */
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'

export interface Discoveries {
  readonly scored: number
  readonly rejected: number
  readonly unreadable: number
  /**
   * Bound on the expected number of good images among the rejected, scored * alpha: divided by `rejected` it is the level at which
   * Benjamini and Hochberg's procedure on conformal p-values (Bates et al., arXiv 2104.08279) rejects these.
   */
  readonly goodAtMost: number
}

export function discoveriesOf(items: readonly Item[], alpha: number): Discoveries {
  let [scored, rejected] = [0, 0]
  for (const { line } of items) {
    if (!('pValue' in line)) continue
    scored++
    if (verdictOf(line, alpha) === 'differs') rejected++
  }
  return {
    scored,
    rejected,
    unreadable: items.length - scored,
    goodAtMost: Math.min(rejected, scored * alpha),
  }
}
