/** The sentence at the end of a review: what the new version does better or worse than the old one. */
import type { JSX } from 'preact'
import { t } from '../text.ts'
import type { Outcome } from './outcome.ts'

export function OutcomeWords(props: {
  outcome: Outcome | 'asking' | null
  before: number
  after: number
  isTaught: boolean
}): JSX.Element | null {
  const { outcome, before, after, isTaught } = props
  if (outcome === null) return null
  if (outcome === 'asking')
    return (
      <p class="note row" role="status">
        <span class="spinner" aria-hidden="true" />
        {t.batches.checking(before, after)}
      </p>
    )
  return (
    <p class="note outcome" role="status">
      {t.batches.outcome(outcome, before, after, isTaught)}
    </p>
  )
}
