/**
 * Several members judge one image: their raw scores become one. Each member's score is brought to its own unit (median and spread of
 * its held-out scores), the weighted mean of these is the joint raw score, and calibration comes last: p-values count among
 * the joint scores of held-out positives.
 *
 * For the joint p-value to be honest, all members must have held out the same rows in the same rounds (`HoldOut`).
 */
import { OneclassError } from '../errors.ts'
import { calibratedScore, pValue } from './calibration.ts'
import { independentRows } from './effective.ts'
import type { HoldOut } from './held-out.ts'

/** Always there: they judge the embedding of the whole image. */
export const pooledKeys = ['isolationForest', 'oneClassSvm'] as const
/** There where the fit made them: `patches` needs the network's maps, `discriminative` needs negatives. */
export const extraKeys = ['patches', 'discriminative'] as const
const memberKeys = [...pooledKeys, ...extraKeys] as const

export type PooledKey = (typeof pooledKeys)[number]
export type ExtraKey = (typeof extraKeys)[number]
export type MemberKey = PooledKey | ExtraKey

/** A value for each member that the model has. */
export type ByMember<T> = Readonly<Record<PooledKey, T> & Partial<Record<ExtraKey, T>>>

export interface Unit {
  readonly median: number
  /** 84th less 16th percentile. */
  readonly spread: number
}

export interface Calibration {
  readonly method: HoldOut['method']
  readonly folds: number
  /**
   * Raw scores of held-out positives, ascending, of each member and of all together. Of a group of near-duplicates as many count as it
   * is worth in independent photos (`effective.ts`).
   */
  readonly heldOut: ByMember<Float64Array> & { readonly ensemble: Float64Array }
  /** Median and spread of each member's held-out scores: its unit in the mean. */
  readonly unit: ByMember<Unit>
  /** Weight of each member in the mean, above 0. Absent: all weigh the same. */
  readonly weight?: ByMember<number>
}

/** Raw scores of m images by each member and by all together; higher is more anomalous. */
export type JoinedScores = ByMember<Float64Array> & { readonly ensemble: Float64Array }

export interface CalibratedResult {
  readonly score: number
  readonly pValue: number
  readonly detectors: ByMember<{ score: number; pValue: number }>
}

/**
 * @param heldOut raw score of each row by each member that had not seen it; NaN for rows that were not held out
 * @param weight of each member; equal when absent
 * @returns the calibration, and the joint raw score of each row (NaN where not held out)
 */
export function calibrateMembers(
  { method, rounds, groups }: Pick<HoldOut, 'method' | 'rounds' | 'groups'>,
  folds: number,
  heldOut: ByMember<Float64Array>,
  weight?: ByMember<number>,
): { calibration: Calibration; joint: Float64Array } {
  const rows = rounds.flatMap(({ held }) => held)
  const of = mapMembers(heldOut, (scores) => Float64Array.from(rows, (i) => scores[i]!))
  const unit = mapMembers(of, unitOf)
  const joint = joinScores({ unit, ...(weight && { weight }) }, heldOut)
  const counted = independentRows(rows, groups, joint)
  const sortedOf = (scores: Float64Array) => Float64Array.from(counted, (i) => scores[i]!).sort()
  const sorted = { ...mapMembers(heldOut, sortedOf), ensemble: sortedOf(joint) }
  return { calibration: { method, folds, unit, ...(weight && { weight }), heldOut: sorted }, joint }
}

/** The joint raw scores of m images. @throws INTERNAL when a member of the calibration has no scores */
export function joinScores(
  { unit, weight }: Pick<Calibration, 'unit' | 'weight'>,
  scores: ByMember<Float64Array>,
): Float64Array {
  const keys = membersOf(unit)
  const missing = keys.find((key) => scores[key] === undefined)
  if (missing) throw new OneclassError('INTERNAL', `The model has the member "${missing}", whose scores are missing.`)
  let total = 0
  for (const key of keys) total += weight?.[key] ?? 1
  return scores.isolationForest.map((_, i) => {
    let sum = 0
    for (const key of keys) {
      const { median, spread } = unit[key]!
      const inUnits = (scores[key]![i]! - median) / spread
      sum += weight === undefined ? inUnits : weight[key]! * inUnits
    }
    return sum / total
  })
}

/** The calibrated result of row i of raw scores. */
export function calibrate({ heldOut }: Calibration, scores: JoinedScores, i: number, alpha: number): CalibratedResult {
  return {
    score: calibratedScore(heldOut.ensemble, scores.ensemble[i]!, alpha),
    pValue: pValue(heldOut.ensemble, scores.ensemble[i]!),
    detectors: mapMembers(heldOut, (own, key) => ({ score: scores[key]![i]!, pValue: pValue(own, scores[key]![i]!) })),
  }
}

/** The members that have a value, in the order of `memberKeys`. */
export function membersOf(values: ByMember<unknown>): MemberKey[] {
  return memberKeys.filter((key) => values[key] !== undefined)
}

function mapMembers<T, U>(values: ByMember<T>, map: (value: T, key: MemberKey) => U): ByMember<U> {
  const entries = membersOf(values).map((key) => [key, map(values[key]!, key)])
  return Object.fromEntries(entries) as ByMember<U>
}

/** Of scores in any order. */
export function unitOf(scores: Float64Array): Unit {
  const sorted = scores.toSorted()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!
  return { median: at(0.5), spread: at(0.84) - at(0.16) || 1 }
}
