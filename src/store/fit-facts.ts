/**
 * What a fit found out, kept in the model; and the report on it at any alpha, for the command line, the API, the page and the library.
 */
import { rejectable } from '../detectors/calibration.ts'
import {
  calibrationOf,
  defaultAlpha,
  expectedFalseRejection,
  positivesNeeded,
  scoresNeededForTolerance,
  smallestAlpha,
  smallestAlphaWords,
  toleranceAlpha,
} from '../detectors/promise.ts'
import { type CalibrationMethod, usualAlpha } from '../wire/fit-choices.ts'
import type { FitFacts, FitReport } from '../wire/fit-report.ts'
import { plural } from '../wire/plural.ts'
import { isText } from './plain-data.ts'

export type { FitFacts }

/** What the report needs to know of a model. */
export interface Reported {
  readonly n: number
  readonly alpha: number
  readonly calibrationScores: number
  readonly calibration?: CalibrationMethod | undefined
  /** Null for a model of feature rows. */
  readonly backbone?: object | null
  /** Null for a model of an earlier build. */
  readonly facts?: FitFacts | null
}

export function fitReport(model: Reported): FitReport {
  const { n, alpha, calibrationScores, calibration, facts = null } = model
  const asked = confidenceKept({ alpha, calibrationScores, facts })
  return {
    n,
    groups: facts?.groups ?? 0,
    effectiveN: facts?.effectiveN ?? n,
    calibrationScores,
    alpha,
    ...(asked && { askedAlpha: asked.alpha, confidence: asked.confidence }),
    expectedFalseRejection: expectedFalseRejection(calibrationScores, alpha, calibrationOf({ n, calibration })),
    smallestAlpha: smallestAlpha(calibrationScores),
    power: powerOf(facts, alpha),
    ...(facts?.negatives && { negativesPower: rejectedOf(facts.negatives.pValues, alpha) }),
    misfits: (facts?.misfits ?? []).map(({ image, row, pValue, times, nearest, similarity }) => ({
      image,
      row,
      pValue,
      reason: `lies ${times.toFixed(1)} times as far out as nine in ten of the ${nounOf(model)}s do; most like ${nearest} (similarity ${similarity.toFixed(2)})`,
    })),
    warnings: fitWarnings(model),
  }
}

/** The promise with a confidence, where the alpha in force is still strict enough for it: alpha may have been changed since the fit. */
function confidenceKept({ alpha, calibrationScores, facts }: Pick<Reported, 'alpha' | 'calibrationScores' | 'facts'>) {
  const asked = facts?.asked
  if (!asked) return null
  const limit = toleranceAlpha(calibrationScores, asked.alpha, asked.confidence) ?? smallestAlpha(calibrationScores)
  return alpha <= limit ? asked : null
}

/** What a version takes over from the one that it is made of, where nothing else is asked for. */
export function askedOfBase(
  base: Reported,
  given: { readonly alpha?: number | undefined; readonly confidence?: number | undefined } = {},
): { alpha?: number; confidence?: number; calibration?: CalibrationMethod } {
  const { n, alpha, calibrationScores, calibration } = base
  const isUsual = calibration === undefined || calibration === calibrationOf({ n })
  const method = isUsual ? {} : { calibration }
  if (given.alpha !== undefined) return method
  const asked = confidenceKept(base)
  if (asked) return { alpha: asked.alpha, confidence: asked.confidence, ...method }
  // an alpha that too few positives made looser than usual is not kept when there are more
  const isForced = alpha > usualAlpha && alpha === defaultAlpha(calibrationScores)
  return { ...(isForced ? {} : { alpha }), ...method }
}

/** Said where alpha was changed, and a promise with a confidence is no longer kept; undefined where there is nothing to say. */
export function confidenceWarning(model: Reported): string | undefined {
  const asked = model.facts?.asked
  if (!asked || confidenceKept(model)) return undefined
  return confidenceLost({ ...asked, calibrationScores: model.calibrationScores })
}

