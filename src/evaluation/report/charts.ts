/**
 * The report's plots as SVG text, by d3's scales and shapes, without a browser. Colours are CSS variables (`--m0` ...), so that one
 * plot serves light, dark and paper. Every plot is 380 units wide: readable on a phone as it is.
 */
import { bin, extent, max } from 'd3-array'
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale'
import { area, type CurveFactory, curveLinear, curveStepAfter, line } from 'd3-shape'
import { escapeHtml } from '../../system/html.ts'

const width = 380
const height = 250
const margin = { top: 12, right: 14, bottom: 38, left: 44 }

export interface Series {
  readonly name: string
  /** Index of its colour. */
  readonly colour: number
  readonly points: readonly (readonly [number, number])[]
  readonly dashed?: boolean
  readonly dots?: boolean
}

type Scale = ScaleContinuousNumeric<number, number>
type Formatter = (value: number) => string

interface Axes {
  readonly x: Scale
  readonly y: Scale
  readonly xLabel: string
  readonly yLabel: string
  readonly xTicks?: readonly number[]
  readonly xFormat?: Formatter
}

export function rocChart(series: readonly Series[]): string {
  const axes = frame([0, 1], [0, 1], 'share of others accepted', 'share of the class accepted')
  const chance = `<line class="chance" x1="${axes.x(0)}" y1="${axes.y(0)}" x2="${axes.x(1)}" y2="${axes.y(1)}"/>`
  return svg('ROC curves', axes, chance + series.map((one) => path(one, axes, curveStepAfter)).join(''))
}

/** Lines over epochs or over numbers of images. */
export function lineChart(
  title: string,
  series: readonly Series[],
  labels: { readonly x: string; readonly y: string },
  options: {
    readonly logX?: boolean
    readonly xTicks?: readonly number[]
    /** Ticks at whole numbers only, as epochs are counted. */
    readonly isCounted?: boolean
    readonly y?: readonly [number, number]
  } = {},
): string {
  const points = series.flatMap((one) => one.points)
  const [x0 = 0, x1 = 1] = extent(points, ([x]) => x)
  const [y0 = 0, y1 = 1] = options.y ?? padded(extent(points, ([, y]) => y))
  const ends: [number, number] = [x0, x1 === x0 ? x0 + 1 : x1]
  const xTicks = options.isCounted ? wholeTicks(ends) : options.xTicks
  const axes = frame(ends, [y0, y1], labels.x, labels.y, { ...options, ...(xTicks && { xTicks }) })
  return svg(title, axes, series.map((one) => path(one, axes, curveLinear)).join(''))
}

/** Two histograms over each other, scores of the class and of others, with a line at the threshold where there is one. */
export function histogram(
  title: string,
  positives: readonly number[],
  negatives: readonly number[],
  threshold?: number,
): string {
  const all = [...positives, ...negatives].toSorted((a, b) => a - b)
  const [low, high] = clippedRange(all)
  const clip = (values: readonly number[]) => values.map((value) => Math.min(high, Math.max(low, value)))
  const bins = bin()
    .domain([low, high])
    .thresholds(Array.from({ length: 23 }, (_, k) => low + ((k + 1) * (high - low)) / 24))
  const shares = [positives, negatives].map((values) =>
    bins(clip(values)).map((one) => ({
      from: one.x0 ?? low,
      to: one.x1 ?? high,
      share: values.length > 0 ? one.length / values.length : 0,
    })),
  )
  const top = max(shares.flat(), ({ share }) => share) || 1
  const axes = frame([low, high], [0, top * 1.05], 'anomaly score', 'share of images')
  const shapes = shares.map((list, k) => {
    const outline = area<{ from: number; to: number; share: number }>()
      .x(({ from }) => axes.x(from))
      .y0(axes.y(0))
      .y1(({ share }) => axes.y(share))
      .curve(curveStepAfter)
    const last = list.at(-1)
    const closed = last ? [...list, { ...last, from: last.to }] : list
    return `<path class="${k === 0 ? 'positive' : 'negative'} fill" d="${outline(closed) ?? ''}"/>`
  })
  const at = threshold === undefined ? undefined : round(axes.x(Math.min(high, Math.max(low, threshold))))
  const mark = `<line class="threshold" x1="${at}" x2="${at}" y1="${margin.top}" y2="${axes.y(0)}"/>`
  return svg(title, axes, shapes.join('') + (at === undefined ? '' : mark))
}

