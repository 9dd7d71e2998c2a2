/** How far a comparison is, as a word: the shares are those that `compare.ts` tells. */
import type { ComparisonPhase } from '../wire/comparison.ts'

/** @param fraction 0 to 1 */
export function phaseOf(fraction: number): ComparisonPhase {
  return fraction < 0.2 ? 'images' : fraction < 0.78 ? 'methods' : fraction < 0.9 ? 'photos' : 'report'
}
