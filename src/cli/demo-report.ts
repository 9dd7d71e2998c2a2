/** The demo's last words: what was promised, what came of it with its interval, and one sentence to repeat. */
import { binomialInterval } from '../core/exact-tests.ts'
import { type Judged, judgeModel, type Promised } from '../evaluation/judge-model.ts'
import { auroc } from '../evaluation/metrics.ts'
import { percent } from '../wire/percent.ts'
import type { ImageResult } from '../wire/result.ts'

const kinds = { good: 'good parts, held out', defect: 'parts with a defect', other: 'other things' } as const
type Kind = keyof typeof kinds

/**
 * @param results of images whose names say what they are: good-1.jpg, defect-2.jpg, other-3.jpg
 * @param promised by the fitted model
 */
export function demoLines(results: readonly ImageResult[], promised: Promised): string[] {
  const images = results.flatMap((result): (Judged & { kind: Kind })[] => {
    if ('error' in result) return []
    const { image, isPositive, score, pValue } = result
    const kind = (/(good|defect|other)-/.exec(image)?.[1] ?? 'other') as Kind
    return [{ image, label: kind === 'good' ? 'positive' : 'negative', isPositive, score, pValue, kind }]
  })
  const of = (kind: Kind) => images.filter((image) => image.kind === kind)
  const rejected = (kind: Kind) => of(kind).filter(({ isPositive }) => !isPositive).length
  const against = (some: typeof images) =>
    // auroc takes anomaly scores: higher is less like the class
    auroc(
      some.map(({ score }) => score),
      some.map(({ label }) => Number(label === 'positive')),
    ).toFixed(3)
  const row = (kind: Kind): string => {
    const [count, out] = [of(kind).length, rejected(kind)]
    const [low, high] = binomialInterval(out, count)
    const share = `${percent(out / count)} (${percent(low)} to ${percent(high)})`
    const area = kind === 'good' ? '' : against([...of('good'), ...of(kind)])
    return `  ${kinds[kind].padEnd(22)} ${String(count).padStart(5)} ${String(out).padStart(9)}   ${share.padEnd(26)} ${area}`
  }
  const { expectedFalseRejection: rate, agrees } = judgeModel(images, promised, 0)
  const [lost, good] = [rejected('good'), of('good').length]
  const [low, high] = binomialInterval(lost, good)
  return [
    `  ${'images'.padEnd(22)} ${'count'.padStart(5)} ${'rejected'.padStart(9)}   ${'share (95 % interval)'.padEnd(26)} AUROC against good parts`,
    row('good'),
    row('defect'),
    row('other'),
    '',
    `  AUROC of all ${against(images)}`,
    `  promised: ${percent(promised.alpha)} of good parts are rejected on average; ${percent(rate.low)} to ${percent(rate.high)} in nine of ten fits`,
    `  came out: ${percent(lost / good)}, with ${good} parts somewhere between ${percent(low)} and ${percent(high)}: ${
      agrees ? 'the promise is kept' : 'more than was promised'
    }`,
    '',
    `  It has never seen a bad image, and it found ${rejected('defect') + rejected('other')} of ${of('defect').length + of('other').length}, at the price of ${lost} good ones in ${good}.`,
  ]
}
