/** Filters with their counts, the order, the search; it stays in sight while one scrolls. */
import type { Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId, useMemo } from 'preact/hooks'
import { count } from '../format.ts'
import { t } from '../text.ts'
import type { Item } from './live.ts'
import { countFilters, type Filter, filters, type Sort, sorts } from './order.ts'
import type { Reviews } from './review.ts'

export function Toolbar(props: {
  items: readonly Item[]
  reviews: Reviews
  alpha: number
  sort: Signal<Sort>
  filter: Signal<Filter>
  search: Signal<string>
  /** Images of the batch: counts keep the room for so many digits, so that nothing moves while they grow. */
  total: number
  /** Results that came after the order was frozen. */
  late: number
  onSortIn: () => void
}): JSX.Element {
  const { items, reviews, alpha, sort, filter, search, late } = props
  const counts = useMemo(() => countFilters(items, reviews, alpha), [items.length, reviews, alpha])
  const id = useId()
  const options = (names: readonly Filter[]) =>
    names
      .filter((name) => name !== 'unanswered' || counts.unanswered > 0)
      .map((name) => (
        <label key={name} class={name}>
          <input type="radio" name={id} checked={filter.value === name} onChange={() => (filter.value = name)} />
          {t.batches.filters[name]}{' '}
          <span class="numbers count" style={{ minWidth: `${count(props.total).length}ch` }}>
            {count(counts[name])}
          </span>
        </label>
      ))
  return (
    <div class="toolbar">
      <fieldset class="filters">
        <legend class="hidden">{t.batches.filter}</legend>
        <div>{options(filters.slice(0, 5))}</div>
        <div>{options(filters.slice(5))}</div>
      </fieldset>
      <div class="row toolbar-right">
        <select
          aria-label={t.batches.sort}
          value={sort.value}
          onChange={(event) => (sort.value = event.currentTarget.value as Sort)}
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
          value={search.value}
          onInput={(event) => (search.value = event.currentTarget.value)}
        />
        <button
          type="button"
          class={late > 0 ? 'button small' : 'button small gone'}
          disabled={late === 0}
          onClick={props.onSortIn}
        >
          {t.batches.newOnes(late)}
        </button>
      </div>
    </div>
  )
}
