/** The selected image: what is known of it, and what the reviewer says. Beside the grid, or large in `closer.tsx`. */
import type { JSX } from 'preact'
import { Opinions } from '../classify/opinions.tsx'
import { ago, date, pValue, score } from '../format.ts'
import { oddWords } from '../models/promise.ts'
import { key } from '../service/connection.ts'
import type { Model } from '../service/types.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { ErrorWords } from '../ui/notes.tsx'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark, VerdictWord } from '../ui/verdict-mark.tsx'
import { verdictOf } from '../verdict.ts'
import { keyOf } from './keys.ts'
import type { Item } from './live.ts'
import { reviewer, type Said, setReviewer, type Truth, truths } from './review.ts'

export interface DetailProps {
  readonly item: Item
  readonly model: Model | undefined
  readonly alpha: number
  readonly truth: Truth | undefined
  readonly said: Said | undefined
  readonly onReview: (truth: Truth | null) => void
}

export function DetailPanel(
  props: Omit<DetailProps, 'item'> & {
    item: Item | undefined
    /** Images that are selected together, 0 for one or none. */
    several: number
    file: File | undefined
    path: string | null
    onOpen: () => void
    onClose: () => void
  },
): JSX.Element {
  const { item } = props
  return (
    <section class={item ? 'card detail-panel open' : 'card detail-panel'} aria-label={t.batches.review}>
      {item === undefined ? (
        <p class="hint">
          {t.batches.start} {t.batches.keys}
        </p>
      ) : (
        <>
          <div class="row apart detail-title">
            {/* on phones, where the panel lies over the grid */}
            <span class="detail-picture">
              <Picture file={props.file} path={props.path} alt="" />
            </span>
            {props.several > 0 ? (
              <h2 class="minor">
                <span role="status">{t.batches.several(props.several)}</span>
              </h2>
            ) : (
              <h2 class="minor" title={item.line.image}>
                <MiddleCut text={item.line.image} />
              </h2>
            )}
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
          {props.several > 0 ? <OfSeveral onReview={props.onReview} /> : <Words {...props} item={item} />}
          <p class="hint keys">{t.batches.keys}</p>
          <p class="hint holds">{t.batches.hold}</p>
          {key.value === null && <Reviewer />}
        </>
      )}
    </section>
  )
}

/** One answer for all that are selected. */
function OfSeveral({ onReview }: Pick<DetailProps, 'onReview'>): JSX.Element {
  return (
    <div class="stack detail-words">
      <ReviewButtons truth={undefined} onReview={onReview} />
      <p class="hint said">{t.batches.ofSeveral}</p>
    </div>
  )
}

/** Who reviews: asked only where no key tells it. */
export function Reviewer(): JSX.Element {
  return (
    <label class="field reviewer">
      <span>{t.batches.yourName}</span>
      <input
        type="text"
        maxLength={60}
        autocomplete="name"
        value={reviewer.value}
        onKeyDown={(event) => event.stopPropagation()}
        onInput={(event) => setReviewer(event.currentTarget.value)}
      />
    </label>
  )
}

export function Words({ item, model, alpha, truth, said, onReview }: DetailProps): JSX.Element {
  const { line } = item
  const verdict = verdictOf(line, alpha)
  return (
    <div class="stack detail-words">
      <p class="row apart">
        <VerdictWord verdict={verdict} />
        {'pValue' in line && (
          <span class="numbers muted">
            {t.batches.score(score(line.score))}, {t.classify.pValue(pValue(line.pValue))}
          </span>
        )}
      </p>
      {'error' in line ? (
        <p>
          <ErrorWords error={line.error} />
        </p>
      ) : (
        <>
          {model && <p class="hint">{oddWords(model, line.pValue)}</p>}
          {'labels' in line && line.labels && (
            <p class="labels">
              {line.labels.length === 0
                ? t.classify.noneOf(Object.keys(line.models ?? {}).length)
                : t.classify.isOneOf(line.labels)}
            </p>
          )}
          <ReviewButtons truth={truth} onReview={onReview} />
          <p class="hint said" title={said && date(said.at)}>
            {truth && said ? t.batches.said(said.by, ago(said.at)) : t.batches.ask}
          </p>
          <div class="opinion-box">{model && <Opinions result={line} alpha={alpha} n={model.calibrationScores} />}</div>
        </>
      )}
    </div>
  )
}

function ReviewButtons(props: { truth: Truth | undefined; onReview: (truth: Truth | null) => void }): JSX.Element {
  return (
    <div class="review-buttons" role="group" aria-label={t.batches.review}>
      {truths.map((truth) => (
        <button
          key={truth}
          type="button"
          class={`button small ${truth}`}
          aria-pressed={props.truth === truth}
          aria-keyshortcuts={keyOf(truth)}
          // the mouse leaves the focus on the image, so that the next key is about it and does not press the button again
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => props.onReview(props.truth === truth ? null : truth)}
        >
          {truth !== 'unsure' && <VerdictMark verdict={truth} size={15} />}
          {t.batches.truths[truth]}
          <span class="key" aria-hidden="true">
            {keyOf(truth)}
          </span>
        </button>
      ))}
    </div>
  )
}