function confidenceLost(asked: { alpha: number; confidence: number; calibrationScores: number }): string {
  const limit = toleranceAlpha(asked.calibrationScores, asked.alpha, asked.confidence)
  return `this alpha no longer promises, with probability ${asked.confidence}, that at most ${asked.alpha} of good images are rejected, as the fit was asked for${limit === undefined ? '' : `: alpha ${limit} does`}.`
}

function powerOf(facts: FitFacts | null, alpha: number): FitReport['power'] {
  const reference = facts?.reference
  return reference ? { reference: reference.name, ...rejectedOf(reference.pValues, alpha) } : null
}

function rejectedOf(pValues: readonly number[], alpha: number): { share: number; images: number } {
  return { share: pValues.filter((p) => p <= alpha).length / pValues.length, images: pValues.length }
}

/** The warning of an alpha at which a model rejects nothing; undefined where it can. The same for fit, score, models set, API and page. */
export function alphaWarning(model: Pick<Reported, 'n' | 'calibration' | 'calibrationScores'>, alpha: number) {
  const { calibrationScores } = model
  if (rejectable(calibrationScores, alpha) > 0) return undefined
  const least = smallestAlphaWords(calibrationScores)
  return `alpha ${alpha} is below 1/(n + 1) = 1/${calibrationScores + 1}, the smallest p-value of ${calibrationScores} held-out positives: nothing at all is rejected. Take alpha ${least} or more, or ${photosFor(alpha, model)}.`
}

/** Said of a model whose alpha is looser than 0.05 because its positives allow no stricter one. */
function relaxedAlpha(model: Reported): string {
  const { calibrationScores, alpha } = model
  return `alpha is ${alpha}, as ${calibrationScores} independent positives can reject nothing at ${usualAlpha}: of 100 good ${nounOf(model)}s up to ${(100 * alpha).toFixed(0)} are rejected, on average. ${usualAlpha} takes ${photosFor(usualAlpha, model)}.`
}

/** What it takes to reject anything at alpha. */
function photosFor(alpha: number, { n, calibration }: Pick<Reported, 'n' | 'calibration'>): string {
  const method = calibrationOf({ n, calibration })
  return `${manyWords(positivesNeeded(alpha, method))} positives that are no near-duplicates${heldOutWords({ n, calibration })}`
}

/** Beyond what anybody has a number says nothing, and one of 300 digits looks like a fault. */
function manyWords(count: number): string {
  return count > 1e6 ? 'more than a million' : String(count)
}

function heldOutWords({ n, calibration }: Pick<Reported, 'n' | 'calibration'>): string {
  return calibrationOf({ n, calibration }) === 'split'
    ? ' (a split holds out a quarter of the positives; cross-fit all)'
    : ''
}

