/** Beside the grid: how unusual the images of a batch are, and how strict one is with them. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Model, Positive } from '../service/types.ts'
import { t } from '../text.ts'
import { AlphaSlider } from '../ui/alpha-slider.tsx'
import { offered, oneIn } from '../verdict.ts'
import { Histogram } from './histogram.tsx'
import type { LiveBatch } from './live.ts'

export function Charts(props: {
  live: LiveBatch
  model: Model | undefined
  positives: readonly Positive[]
  alpha: number
  /** At which the batch was scored. */
  batchAlpha: number
  /** As it was set here, null where it was not. */
  own: Signal<number | null>
}): JSX.Element {
  const { live, model, positives, alpha, batchAlpha, own } = props
  // a copy: the same list with more in it would not be drawn anew
  const revision = live.revision.value
  const items = useMemo(() => [...live.items], [revision])
  return (
    <>
      <div class="card">
        <Histogram items={items} positives={positives} alpha={alpha} batchAlpha={batchAlpha} />
      </div>
      <div class="card">
        <AlphaSlider
          alpha={alpha}
          onChange={(next) => (own.value = next)}
          {...(model ? { n: model.calibrationScores, calibration: model.calibration } : {})}
        />
        <button type="button" class="button small" disabled={own.value === null} onClick={() => (own.value = null)}>
          {t.alpha.reset(oneIn(offered(batchAlpha, model?.calibrationScores)))}
        </button>
      </div>
    </>
  )
}
