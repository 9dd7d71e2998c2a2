/** Alpha in words: "rejects 1 good image in 20 on average", with the range in which the rate of one fit lies. */
import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { CalibrationMethod } from '../../wire/fit-choices.ts'
import { promiseWords, usePromise } from '../models/promise.ts'
import type { Model } from '../service/types.ts'
import { t } from '../text.ts'
import { alphaSteps, nearestStep, offered, oneIn, stepsFor } from '../verdict.ts'

export function AlphaSlider({
  alpha,
  onChange,
  n,
  calibration,
  help,
  children,
}: {
  alpha: number
  onChange: (alpha: number) => void
  /** Held-out photos of the model: stricter than 1 / (n + 1) nothing could be rejected, so it is not offered. */
  n?: number | undefined
  /** How they were held out; absent before a fit. */
  calibration?: CalibrationMethod | undefined
  help?: string
  children?: ComponentChildren
}): JSX.Element {
  const id = useId()
  const steps = stepsFor(n)
  const step = nearestStep(alpha, steps)
  const promise = usePromise(n, alpha, calibration)
  const words = t.alpha.words(oneIn(alpha))
  return (
    <div class="alpha">
      <div class="alpha-words">
        <label for={id}>{t.alpha.label}</label>
        <output for={id}>
          {words} <span class="muted numbers">({t.alpha.value(alpha)})</span>
        </output>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={steps.length - 1}
        step={1}
        value={step}
        aria-valuetext={words}
        onInput={(event) => {
          const k = steps[Number(event.currentTarget.value)]
          if (k !== undefined) onChange(1 / k)
        }}
      />
      <div class="alpha-ends" aria-hidden="true">
        <span>{t.alpha.lenient}</span>
        <span>{t.alpha.strict}</span>
      </div>
      <p class="hint alpha-range">{promise ? promiseWords(promise) : ''}</p>
      {n !== undefined && n + 1 < alphaSteps[0] && step === 0 && <p class="hint">{t.alpha.least(n)}</p>}
      {help && <p class="hint">{help}</p>}
      {children}
    </div>
  )
}

/** Said where the alpha of a model rejects nothing, and another one is shown. */
export function AlphaRaised({ model, shown }: { model: Model; shown: number }): JSX.Element | null {
  if (offered(model.alpha, model.calibrationScores) <= model.alpha) return null
  return <p class="hint warn">{t.alpha.raised(oneIn(model.alpha), oneIn(shown))}</p>
}
