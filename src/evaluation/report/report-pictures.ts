/** The parts of the report with pictures in them: plots, thumbnails, the embedding. */
import { present } from '../../errors.ts'
import { dataUri, escapeHtml } from '../../system/html.ts'
import { splits } from '../../wire/splits.ts'
import type { CompareReport } from '../compare-report.ts'
import { splitName } from '../material.ts'
import { bestAndWorst, thresholdOf } from './best-and-worst.ts'
import { histogram, lineChart, rocChart, type Series, scatter } from './charts.ts'
import { nameBelow, words } from './parts.ts'
import { ranked } from './ranked.ts'

/** ROC curves, learning curve, training curves, histograms. */
export function plotsSection(report: CompareReport): string {
  const { methods } = report
  const colour = (key: string) => methods.findIndex((row) => row.key === key)
  const cards: string[] = []
  const rocs: Series[] = ranked(methods).flatMap(({ row, colour }) =>
    row.roc ? [{ name: row.title, colour, points: row.roc, dashed: row.needs === 'negatives' }] : [],
  )
  if (rocs.length > 0) cards.push(card('ROC curves', rocChart(rocs), legend(rocs), 'Dashed: trained with negatives.'))
  const curves = [...new Set(report.learningCurve.map(({ method }) => method))].map((method): Series => {
    const points = report.learningCurve.filter((point) => point.method === method)
    return {
      name: methods.find((row) => row.key === method)?.title ?? method,
      colour: Math.max(0, colour(method)),
      dots: true,
      points: points.map((point) => [point.positives, point.auroc]),
    }
  })
  if (curves.some(({ points }) => points.length > 1)) {
    const ticks = [...new Set(report.learningCurve.map(({ positives }) => positives))].sort((a, b) => a - b)
    const lowest = Math.min(...curves.flatMap(({ points }) => points.map(([, area]) => area)))
    const plot = lineChart(
      'Learning curve',
      curves,
      { x: 'training positives', y: 'AUROC' },
      { logX: true, xTicks: spaced(ticks), y: [Math.max(0, Math.floor(20 * lowest - 1) / 20), 1] },
    )
    cards.push(
      card(
        'Would more photos help?',
        plot,
        legend(curves),
        'Mean over random parts of your positives, judged as whole images.',
      ),
    )
  }
  for (const { row, colour: k } of ranked(methods)) {
    const history = row.history ?? []
    const last = history.at(-1)
    if (last === undefined || history.length < 2) continue
    const pick = (name: string, value: (r: (typeof history)[number]) => number | null, dashed: boolean): Series[] => {
      const points = history.flatMap((record) => {
        const y = value(record)
        return y === null ? [] : [[record.epoch, y] as const]
      })
      return points.length > 1 ? [{ name, colour: k, points, dashed }] : []
    }
    const series = [
      ...pick('training loss', (r) => r.loss, false),
      ...pick('validation loss', (r) => r.validationLoss, true),
    ]
    if (series.length === 0) continue
    const validation =
      last.validationAccuracy === null ? '' : `, validation ${(100 * last.validationAccuracy).toFixed(0)} %`
    const caption = `Accuracy at the end: training ${(100 * last.accuracy).toFixed(0)} %${validation}.`
    const plot = lineChart(row.title, series, { x: 'epoch', y: 'loss' }, { isCounted: true })
    cards.push(card(`Training of ${row.title}`, plot, legend(series), caption))
  }
  for (const { row } of ranked(methods)) {
    if (row.status !== 'done') continue
    const of = (positive: boolean) =>
      report.images
        .filter((image) => image.isPositive === positive)
        .flatMap((image) => image.scores[row.key]?.score ?? [])
    const threshold = thresholdOf(report.images, row.key)
    const plot = histogram(row.title, of(true), of(false), threshold)
    const isAll = report.images.some((image) => image.scores[row.key]?.accepted)
    const caption = threshold === undefined ? `${isAll ? 'It accepts' : 'It rejects'} every test image.` : ''
    cards.push(card(`Scores of ${row.title}`, plot, scoreLegend(threshold !== undefined), caption))
  }
  return cards.length > 0 ? `<h2>Curves and scores</h2><div class="cards">${cards.join('')}</div>` : ''
}

export function noiseSection({ labelNoise, thumbnails }: CompareReport): string {
  if (labelNoise.length === 0) return ''
  const items = labelNoise.map(({ image, pValue }) => figure(thumbnails, image, `p ${pValue.toFixed(3)}`, false))
  return `<h2>Training positives that do not fit</h2><p class="soft">Each was scored by a model that had not seen it. Look at them: a wrong label, a collage or a cropped image among the positives blurs the class. If they belong, leave them in.</p><div class="strip">${items.join('')}</div>`
}

