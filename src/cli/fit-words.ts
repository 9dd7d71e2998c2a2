/** What a fit says about itself, in words: docs/promises.md explains every number. */
import { smallestAlphaWords } from '../detectors/promise.ts'
import { printable } from '../images/left-out.ts'
import { missesSmallDefects } from '../wire/drawn-defects.ts'
import type { FitReport, LightChoice, PlaceChoice } from '../wire/fit-report.ts'
import { fewestForMisfits } from '../wire/misfits.ts'
import type { Model } from '../wire/model.ts'
import { percent } from '../wire/percent.ts'
import { plural } from '../wire/plural.ts'
import type { Preprocess } from '../wire/preprocess.ts'
import { sizesWords } from '../wire/sizes.ts'

/** Misfits that are named on a terminal; `--json` has all of them. */
const named = 10

/** @param noun what the model was fitted on */
export function reportLines(report: FitReport, noun: 'image' | 'row'): string[] {
  const { n, groups, effectiveN, expectedFalseRejection: rate, power, misfits, confidence } = report
  const copies =
    groups === 0
      ? 'no near-duplicates'
      : `${plural(groups, 'group')} of near-duplicates, worth ${effectiveN} independent ${noun}s`
  const lines: [what: string, words: string][] = [
    [`${noun}s`, `${n}, ${copies}`],
    [
      `good ${noun}s rejected`,
      rate.mean === 0
        ? 'none, and nothing else either: see the note'
        : `${percent(rate.mean)} expected; ${percent(rate.low)} to ${percent(rate.high)} in nine of ten fits`,
    ],
    ['strictest alpha', `${smallestAlphaWords(report.calibrationScores)}`],
    ['anything else rejected', power ? `${percent(power.share)} of ${power.reference}` : 'not tried'],
    ...(report.negativesPower ? [['given negatives', givenWords(report.negativesPower)] as [string, string]] : []),
    [
      'misfits',
      misfits.length > 0
        ? `${misfits.length} of ${n}:`
        : n < fewestForMisfits
          ? `looked for among ${fewestForMisfits} ${noun}s or more`
          : 'none stand out',
    ],
  ]
  if (confidence !== undefined) {
    lines.splice(1, 0, [
      'promise',
      `with probability ${confidence} at most ${percent(report.askedAlpha ?? report.alpha)} of good ${noun}s are rejected; so alpha is ${report.alpha}`,
    ])
  }
  return [
    ...lines.map(([what, words]) => `  ${what.padEnd(23)} ${words}`),
    ...misfits.slice(0, named).map(({ image, reason }) => `    ${printable(image)}: ${printable(reason)}`),
    ...(misfits.length > named ? [`    and ${misfits.length - named} more (--json names all)`] : []),
  ]
}

function givenWords({ share, images }: NonNullable<FitReport['negativesPower']>): string {
  return `${percent(share)} of ${images} rejected, each judged by a model that had not seen it`
}

export function negativesWords(count: number): string {
  return `with ${plural(count, 'negative')}: one more detector learns from ${count === 1 ? 'it' : 'them'}`
}

const area = (value: number) => value.toFixed(3).replace(/^0/, '')

/** How a model looks at its images, and why. */
export function wayLines({ light, enlarged, mirrored, detail = 1, facts, growth }: Model): string[] {
  const sizes = enlarged
    ? sizesWords(enlarged, mirrored)
    : detail > 1
      ? "whole images are judged at the network's own size alone, as by earlier builds; fit from the images for both"
      : undefined
  return [
    ...(light ? [`  light                   ${lightWords(facts?.light, growth !== undefined)}`] : []),
    ...(sizes ? [`  sizes                   ${sizes}`] : []),
    ...(facts?.places ? [`  places                  ${placesWords(facts.places)}`] : []),
    ...(facts?.places && missesSmallDefects(facts.places)
      ? [`  small defects           ${missedWords(facts.places)}`]
      : []),
  ]
}

/** What evening out the light added. */
function lightWords(choice: LightChoice | undefined, isGrown: boolean): string {
  const why = choice
    ? `drawn defects are told from good images with AUROC ${area(choice.even)} so, ${area(choice.asIs)} as they are; evened out unless they are found worse by more than .02`
    : isGrown
      ? 'as in the earlier version'
      : 'as asked'
  return `evened out, in scoring too (${why})`
}

/** What looking at places added, and at which detail. */
function placesWords({ detail, weight, without, with: both }: PlaceChoice): string {
  if (weight === 0)
    return `looked at (detail ${detail}) and left out: drawn defects are told from good images with AUROC ${area(without)} by whole images, with places no better`
  return `detail ${detail}: drawn defects are told from good images with AUROC ${area(both)}, without places ${area(without)}`
}

/** No alarm: food, people and things have such an area. */
function missedWords({ with: both }: PlaceChoice): string {
  return `hardly told from good images (AUROC ${area(both)}): usual, and no matter, for photos of things that move about; of parts or surfaces small defects would be missed`
}

/** What was done with the rows of a feature file. */
export function preprocessWords(preprocess: Preprocess | undefined): string {
  if (preprocess === undefined) return 'each row is scaled to length 1 (--preprocess none keeps them as they are)'
  const why = {
    centred: 'they were centred before: their mean is near zero',
    whitened: 'they were whitened before: their covariance is near the identity',
    asked: 'as asked',
  }
  return `rows keep their lengths, ${why[preprocess.reason]} (--preprocess l2 scales each to length 1)`
}
