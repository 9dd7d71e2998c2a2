/** An evaluation to files: report.html for people, evaluation.json and scores.csv for programs. */
import { join } from 'node:path'
import { present } from '../../errors.ts'
import { makeThumbnail } from '../../images/thumbnail.ts'
import { dataUri, escapeHtml } from '../../system/html.ts'
import { csvField, csvMark } from '../../wire/csv.ts'
import type { Evaluation, JudgedImage } from '../../wire/evaluation.ts'
import type { Evaluated } from '../evaluate.ts'
import type { Labelled } from '../labelled.ts'
import { histogram, lineChart, rocChart } from './charts.ts'
import { writeReportFiles } from './files.ts'
import { leftOut, nameBelow, stackedTable, words } from './parts.ts'
import { reportStyle } from './report-style.ts'

/**
 * @param folder created where it is missing. Each file appears whole or not at all
 * @returns the path of the page
 */
export async function writeEvaluation(evaluated: Evaluated, labelled: Labelled, folder: string): Promise<string> {
  await writeReportFiles(folder, {
    'evaluation.json': `${JSON.stringify(evaluated.evaluation, null, 1)}\n`,
    'scores.csv': scoresCsv(evaluated.images),
    'report.html': evaluationHtml(evaluated, await thumbnailsOf(evaluated.evaluation, labelled)),
  })
  return join(folder, 'report.html')
}

function scoresCsv(images: readonly JudgedImage[]): string {
  const lines = images.map(({ image, label, score, pValue, isPositive }) =>
    [csvField(image), csvField(label), score, pValue, isPositive].join(','),
  )
  return `${csvMark(images.flatMap(({ image, label }) => [image, label]))}${['image,label,score,pValue,isPositive', ...lines].join('\n')}\n`
}

/** Pictures of the images that the page shows: a bounded number. */
async function thumbnailsOf({ worst }: Evaluation, { images }: Labelled): Promise<Map<string, Uint8Array>> {
  const sources = new Map(images.map(({ source }) => [source.name, source]))
  const out = new Map<string, Uint8Array>()
  for (const { image } of [...worst.falselyRejected, ...worst.falselyAccepted]) {
    const picture = await makeThumbnail(present(sources.get(image), 'the source of an image')).catch(() => undefined)
    if (picture) out.set(image, picture)
  }
  return out
}

function evaluationHtml({ evaluation, images }: Evaluated, thumbnails: ReadonlyMap<string, Uint8Array>): string {
  const title = `Evaluation of ${evaluation.model}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,">
<style>${reportStyle}</style></head><body>
<header><h1>${escapeHtml(title)}</h1><p class="soft">${evaluation.images.positive} positives, ${evaluation.images.negative} negatives, alpha ${evaluation.alpha}; the model as it is, nothing was fitted.</p></header>
<section class="verdict" aria-label="Verdict">${evaluation.sentences.map((text) => `<p>${words(text)}</p>`).join('')}</section>
${unreadable(evaluation)}
<main>
${decisions(evaluation)}
${against(evaluation)}
<h2>Curves and scores</h2><div class="cards">${plots(evaluation, images).join('')}</div>
${worst(evaluation, thumbnails)}
<h2>What the numbers say</h2>
<p class="soft">A positive is an image of the class. AUROC is the probability that a positive is less anomalous than a negative; its interval is a bootstrap over these images (1000 draws), and exact where all are ranked right. Intervals of shares are exact (Clopper and Pearson). The promise is the Beta distribution of the false-rejection rate for this number of held-out scores; it holds where new positives come from where the positives of the fit came from. "More than the promise allows" is said wrongly in at most 5 % of cases, and so is "do not spread evenly".</p>
</main></body></html>
`
}

function unreadable({ unreadable: list }: Evaluation): string {
  const unread = leftOut(list)
  return unread === undefined ? '' : `<div class="warning"><p>${escapeHtml(unread)}</p></div>`
}