/** The surest and the worst images of each method, the ensemble open, the others folded. */
export function gallerySection({ methods, images, thumbnails }: CompareReport): string {
  const parts = ranked(methods)
    .filter(({ row }) => row.status === 'done')
    .map(({ row }) => {
      const strips = bestAndWorst(images, row.key).map(({ title, images: list }) => {
        const items = list.map((image) => {
          const { score, accepted } = present(image.scores[row.key], 'the score of the method')
          return figure(
            thumbnails,
            image.image,
            `${score.toPrecision(2)}, ${accepted ? 'accepted' : 'rejected'}`,
            accepted !== image.isPositive,
          )
        })
        return `<h3>${title}</h3><div class="strip">${items.join('')}</div>`
      })
      return `<details${row.key === 'ensemble' ? ' open' : ''}><summary>${escapeHtml(row.title)}</summary>${strips.join('')}</details>`
    })
  return `<h2>Best and worst images</h2><p class="soft">Under each image its name, its anomaly score and the decision; a coloured frame marks a wrong decision. <span class="screen">What is open here is printed.</span></p>${parts.join('')}`
}

export function embeddingSection({ embedding, backbone }: CompareReport): string {
  if (embedding.length === 0) return ''
  const pointsOf = (projection: 'pca' | 'umap') =>
    embedding.flatMap((point, index) => {
      const at = point[projection]
      return at
        ? [{ x: at[0], y: at[1], kind: point.split, label: `${splitName(point.split)}: ${point.image}`, index }]
        : []
    })
  const used = splits.filter((split) => embedding.some((point) => point.split === split))
  const marks = `<ul class="legend">${used
    .map(
      (split) =>
        `<li><svg viewBox="0 0 10 10" style="display:inline-block;width:.8em" aria-hidden="true">${split.startsWith('train') ? `<circle class="dot ${split}" cx="5" cy="5" r="4"/>` : `<rect class="dot ${split}" x="1" y="1" width="8" height="8"/>`}</svg> ${splitName(split)}</li>`,
    )
    .join('')}</ul>`
  const cards = [card('PCA', scatter('PCA of the embeddings', pointsOf('pca')), marks, '')]
  const neighbours = pointsOf('umap')
  if (neighbours.length > 0) cards.push(card('UMAP', scatter('UMAP of the embeddings', neighbours), marks, ''))
  return `<h2>The embedding</h2><p class="soft">${escapeHtml(`What the backbone ${backbone.id} sees, in two dimensions.`)} <span class="screen">Point at a mark, tap it, or focus the plot and use the arrow keys, to see its image.</span></p><div class="cards pair">${cards.join('')}</div>`
}

const scoreLegend = (hasThreshold: boolean) =>
  `<ul class="legend"><li><span class="swatch" style="--c:var(--positive)"></span>the class</li><li><span class="swatch" style="--c:var(--negative)"></span>others</li>${hasThreshold ? '<li><span class="swatch threshold"></span>threshold</li>' : ''}</ul>`

function card(title: string, plot: string, below: string, caption: string): string {
  return `<figure class="card"><h3>${escapeHtml(title)}</h3>${plot}${below}${caption ? `<figcaption>${words(caption)}</figcaption>` : ''}</figure>`
}

function legend(series: readonly Series[]): string {
  const items = series.map(
    ({ name, colour, dashed }) =>
      `<li><span class="swatch${dashed ? ' dashed' : ''}" style="--c:var(--m${colour})"></span>${escapeHtml(name)}</li>`,
  )
  return `<ul class="legend">${items.join('')}</ul>`
}

function figure(thumbnails: ReadonlyMap<string, Uint8Array>, image: string, caption: string, wrong: boolean): string {
  const bytes = thumbnails.get(image)
  const picture = bytes ? `<img src="${dataUri(bytes)}" alt="">` : ''
  return `<figure${wrong ? ' class="wrong"' : ''}>${picture}<figcaption>${nameBelow(image)}${escapeHtml(caption)}</figcaption></figure>`
}

/** Ticks that do not write over each other on a logarithmic axis. */
function spaced(ticks: readonly number[]): number[] {
  return ticks.filter((tick, i) => i === ticks.length - 1 || (ticks.at(-1) ?? 0) / tick > 1.15)
}
