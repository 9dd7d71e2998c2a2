/** How odd the images of a batch are, against the held-out photos of the model, and where the decision falls. */
import type { JSX } from 'preact'
import type { Positive } from '../service/types.ts'
import { t } from '../text.ts'
import { logit, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'

const bins = 28
const reach = 5
const [width, height, foot] = [300, 120, 16]

export function Histogram(props: {
  items: readonly Item[]
  positives: readonly Positive[]
  alpha: number
  /** Alpha that the scores of the batch were made with. */
  batchAlpha: number
}): JSX.Element {
  const { items, positives, alpha, batchAlpha } = props
  const counts = Array.from({ length: bins }, () => ({ belongs: 0, differs: 0, taught: 0 }))
  const add = (x: number, kind: 'belongs' | 'differs' | 'taught') => {
    const bin = counts[binOf(x)]
    if (bin) bin[kind]++
  }
  let scored = 0
  const crossing = crossings(alpha)
  for (const { line } of items) {
    if (!('score' in line)) continue
    const x = logit(line.score)
    crossing.add(x, line.pValue)
    add(x, verdictOf(line, alpha) === 'belongs' ? 'belongs' : 'differs')
    scored++
  }
  // the positives' scores have their 0.5 at the model's alpha: shift them to the batch's
  const known = positives.flatMap(({ score, pValue }) =>
    score === null || pValue === null ? [] : { x: logit(score), pValue },
  )
  const own = crossings(batchAlpha)
  for (const { x, pValue } of known) own.add(x, pValue)
  const shift = own.middle() ?? 0
  for (const { x, pValue } of known) {
    crossing.add(x - shift, pValue)
    add(x - shift, 'taught')
  }
  const scale = known.length > 0 ? Math.max(1, scored) / known.length : 0
  const top = Math.max(1, ...counts.flatMap(({ belongs, differs, taught }) => [belongs + differs, taught * scale]))
  const y = (n: number) => (n / top) * (height - 8)
  const step = width / bins
  const at = ((Math.min(reach, Math.max(-reach, crossing.middle() ?? 0)) + reach) / (2 * reach)) * width
  const outline = counts
    .map(
      ({ taught }, i) =>
        `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(height - y(taught * scale)).toFixed(1)}h${step.toFixed(1)}`,
    )
    .join('')

  return (
    <figure class="histogram">
      <figcaption>
        <h2 class="minor">{t.batches.histogram}</h2>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height + foot}`}
        role="img"
        aria-label={t.batches.histogramHelp(scored, known.length)}
      >
        {counts.map(({ belongs, differs }, i) => (
          <g key={i}>
            {belongs > 0 && (
              <rect class="belongs" x={i * step + 0.5} width={step - 1} y={height - y(belongs)} height={y(belongs)} />
            )}
            {differs > 0 && (
              <rect
                class="differs"
                x={i * step + 0.5}
                width={step - 1}
                y={height - y(belongs + differs)}
                height={y(differs)}
              />
            )}
          </g>
        ))}
        {known.length > 0 && <path class="taught" d={outline} />}
        <path class="axis" d={`M0 ${height}H${width}`} />
        <path class="decision" d={`M${at} 0V${height}`} />
        <text x="0" y={height + 13}>
          {t.classify.typical}
        </text>
        <text x={width} y={height + 13} text-anchor="end">
          {t.classify.oddEnd}
        </text>
        <text x={Math.min(width - 60, Math.max(60, at))} y={height + 13} text-anchor="middle">
          {t.batches.decision}
        </text>
      </svg>
      <p class="hint">{t.batches.histogramHelp(scored, known.length)}</p>
    </figure>
  )
}

function binOf(x: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(((x + reach) / (2 * reach)) * bins)))
}

/** Where, along the axis, p falls to alpha: between the oddest accepted and the least odd rejected. */
function crossings(alpha: number) {
  let accepted = Number.NEGATIVE_INFINITY
  let rejected = Number.POSITIVE_INFINITY
  return {
    add(x: number, p: number) {
      if (p > alpha) accepted = Math.max(accepted, x)
      else rejected = Math.min(rejected, x)
    },
    middle(): number | undefined {
      if (accepted === Number.NEGATIVE_INFINITY && rejected === Number.POSITIVE_INFINITY) return undefined
      if (accepted === Number.NEGATIVE_INFINITY) return rejected - 0.3
      if (rejected === Number.POSITIVE_INFINITY) return accepted + 0.3
      return (accepted + rejected) / 2
    },
  }
}
