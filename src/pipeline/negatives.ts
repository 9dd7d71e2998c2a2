/** What negatives add to a fit: a head beside the one-class members (`detectors/discriminative.ts`). */
import type { Matrix, Rows } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { pValue } from '../detectors/calibration.ts'
import { type DiscriminativeState, joinDiscriminative, scoreHeldOutNegatives } from '../detectors/discriminative.ts'
import { joinMembers, scoreEnsemble } from '../detectors/ensemble.ts'
import { type ByMember, type ExtraKey, type JoinedScores, joinScores, membersOf } from '../detectors/join.ts'
import type { PooledFit } from '../detectors/pooled-fit.ts'
import { present } from '../errors.ts'

/** How many negatives have the very numbers of a positive: the same image stands on both sides. */
export function repeatedAmong(X: Rows, negatives: Rows): number {
  const rowOf = ({ data, cols }: Rows, i: number) => data.subarray(i * cols, (i + 1) * cols)
  const keyOf = (row: typeof X.data) => row[0] ?? 0
  const known = new Map<number, (typeof X.data)[]>()
  for (let i = 0; i < X.rows; i++) {
    const row = rowOf(X, i)
    known.set(keyOf(row), [...(known.get(keyOf(row)) ?? []), row])
  }
  const isKnown = (row: typeof X.data) =>
    known.get(keyOf(row))?.some((one) => one.every((value: number, k: number) => value === row[k])) ?? false
  let count = 0
  for (let i = 0; i < negatives.rows; i++) if (isKnown(rowOf(negatives, i))) count++
  return count
}

export interface JoinedHead {
  readonly state: DiscriminativeState
  /** Held-out scores of all further members, the head's among them, and the weights of all members. */
  readonly extra: Partial<Record<ExtraKey, Float64Array>>
  readonly weight: ByMember<number>
  /** p-value of each negative, judged by whole images and by a head that had not seen it; length m. */
  readonly pValues: number[]
}

/**
 * @param X positives, shape (n, d). @param negatives shape (m, d), m >= 1
 * @param extra held-out scores of the further members that are there without negatives
 * @param weight of the members without the head; equal when absent
 */
export function joinHead(
  X: Matrix,
  negatives: Matrix,
  pooled: PooledFit,
  random: Random,
  extra: Partial<Record<ExtraKey, Float64Array>> = {},
  weight?: ByMember<number>,
): JoinedHead {
  const oneClass = joinMembers(pooled)
  const seen = scoreEnsemble(oneClass.state, negatives)
  const scores = { positives: oneClass.heldOut, negatives: seen.ensemble }
  const head = joinDiscriminative(X, negatives, pooled.holdOut, scores, random.fork('discriminative'))
  const keys = membersOf({ ...pooled.heldOut, ...extra })
  const weights = Object.fromEntries(keys.map((key) => [key, weight?.[key] ?? 1])) as ByMember<number>
  const total = keys.reduce((sum, key) => sum + present(weights[key], 'the weight of a member'), 0)
  return {
    state: head.state,
    extra: { ...extra, discriminative: head.heldOut },
    weight: { ...weights, discriminative: head.weight * total },
    pValues: pValuesOfNegatives(X, negatives, pooled, { ...head, seen }, random),
  }
}

/**
 * Places are not asked: a fit keeps no maps of negatives. A single negative has no head that had not seen it: the others judge it.
 */
function pValuesOfNegatives(
  X: Matrix,
  negatives: Matrix,
  pooled: PooledFit,
  { seen, ...head }: { readonly seen: JoinedScores; readonly heldOut: Float64Array; readonly weight: number },
  random: Random,
): number[] {
  const held = scoreHeldOutNegatives(X, negatives, pooled.holdOut, random.fork('held-out negatives'))
  const weight = { isolationForest: 1, oneClassSvm: 1, discriminative: 2 * head.weight }
  const { calibration } = (held ? joinMembers(pooled, { discriminative: head.heldOut }, weight) : joinMembers(pooled))
    .state
  const scores = joinScores(calibration, { ...seen, ...(held && { discriminative: held }) })
  return Array.from(scores, (score) => pValue(calibration.heldOut.ensemble, score))
}
