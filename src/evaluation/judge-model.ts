/** From a fitted model's answers about labelled images to what they say of the model. No network, no files, no clock. */
import { betaBinomialTail, binomialInterval, mcNemar } from '../core/exact-tests.ts'
import { pairs } from '../core/pairs.ts'
import { rejectable } from '../detectors/calibration.ts'
import { expectedFalseRejection } from '../detectors/promise.ts'
import { checkUniformity } from '../detectors/uniformity.ts'
import type { Evaluation, EvaluationAgainst, JudgedImage } from '../wire/evaluation.ts'
import type { CalibrationMethod } from '../wire/fit-choices.ts'
import {
  aurocInterval,
  drawResamples,
  type Estimate,
  pairedDifference,
  type Resamples,
  resampledAuroc,
} from './bootstrap.ts'
import { averagePrecision, confusion, rates, rocCurve } from './metrics.ts'

/** What one model says of one labelled image. */
export type Judged = JudgedImage

/** What the promise depends on. */
export interface Promised {
  readonly alpha: number
  /** Held-out scores that p-values count among. */
  readonly n: number
  readonly method: CalibrationMethod
}

/** `agrees` and `isReal` of decisions are wrong in at most this share of cases. */
const level = 0.05

/**
 * Whether the promise about positives is kept.
 * @returns the probability of so many rejected ones, or more, if it holds; null where there are none to judge by
 */
export function judgePromise(
  rejected: number,
  positives: number,
  { alpha, n }: Pick<Promised, 'alpha' | 'n'>,
): { agreement: number; agrees: boolean } | { agreement: null; agrees: null } {
  if (positives === 0) return { agreement: null, agrees: null }
  const k = rejectable(n, alpha)
  const agreement = k === 0 ? Number(rejected === 0) : betaBinomialTail(rejected, positives, k, n + 1 - k)
  return { agreement, agrees: agreement > level }
}

const draws = 1000
const shownImages = 24

export type Judgement = Omit<Evaluation, 'model' | 'unreadable' | 'skipped' | 'against' | 'sentences'>

/** @param images with a result each; at least one positive or negative */
export function judgeModel(images: readonly Judged[], promised: Promised, unreadable: number, seed = 1): Judgement {
  const { scores, isPositive, accepted } = columns(images)
  const positives = images.filter(({ label }) => label === 'positive')
  const hasBoth = positives.length > 0 && positives.length < images.length
  const cells = confusion(accepted, isPositive)
  const { alpha, n, method } = promised
  const { positiveRejected, negativeAccepted } = cells
  const negatives = images.length - positives.length
  const area = hasBoth ? resampledAuroc(scores, isPositive, drawResamples(isPositive, draws, seed)) : undefined
  return {
    alpha,
    images: { positive: positives.length, negative: negatives, unreadable },
    auroc: area ? area.value : null,
    aurocInterval: area ? [...aurocInterval(area)] : null,
    averagePrecision: hasBoth ? averagePrecision(scores, isPositive) : null,
    ...rates(cells),
    falseRejectionInterval: positives.length > 0 ? binomialInterval(positiveRejected, positives.length) : null,
    expectedFalseRejection: expectedFalseRejection(n, alpha, method),
    ...judgePromise(positiveRejected, positives.length, promised),
    falseAcceptanceInterval: negatives > 0 ? binomialInterval(negativeAccepted, negatives) : null,
    confusion: cells,
    uniformity:
      checkUniformity(
        positives.map(({ pValue }) => pValue),
        n,
      ) ?? null,
    roc: hasBoth
      ? rocCurve(scores, isPositive).map((point) => [point.falsePositiveRate, point.truePositiveRate])
      : null,
    worst: {
      falselyRejected: positives
        .filter((image) => !image.isPositive)
        .sort((a, b) => b.score - a.score)
        .slice(0, shownImages),
      falselyAccepted: images
        .filter(({ label, isPositive: isIn }) => label === 'negative' && isIn)
        .sort((a, b) => a.score - b.score)
        .slice(0, shownImages),
    },
  }
}

/** Two models on the same images in the same order: differences that are paired image by image. */
export function judgeAgainst(
  images: readonly Judged[],
  others: readonly Judged[],
  other: string,
  seed = 1,
): EvaluationAgainst {
  const [own, their] = [columns(images), columns(others)]
  const positives = own.isPositive.reduce((sum, value) => sum + value, 0)
  const hasBoth = positives > 0 && positives < images.length
  const resamples = drawResamples(own.isPositive, draws, seed)
  const measure = ({ scores, accepted }: Columns): Estimate =>
    hasBoth
      ? resampledAuroc(scores, own.isPositive, resamples)
      : {
          value: rejectedShare(accepted, own.isPositive),
          draws: Float64Array.from(resamples.draws, (rows) => rejectedShare(accepted, own.isPositive, rows)),
          images: positives,
        }
  const [mine, theirs] = [measure(own), measure(their)]
  const { interval, isReal } = pairedDifference(mine, theirs)
  return {
    model: other,
    of: hasBoth ? 'auroc' : 'falseRejectionRate',
    difference: mine.value - theirs.value,
    interval: [...interval],
    isReal,
    images: images.length,
    auroc: hasBoth ? theirs.value : null,
    falseRejectionRate: positives > 0 ? rejectedShare(their.accepted, own.isPositive) : null,
    decisions: (['positive', 'negative'] as const).flatMap((label) => compareDecisions(label, images, others)),
  }
}

function compareDecisions(
  label: 'positive' | 'negative',
  images: readonly Judged[],
  others: readonly Judged[],
): EvaluationAgainst['decisions'] {
  const rows = pairs(images, others).flatMap(([own, other]) => (own.label === label ? [{ own, other }] : []))
  if (rows.length === 0) return []
  const count = (holds: (row: (typeof rows)[number]) => boolean) => rows.filter(holds).length
  const onlyByModel = count(({ own, other }) => !own.isPositive && other.isPositive)
  const onlyByOther = count(({ own, other }) => own.isPositive && !other.isPositive)
  const pValue = mcNemar(onlyByModel, onlyByOther)
  return [
    {
      label,
      rejectedByModel: count(({ own }) => !own.isPositive),
      rejectedByOther: count(({ other }) => !other.isPositive),
      onlyByModel,
      onlyByOther,
      pValue,
      isReal: pValue <= level,
    },
  ]
}

interface Columns {
  readonly scores: Float64Array
  readonly isPositive: Uint8Array
  readonly accepted: Uint8Array
}

function columns(images: readonly Judged[]): Columns {
  return {
    scores: Float64Array.from(images, ({ score }) => score),
    isPositive: Uint8Array.from(images, ({ label }) => Number(label === 'positive')),
    accepted: Uint8Array.from(images, ({ isPositive }) => Number(isPositive)),
  }
}

function rejectedShare(accepted: Uint8Array, isPositive: Uint8Array, rows?: Resamples['draws'][number]): number {
  let rejected = 0
  let total = 0
  const look = (i: number) => {
    if (isPositive[i] !== 1) return
    total++
    if (accepted[i] === 0) rejected++
  }
  if (rows) rows.forEach(look)
  else for (let i = 0; i < accepted.length; i++) look(i)
  return total > 0 ? rejected / total : 0
}
