/** What a batch says beyond each single verdict. */
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'

export interface Discoveries {
  readonly scored: number
  readonly rejected: number
  readonly unreadable: number
  /**
   * Bound on the expected share of good images among the rejected: scored * alpha / rejected, the level at which Benjamini and
   * Hochberg's procedure on conformal p-values (Bates et al., arXiv 2104.08279) rejects these. 0 where nothing is rejected.
   */
  readonly falseShare: number
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
    falseShare: rejected === 0 ? 0 : Math.min(1, (scored * alpha) / rejected),
  }
}
