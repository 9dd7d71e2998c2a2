/**
 * A verdict as a shape and a colour: a disc, a diamond, a triangle. The colours differ for every kind of colour vision; the shapes need
 * none.
 */
import type { JSX } from 'preact'
import { t } from '../text.ts'
import type { Verdict } from '../verdict.ts'

export function VerdictMark({ verdict, size = 20 }: { verdict: Verdict; size?: number }): JSX.Element {
  return (
    <svg class={`mark ${verdict}`} width={size} height={size} viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {verdict === 'belongs' && (
        <>
          <circle cx="10" cy="10" r="9" />
          <path d="M5.8 10.4 8.8 13.2 14.2 7" />
        </>
      )}
      {verdict === 'differs' && (
        <>
          <path class="body" d="M10 .6 19.4 10 10 19.4 .6 10z" />
          <path d="M7 7l6 6M13 7l-6 6" />
        </>
      )}
      {(verdict === 'unreadable' || verdict === 'unanswered') && (
        <>
          <path class="body" d="M10 1.5 19.3 18H.7z" />
          <path d="M10 7.5v4.5M10 14.900v.1" />
        </>
      )}
    </svg>
  )
}

/** The mark with its word. */
export function VerdictWord({ verdict, size = 20 }: { verdict: Verdict; size?: number }): JSX.Element {
  return (
    <span class={`verdict-word ${verdict}`}>
      <VerdictMark verdict={verdict} size={size} />
      {t.verdict[verdict]}
    </span>
  )
}
