/** All images that were asked about, in the order in which they came, each with its verdict. Arrow keys go through them. */
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { baseName } from '../format.ts'
import { t } from '../text.ts'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { type Verdict, verdictOf, verdictOfError } from '../verdict.ts'
import { type Asked, asked, selected, selectedId } from './asked.ts'

export function Tray({ alpha, onClear }: { alpha: number; onClear: () => void }): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  const verdicts = asked.value.map((one) => verdictOfAsked(one, alpha))
  const count = (wanted: Verdict) => verdicts.filter((verdict) => verdict === wanted).length

  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const at = asked.value.findIndex((one) => one.id === selected.value?.id)
    const next = asked.value[Math.min(asked.value.length - 1, Math.max(0, at + step))]
    if (next === undefined) return
    selectedId.value = next.id
    list.current?.querySelector<HTMLElement>(`[data-id="${next.id}"]`)?.focus()
  }

  return (
    <section class="stack tray-box">
      <div class="row apart">
        <h2>
          {t.classify.results}{' '}
          <span class="muted numbers tally">
            {t.classify.tally(count('belongs'), count('differs'), count('unreadable') + count('unanswered'))}
          </span>
        </h2>
        <button type="button" class="button quiet small" onClick={onClear}>
          {t.classify.clear}
        </button>
      </div>
      <ul class="tray" ref={list} onKeyDown={move}>
        {asked.value.map((one, i) => {
          const verdict = verdicts[i]
          const isSelected = one.id === selected.value?.id
          return (
            <li key={one.id}>
              <button
                type="button"
                data-id={one.id}
                tabIndex={isSelected ? 0 : -1}
                aria-pressed={isSelected}
                class={`tray-cell ${verdict ?? 'waiting'}`}
                onClick={() => (selectedId.value = one.id)}
              >
                <Picture file={one.file} alt="" />
                <span class="tray-words">
                  {verdict ? <VerdictMark verdict={verdict} size={18} /> : <span class="spinner" aria-hidden="true" />}
                  <span class="hidden">{verdict ? t.verdict[verdict] : t.classify.waiting}: </span>
                  <MiddleCut text={baseName(one.name)} />
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function verdictOfAsked(one: Asked, alpha: number): Verdict | undefined {
  if (one.answer === null) return undefined
  return 'error' in one.answer ? verdictOfError(one.answer.error.code) : verdictOf(one.answer.result, alpha)
}