export interface ScatterPoint {
  readonly x: number
  readonly y: number
  /** Class of the mark, and what it is called. */
  readonly kind: string
  readonly label: string
  /** Which thumbnail it shows. */
  readonly index: number
}

/** Points that show their image on hover, or with the arrow keys. */
export function scatter(title: string, points: readonly ScatterPoint[]): string {
  const x = scaleLinear(padded(extent(points, (point) => point.x)), [8, width - 8])
  const y = scaleLinear(padded(extent(points, (point) => point.y)), [340 - 8, 8])
  const marks = points.map((point) => {
    const [cx, cy] = [round(x(point.x)), round(y(point.y))]
    const attributes = `class="dot ${point.kind}" data-image="${point.index}"><title>${escapeHtml(point.label)}</title>`
    // the test split is drawn hollow, so that colour is not the only difference
    return point.kind.startsWith('train')
      ? `<circle cx="${cx}" cy="${cy}" r="3.2" ${attributes}</circle>`
      : `<rect x="${round(cx - 3)}" y="${round(cy - 3)}" width="6" height="6" ${attributes}</rect>`
  })
  return `<svg class="scatter" viewBox="0 0 ${width} 340" role="img" tabindex="0" aria-label="${escapeHtml(title)}; arrow keys step through the images">${marks.join('')}</svg>`
}

function frame(
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
  xLabel: string,
  yLabel: string,
  options: { readonly logX?: boolean; readonly xTicks?: readonly number[] } = {},
): Axes {
  const range: [number, number] = [margin.left, width - margin.right]
  const x = options.logX ? scaleLog(xDomain, range) : scaleLinear(xDomain, range)
  const y = scaleLinear(yDomain, [height - margin.bottom, margin.top])
  return { x, y, xLabel, yLabel, ...(options.xTicks ? { xTicks: options.xTicks } : {}) }
}

function svg(title: string, axes: Axes, content: string): string {
  const { x, y } = axes
  const bottom = height - margin.bottom
  const xFormat = axes.xTicks ? String : x.tickFormat(5)
  const xTicks = axes.xTicks ?? x.ticks(5)
  const yFormat = y.tickFormat(5)
  const horizontal = y
    .ticks(5)
    .map(
      (value) =>
        `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${round(y(value))}" y2="${round(y(value))}"/><text class="tick" x="${margin.left - 6}" y="${round(y(value) + 3.5)}" text-anchor="end">${yFormat(value)}</text>`,
    )
  const vertical = xTicks.map(
    (value) =>
      `<text class="tick" x="${round(x(value))}" y="${bottom + 15}" text-anchor="middle">${xFormat(value)}</text>`,
  )
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    ...horizontal,
    ...vertical,
    `<line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${bottom}" y2="${bottom}"/>`,
    `<text class="label" x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${escapeHtml(axes.xLabel)}</text>`,
    `<text class="label" transform="translate(11 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(axes.yLabel)}</text>`,
    content,
    '</svg>',
  ].join('')
}

function path(series: Series, { x, y }: Axes, curve: CurveFactory): string {
  const outline = line<readonly [number, number]>()
    .x(([value]) => round(x(value)))
    .y(([, value]) => round(y(value)))
    .curve(curve)
  const dots = series.dots
    ? series.points.map(([a, b]) => `<circle cx="${round(x(a))}" cy="${round(y(b))}" r="3"/>`).join('')
    : ''
  return `<g class="series${series.dashed ? ' dashed' : ''}" style="--c:var(--m${series.colour})"><title>${escapeHtml(series.name)}</title><path d="${outline([...series.points]) ?? ''}"/>${dots}</g>`
}

/** Some five whole numbers from one end to the other. */
function wholeTicks([from, to]: readonly [number, number]): number[] {
  return scaleLinear([from, to], [0, 1]).ticks(5).filter(Number.isInteger)
}

/** From the 1st to the 99th percentile with some room: a single extreme score must not flatten the rest. */
function clippedRange(sorted: readonly number[]): [number, number] {
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0
  const [low, high] = [at(0.01), at(0.99)]
  return high > low ? [low, high] : [low - 0.5, low + 0.5]
}

function padded([low, high]: readonly [number, number] | readonly [undefined, undefined]): [number, number] {
  if (low === undefined || high === undefined) return [0, 1]
  const room = (high - low) * 0.05 || 0.5
  return [low - room, high + room]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
