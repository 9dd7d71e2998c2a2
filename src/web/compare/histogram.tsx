/** The scores of a method on the test images: those of the thing, all others, and the threshold between accepted and rejected. */
import type { JSX } from 'preact'
import { t } from '../text.ts'
import type { TestScore } from './scores.ts'

const [width, height, mostBins] = [132, 34, 22]

export function ScoreHistogram({ scored }: { scored: readonly TestScore[] }): JSX.Element | null {
  if (scored.length === 0) return null
  // by rank: scores of some methods lie many powers of ten apart
  const sorted = [...scored].sort((a, b) => a.score - b.score)
  const bins = Math.min(mostBins, sorted.length)
  const startOf = (bin: number) => Math.ceil((bin * sorted.length) / bins)
  const counts = Array.from({ length: bins }, (_, bin) => {
    const part = sorted.slice(startOf(bin), startOf(bin + 1))
    const positive = part.filter(({ isPositive }) => isPositive).length
    return { positive, negative: part.length - positive }
  })
  const accepted = sorted.filter((one) => one.accepted).length
  const at = Math.min(width - 1, Math.max(1, (accepted / sorted.length) * width))
  const step = width / bins
  return (
    <svg
      class="score-histogram"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={t.compare.histogram(accepted, sorted.length)}
    >
      {counts.map(({ positive, negative }, i) => {
        // shares of a bin, for bins may hold one image more or less
        const scale = (height - 6) / (positive + negative)
        const [low, high] = [positive * scale, negative * scale]
        return (
          <g key={i}>
            <rect class="belongs" x={i * step + 0.4} width={step - 0.8} y={height - low} height={low} />
            <rect class="differs" x={i * step + 0.4} width={step - 0.8} y={height - low - high} height={high} />
          </g>
        )
      })}
      <path class="decision" d={`M${at.toFixed(1)} 0V${height}`} />
    </svg>
  )
}
