/** A line of the last values, with its highest. */
import type { JSX } from 'preact'
import { decimal } from '../format.ts'

const [width, height] = [900, 70]

export function Sparkline({ values, label }: { values: readonly number[]; label: string }): JSX.Element {
  const top = Math.max(1, ...values)
  const step = width / 89
  const first = width - (values.length - 1) * step
  const points = values.map(
    (value, i) => `${(first + i * step).toFixed(1)},${(height - (value / top) * (height - 6)).toFixed(1)}`,
  )
  return (
    <figure class="sparkline">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        <path class="axis" d={`M0 ${height - 0.5}H${width}`} />
        {points.length > 1 && <polyline points={points.join(' ')} />}
      </svg>
      <figcaption class="hint numbers">
        {label}, max {decimal(top, 1)}
      </figcaption>
    </figure>
  )
}
