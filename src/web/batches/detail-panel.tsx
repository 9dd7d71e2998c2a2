/** The selected image: what is known of it, and the three answers of a reviewer. Beside the grid, or large in a dialog. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Opinions } from '../classify/opinions.tsx'
import { baseName, pValue } from '../format.ts'
import type { Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icons.tsx'
import { LargePicture, Picture } from '../ui/picture.tsx'
import { VerdictWord } from '../ui/verdict-mark.tsx'
import { asOdd, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { type Mark, markOf, type Truth } from './review.ts'

interface DetailProps {
  readonly item: Item
  readonly model: Model | undefined
  readonly alpha: number
  readonly truth: Truth | undefined
  readonly onReview: (mark: Mark | null) => void
}

export function DetailPanel(
  props: Omit<DetailProps, 'item'> & { item: Item | undefined; onOpen: () => void; onClose: () => void },
): JSX.Element {
  const { item } = props
  return (
    <section class={item ? 'card detail-panel open' : 'card detail-panel'} aria-label={t.batches.review}>
      {item === undefined ? (
        <p class="hint">{t.batches.keys}</p>
      ) : (
        <>
          <div class="row apart detail-title">
            <h2 class="minor cut" title={item.line.image}>
              {baseName(item.line.image)}
            </h2>
            <span class="row tight">
              <button type="button" class="button quiet square small" aria-label={t.models.open} onClick={props.onOpen}>
                <Icon name="expand" size={16} />
              </button>
              <button
                type="button"
                class="button quiet square small"
                aria-label={t.common.close}
                onClick={props.onClose}
              >
                <Icon name="close" size={16} />
              </button>
            </span>
          </div>
          <Words {...props} item={item} />
          <p class="hint keys">{t.batches.keys}</p>
        </>
      )}
    </section>
  )
}

function Words({ item, model, alpha, truth, onReview }: DetailProps): JSX.Element {
  const { line } = item
  const verdict = verdictOf(line, alpha)
  return (
    <div class="stack detail-words">
      <p class="row apart">
        <VerdictWord verdict={verdict} />
        {'pValue' in line && <span class="numbers muted">{t.classify.pValue(pValue(line.pValue))}</span>}
      </p>
      {'error' in line ? (
        <p>
          {line.error.message} <code>{line.error.code}</code>
        </p>
      ) : (
        <>
          {model && (
            <p class="hint">{t.classify.odd(asOdd(line.pValue, model.calibrationScores), model.calibrationScores)}</p>
          )}
          <ReviewButtons mark={markOf(verdict, truth)} onReview={onReview} />
          <div class="opinion-box">{model && <Opinions result={line} alpha={alpha} n={model.calibrationScores} />}</div>
        </>
      )}
    </div>
  )
}

function ReviewButtons(props: { mark: Mark | undefined; onReview: (mark: Mark | null) => void }): JSX.Element {
  return (
    <div class="review-buttons" role="group" aria-label={t.batches.review}>
      {(['right', 'wrong', 'unsure'] as const).map((mark) => (
        <button
          key={mark}
          type="button"
          class={`button small ${mark}`}
          aria-pressed={props.mark === mark}
          onClick={() => props.onReview(props.mark === mark ? null : mark)}
        >
          {t.batches[mark]}
        </button>
      ))}
    </div>
  )
}

export function Closer(
  props: DetailProps & {
    file: Blob | undefined
    path: string | null
    onMove: (step: number) => void
    onClose: () => void
  },
): JSX.Element {
  const { item, file, path } = props
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (file === undefined) return setUrl(null)
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  const onKeyDown = (event: KeyboardEvent) => {
    const marks: Record<string, Mark | null> = { r: 'right', w: 'wrong', u: 'unsure', Backspace: null }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (key === 'ArrowRight') props.onMove(1)
    else if (key === 'ArrowLeft') props.onMove(-1)
    else if (key in marks) props.onReview(marks[key]!)
    else return
    event.preventDefault()
  }
  return (
    <Dialog title={baseName(item.line.image)} wide onClose={props.onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the review's keys, as in the grid */}
      <div class="closer" tabIndex={-1} autofocus onKeyDown={onKeyDown}>
        <div class="closer-picture">
          {file ? (
            <LargePicture url={url} alt={item.line.image} />
          ) : (
            <Picture path={path} alt={item.line.image} fit="contain" />
          )}
        </div>
        <div class="stack">
          <Words {...props} />
          <div class="row">
            <button type="button" class="button small" onClick={() => props.onMove(-1)}>
              <Icon name="left" size={16} />
              {t.batches.previous}
            </button>
            <button type="button" class="button small" onClick={() => props.onMove(1)}>
              {t.batches.next}
              <Icon name="right" size={16} />
            </button>
          </div>
        </div>
      </div>
    </Dialog>
  )
}
