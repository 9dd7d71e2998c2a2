/** Alpha in words: "rejects at most 1 good image in 20". */
import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import { t } from '../text.ts'
import { alphaSteps, canReject, nearestStep } from '../verdict.ts'

export function AlphaSlider({
  alpha,
  onChange,
  n,
  help,
  children,
}: {
  alpha: number
  onChange: (alpha: number) => void
  /** Photos of the model, to say when nothing can be rejected. */
  n?: number
  help?: string
  children?: ComponentChildren
}): JSX.Element {
  const id = useId()
  const step = nearestStep(alpha)
  const k = alphaSteps[step]!
  return (
    <div class="alpha">
      <div class="alpha-words">
        <label for={id}>{t.alpha.label}</label>
        <output for={id}>
          {t.alpha.words(k)} <span class="muted numbers">({t.alpha.value(alpha)})</span>
        </output>
      </div>
      <input
        id={id}
        type="range"
        min={0}
        max={alphaSteps.length - 1}
        step={1}
        value={step}
        aria-valuetext={t.alpha.words(k)}
        onInput={(event) => onChange(1 / alphaSteps[Number(event.currentTarget.value)]!)}
      />
      <div class="alpha-ends" aria-hidden="true">
        <span>{t.alpha.lenient}</span>
        <span>{t.alpha.strict}</span>
      </div>
      {help && <p class="hint">{help}</p>}
      {n !== undefined && !canReject(n, alpha) && <p class="hint warn">{t.alpha.none(n)}</p>}
      {children}
    </div>
  )
}
