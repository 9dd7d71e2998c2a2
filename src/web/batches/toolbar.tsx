/** Filters with their counts, the order, the size of the pictures, the search, in one row; it stays in sight while one scrolls. */
import type { JSX } from 'preact'
import { useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { count } from '../format.ts'
import { t } from '../text.ts'
import { Icon } from '../ui/icons.tsx'
import type { Item } from './live.ts'
import { countFilters, filters, noLabel, type ReviewFilter, reviewFilters, type Sort, sorts } from './order.ts'
import { sizes, type ViewState } from './view-state.ts'

export function Toolbar(props: {
  items: readonly Item[]
  alpha: number
  state: ViewState
  /** The model looks at places, so that they can be shown. */
  hasPlaces: boolean
  /** All models, where several were asked. */
  labels: readonly string[]
  /** Images of the batch: counts keep the room for so many digits, so that nothing moves while they grow. */
  total: number
  /** Results that came after the order was frozen. */
  late: number
  onSortIn: () => void
}): JSX.Element {
  const { items, alpha, state, late } = props
  const counts = useMemo(() => countFilters(items, alpha), [items.length, alpha])
  const id = useId()
  const bar = useRef<HTMLDivElement>(null)
  // what sticks below it begins where it ends
  useLayoutEffect(() => {
    const element = bar.current
    if (element === null) return
    const tell = () => element.parentElement?.style.setProperty('--toolbar-height', `${element.offsetHeight}px`)
    const observer = new ResizeObserver(tell)
    observer.observe(element)
    tell()
    return () => observer.disconnect()
  }, [])
  return (
    <div class="toolbar" ref={bar}>
      <fieldset class="filters">
        <legend class="hidden">{t.batches.filter}</legend>
        {filters
          .filter((name) => name !== 'unanswered' || counts.unanswered > 0)
          .map((name) => (
            <label key={name} class={name}>
              <input
                type="radio"
                name={id}
                checked={state.filter.value === name}
                onChange={() => (state.filter.value = name)}
              />
              {t.batches.filters[name]}{' '}
              <span class="numbers count" style={{ minWidth: `${count(props.total).length}ch` }}>
                {count(counts[name])}
              </span>
            </label>
          ))}
      </fieldset>
      <div class="toolbar-right">
        {props.hasPlaces && (
          <label class="check">
            <input
              type="checkbox"
              checked={state.marks.value}
              onChange={() => (state.marks.value = !state.marks.value)}
            />
            {t.batches.marks}
          </label>
        )}
        {props.labels.length > 0 && (
          <select
            aria-label={t.batches.label}
            value={state.label.value}
            onChange={(event) => (state.label.value = event.currentTarget.value)}
          >
            <option value="">{t.batches.anyLabel}</option>
            {props.labels.map((label) => (
              <option key={label} value={label}>
                {t.batches.isLabel(label)}
              </option>
            ))}
            <option value={noLabel}>{t.batches.noLabel}</option>
          </select>
        )}
        <select
          aria-label={t.batches.reviewFilter}
          value={state.review.value}
          onChange={(event) => (state.review.value = event.currentTarget.value as ReviewFilter)}
        >
          {reviewFilters.map((name) => (
            <option key={name} value={name}>
              {t.batches.reviewFilters[name]}
            </option>
          ))}
        </select>
        <select
          aria-label={t.batches.sort}
          value={state.sort.value}
          onChange={(event) => (state.sort.value = event.currentTarget.value as Sort)}
        >
          {sorts.map((name) => (
            <option key={name} value={name}>
              {t.batches.sorts[name]}
            </option>
          ))}
        </select>
        <input
          type="search"
          aria-label={t.batches.search}
          placeholder={t.batches.search}
          value={state.search.value}
          onInput={(event) => (state.search.value = event.currentTarget.value)}
        />
        <label class="size-choice" title={t.batches.size}>
          <Icon name="batches" size={16} />
          <span class="hidden">{t.batches.size}</span>
          <input
            type="range"
            class="size"
            min={sizes.least}
            max={sizes.most}
            step={10}
            value={state.size.value}
            onInput={(event) => (state.size.value = Number(event.currentTarget.value))}
          />
        </label>
      </div>
      {late > 0 && (
        <button type="button" class="button small late" onClick={props.onSortIn}>
          {t.batches.newOnes(late)}
        </button>
      )}
    </div>
  )
}
