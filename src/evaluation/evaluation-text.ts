/** An evaluation in sentences, for someone who reads nothing else. */
import type { Evaluation, EvaluationAgainst } from '../wire/evaluation.ts'
import { percent } from '../wire/percent.ts'
import { plural } from '../wire/plural.ts'

type Told = Omit<Evaluation, 'sentences' | 'unreadable' | 'skipped'>

export function tellEvaluation(told: Told): string[] {
  return [
    ...tellAuroc(told),
    ...tellOfFit(told),
    ...tellRejections(told),
    ...tellAcceptance(told),
    ...tellUniformity(told),
    ...tellAgainst(told),
  ]
}

function tellAuroc({ model, auroc, aurocInterval, images }: Told): string[] {
  const asked = `${plural(images.positive, 'positive')} and ${plural(images.negative, 'negative')}`
  if (auroc === null || aurocInterval === null)
    return [`${model} was asked about ${asked}; with one kind alone there is no AUROC.`]
  return [
    `${model}: AUROC ${auroc.toFixed(3)} (95 % interval ${range(aurocInterval, (value) => value.toFixed(3))}) on ${asked}.`,
  ]
}

/** An image that was taught comes out as ordinary, and a version that was taught it seems better than one that was not. */
function tellOfFit({ model, images, against }: Told): string[] {
  const all = images.positive + images.negative
  const tell = (ref: string, count: number | undefined) =>
    count
      ? [
          `${ref} was fitted on ${count} of these ${plural(all, 'image')}: what is said of them is too good. Measure it on others.`,
        ]
      : []
  const other = against && against.model !== model ? tell(against.model, against.ofFit) : []
  return [...tell(model, images.ofFit), ...other]
}

function tellRejections(told: Told): string[] {
  const { falseRejectionRate, falseRejectionInterval, expectedFalseRejection: promise, alpha, confusion } = told
  if (falseRejectionRate === null || falseRejectionInterval === null) return []
  const all = confusion.positiveAccepted + confusion.positiveRejected
  const promised =
    promise.mean === 0
      ? `at alpha ${alpha} it can reject nothing, as its positives are too few`
      : `promised were ${percent(promise.low)} to ${percent(promise.high)} in nine of ten fits`
  const verdict = told.agrees ? 'The promise is kept.' : tooMany(told.agreement)
  return [
    `It rejects ${confusion.positiveRejected} of ${plural(all, 'positive')}, ${percent(falseRejectionRate)} (95 % interval ${range(falseRejectionInterval, percent)}); ${promised}. ${verdict}`,
  ]
}

function tellAcceptance({ falseAcceptanceRate, falseAcceptanceInterval, confusion }: Told): string[] {
  if (falseAcceptanceRate === null || falseAcceptanceInterval === null) return []
  const all = confusion.negativeAccepted + confusion.negativeRejected
  return [
    `It lets ${confusion.negativeAccepted} of ${plural(all, 'negative')} through, ${percent(falseAcceptanceRate)} (95 % interval ${range(falseAcceptanceInterval, percent)}).`,
  ]
}

/** A test at 5 %, and said as one: what it finds may be chance. */
function tooMany(agreement: number | null): string {
  const p = agreement === null ? '' : `${pWords(agreement)}; `
  return `That is more than the promise allows (${p}chance alone brings as many in at most 1 of 20 evaluations): if it is not chance, these positives are not like those of the fit.`
}

function tellUniformity({ uniformity, agrees }: Told): string[] {
  if (uniformity === null) return []
  const p = pWords(uniformity.pValue)
  const alarms = `an alarm in ${percent(uniformity.level)} of cases where all is well`
  if (uniformity.isUniform && agrees === false)
    return [
      `All p-values of the positives together spread evenly (${p}; ${alarms}): only the share that is rejected stands out, which is chance, or a few positives of another sort.`,
    ]
  return [
    uniformity.isUniform
      ? `The p-values of the positives spread evenly, as they should (${p}; ${alarms}).`
      : `The p-values of the positives do not spread evenly (${p}; ${alarms}): these positives are more ${uniformity.mean > 0.5 ? 'ordinary' : 'unusual'} than those of the fit (their mean is ${uniformity.mean.toFixed(2)}, not 0.50).`,
  ]
}

function tellAgainst({ model, against }: Told): string[] {
  if (!against) return []
  const what = against.of === 'auroc' ? 'AUROC' : 'false-rejection rate'
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
  const isReal = against.isReal
    ? 'a real difference'
    : against.difference === 0
      ? 'no difference'
      : 'which may be chance'
  return [
    `${model} against ${against.model}, ${what}: ${signed(against.difference)} (95 % interval ${range(against.interval, signed)}), ${isReal}.`,
    ...against.decisions.map((decision) => tellDecision(model, decision)),
  ]
}

function tellDecision(model: string, decision: EvaluationAgainst['decisions'][number]): string {
  const { label, rejectedByModel, rejectedByOther, pValue, isReal } = decision
  const difference = rejectedByModel - rejectedByOther
  if (difference === 0) return `${model} rejects as many ${label}s as the other: ${rejectedByModel}.`
  const amount = plural(Math.abs(difference), `${difference < 0 ? 'fewer' : 'more'} ${label}`)
  const chance = isReal ? `a real difference` : `which may be chance`
  return `${model} rejects ${amount} (${rejectedByModel} against ${rejectedByOther}), ${chance} (McNemar's exact test, p = ${pValue.toPrecision(2)}).`
}

function pWords(value: number): string {
  return value < 0.001 ? 'p below 0.001' : `p = ${value.toFixed(3)}`
}

function range([low, high]: readonly [number, number], show: (value: number) => string): string {
  return `${show(low)} to ${show(high)}`
}
