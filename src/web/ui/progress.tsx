/** A bar that says how far it is, to eyes and to screen readers. */
import type { JSX } from 'preact'

export function Progress(props: {
  share: number | null
  label: string
  text?: string
  /** The longest that the text can become. */
  widest?: string
}): JSX.Element {
  const { share, label, text, widest } = props
  const percent = share === null ? null : Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div class="progress">
      <div class="progress-words">
        <span>{label}</span>
        {/* as wide as it will get, so that nothing moves while it counts */}
        <span class="numbers" data-widest={widest ?? '100 %'}>
          {text ?? (percent === null ? '' : `${percent} %`)}
        </span>
      </div>
      <div
        class={percent === null ? 'bar endless' : 'bar'}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(percent === null ? {} : { 'aria-valuenow': percent })}
      >
        <div style={{ transform: `scaleX(${percent === null ? 0.3 : percent / 100})` }} />
      </div>
    </div>
  )
}