function decisions({ confusion: c, alpha, expectedFalseRejection: promise, ...told }: Evaluation): string {
  const share = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(1)}\u00a0%`)
  const range = (interval: readonly number[] | null) =>
    interval === null ? '–' : interval.map((value) => share(value)).join(' to ')
  const rows = [
    [
      'positives',
      ...[c.positiveAccepted, c.positiveRejected].map(String),
      share(told.falseRejectionRate),
      range(told.falseRejectionInterval),
      `${share(promise.low)} to ${share(promise.high)} in nine of ten fits`,
    ],
    [
      'negatives',
      ...[c.negativeAccepted, c.negativeRejected].map(String),
      share(told.falseAcceptanceRate),
      range(told.falseAcceptanceInterval),
      '–',
    ],
  ]
  return `<h2>Decisions at alpha ${alpha}</h2>${stackedTable(['', 'accepted', 'rejected', 'wrong', '95 % interval', 'promised'], rows)}`
}

function against({ against: other, model }: Evaluation): string {
  if (!other) return ''
  const head = [
    'rejected',
    `by ${model}`,
    `by ${other.model}`,
    `only by ${model}`,
    `only by ${other.model}`,
    'McNemar p',
  ]
  const rows = other.decisions.map((d) => [
    `${d.label}s`,
    ...[d.rejectedByModel, d.rejectedByOther, d.onlyByModel, d.onlyByOther].map(String),
    d.pValue.toPrecision(2),
  ])
  return `<h2>Against ${escapeHtml(other.model)}</h2>${stackedTable(head, rows)}`
}

function plots({ roc, uniformity }: Evaluation, images: readonly JudgedImage[]): string[] {
  const of = (label: string) => images.filter((image) => image.label === label)
  const scoresOf = (label: string) => of(label).map(({ score }) => score)
  const cards: string[] = []
  if (roc) cards.push(card('ROC', rocChart([{ name: 'model', colour: 10, points: roc }]), ''))
  cards.push(
    card(
      'Scores',
      histogram('Scores', scoresOf('positive'), scoresOf('negative'), 0.5),
      'The line at 0.5 is the decision. Green: positives; orange: negatives.',
    ),
  )
  if (uniformity) {
    const sorted = of('positive')
      .map(({ pValue }) => pValue)
      .sort((a, b) => a - b)
    const points = [[0, 0], ...sorted.map((p, i) => [p, (i + 1) / sorted.length])] as [number, number][]
    const diagonal = {
      name: 'even',
      colour: 0,
      points: [
        [0, 0],
        [1, 1],
      ] as [number, number][],
      dashed: true,
    }
    const chart = lineChart(
      'p-values of the positives',
      [diagonal, { name: 'positives', colour: 10, points }],
      { x: 'p-value', y: 'share of positives at or below' },
      { y: [0, 1] },
    )
    cards.push(card('p-values of the positives', chart, 'Along the dashed line they spread evenly, as promised.'))
  }
  return cards
}

function worst({ worst: lists }: Evaluation, thumbnails: ReadonlyMap<string, Uint8Array>): string {
  const strip = (title: string, list: readonly JudgedImage[]) =>
    list.length === 0
      ? ''
      : `<h3>${title}</h3><div class="strip">${list.map((image) => figure(image, thumbnails)).join('')}</div>`
  const strips = [
    strip('Positives that were rejected, the most anomalous first', lists.falselyRejected),
    strip('Negatives that were accepted, the least anomalous first', lists.falselyAccepted),
  ].join('')
  return `<h2>Worst images</h2>${strips || '<p>No decision was wrong.</p>'}`
}

function figure({ image, pValue }: JudgedImage, thumbnails: ReadonlyMap<string, Uint8Array>): string {
  const bytes = thumbnails.get(image)
  const picture = bytes ? `<img src="${dataUri(bytes)}" alt="">` : ''
  return `<figure class="wrong">${picture}<figcaption>${nameBelow(image)}p ${pValue.toFixed(3)}</figcaption></figure>`
}

function card(title: string, plot: string, caption: string): string {
  return `<figure class="card"><h3>${escapeHtml(title)}</h3>${plot}${caption ? `<figcaption>${escapeHtml(caption)}</figcaption>` : ''}</figure>`
}