function fitWarnings(model: Reported): string[] {
  const { n, alpha, calibrationScores, facts = null } = model
  const noun = nounOf(model)
  const warnings: string[] = []
  const asked = confidenceKept({ alpha, calibrationScores, facts })
  if (facts?.asked && !asked) warnings.push(confidenceLost({ ...facts.asked, calibrationScores }))
  const reject = alphaWarning(model, alpha)
  if (asked && reject) {
    warnings.push(
      `${calibrationScores} held-out positives are too few to promise a false-rejection rate of at most ${asked.alpha} with confidence ${asked.confidence}: nothing is rejected. That takes ${manyWords(scoresNeededForTolerance(asked.alpha, asked.confidence))}${heldOutWords(model)}, a larger alpha, or less confidence.`,
    )
  } else if (reject) warnings.push(reject)
  else if (!asked && alpha > usualAlpha && alpha === defaultAlpha(calibrationScores)) warnings.push(relaxedAlpha(model))
  else if (n < 50) warnings.push(`${n} positives make a rough model; some 200 make a good one.`)
  if (!facts) return warnings
  if (facts.groups > 0 && facts.effectiveN < 0.9 * n) {
    warnings.push(
      `${n} ${noun}s with ${plural(facts.groups, 'group')} of near-duplicates are worth some ${facts.effectiveN} independent ones. Copies, and photos of one object, add little to what is known of the class: take ${noun === 'row' ? 'other rows' : 'photos of others'}.`,
    )
  }
  const { ofPositives = 0, pValues = [] } = facts.negatives ?? {}
  if (ofPositives > 0) {
    warnings.push(
      `${ofPositives} of ${plural(pValues.length, 'negative')} ${ofPositives === 1 ? 'is a positive' : 'are positives'} as well: nothing tells them apart. Take out one of the two.`,
    )
  }
  if (facts.kinds) {
    const { size, examples } = facts.kinds
    warnings.push(
      `the ${noun}s fall into two kinds that lie far apart: ${size} of ${n} ${size === 1 ? 'is' : 'are'} like ${examples.slice(0, 3).join(', ')}. If both are the class, all is well; if not, leave one out.`,
    )
  }
  if (facts.misfits.length > 0) {
    const isOne = facts.misfits.length === 1
    warnings.push(
      isOne
        ? `1 of ${n} ${noun}s does not look as if it belonged: look at it, and fit again without (exclude "misfits") if it does not.`
        : `${facts.misfits.length} of ${n} ${noun}s do not look as if they belonged: look at them, and fit again without (exclude "misfits") if they do not.`,
    )
  }
  return warnings
}

/** What a model was fitted on. */
export function nounOf({ backbone }: Pick<Reported, 'backbone'>): 'row' | 'image' {
  return backbone === null ? 'row' : 'image'
}

/** @throws RangeError or TypeError naming what does not fit */
export function checkFitFacts(facts: FitFacts, n: number): void {
  const { groups, effectiveN, asked, reference, negatives, misfits, kinds } = facts
  if (!isCount(groups, n) || !isCount(effectiveN, n)) throw new RangeError('the counts of the fit are wrong')
  if (asked !== null && !(isShare(asked.alpha) && isShare(asked.confidence)))
    throw new RangeError('the confidence is wrong')
  if (reference !== null) {
    if (!isText(reference.name) || !Array.isArray(reference.pValues)) throw new TypeError('the reference is wrong')
    if (!arePValues(reference.pValues)) throw new RangeError('the p-values of the reference are wrong')
  }
  if (negatives !== undefined) {
    if (!(Array.isArray(negatives.pValues) && arePValues(negatives.pValues)))
      throw new RangeError('the p-values of the negatives are wrong')
    if (!isCount(negatives.ofPositives ?? 0, negatives.pValues.length))
      throw new RangeError('the number of negatives that are positives is wrong')
  }
  const { places } = facts
  if (places !== undefined && ![places.detail, places.weight, places.without, places.with].every(Number.isFinite))
    throw new RangeError('what places add is wrong')
  const { light } = facts
  if (light !== undefined && ![light.asIs, light.even].every(Number.isFinite))
    throw new RangeError('what evening out the light adds is wrong')
  if (!Array.isArray(misfits) || misfits.length > n) throw new TypeError('the misfits are wrong')
  for (const { image, row, pValue, times, nearest, similarity } of misfits) {
    if (!isText(image) || !isText(nearest) || !isCount(row, n - 1)) throw new TypeError('a misfit is not named')
    if (![pValue, times, similarity].every(Number.isFinite)) throw new RangeError('a misfit has no numbers')
  }
  if (kinds !== null) {
    if (!Array.isArray(kinds.examples) || !kinds.examples.every(isText)) throw new TypeError('the kinds are wrong')
    if (!isCount(kinds.size, n) || !Number.isFinite(kinds.separation)) throw new RangeError('the kinds are wrong')
  }
}

function arePValues(values: readonly number[]): boolean {
  return values.length > 0 && values.every((p) => p > 0 && p <= 1)
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most
}

function isShare(value: number): boolean {
  return value > 0 && value < 1
}
