/** How a batch is looked at: filters, order, alpha, size. It stands in the address, so that a link shows others the same. */
import { type Signal, signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { noteQuery, route } from '../routes.ts'
import { type Filter, filters, type ReviewFilter, reviewFilters, type Sort, sorts } from './order.ts'

export interface ViewState {
  readonly sort: Signal<Sort>
  readonly filter: Signal<Filter>
  readonly review: Signal<ReviewFilter>
  readonly search: Signal<string>
  /** Of several models that were asked: one that accepts the image, `noLabel`, or '' for all. */
  readonly label: Signal<string>
  /** Null: as the batch was scored. */
  readonly alpha: Signal<number | null>
  /** Smallest width of a picture, px. */
  readonly size: Signal<number>
  /** Marked places are boxed in the cells. */
  readonly marks: Signal<boolean>
}

export const sizes = { least: 90, most: 260, usual: 128 } as const
const sizeKey = 'oneclass.cell'

export function useViewState(): ViewState {
  const [state] = useState(readState)
  useAddress(() => {
    const next = readState()
    for (const name of Object.keys(state) as (keyof ViewState)[]) state[name].value = next[name].value
  })
  const { sort, filter, review, search, label, alpha, size, marks } = state
  useEffect(() => {
    noteQuery({
      sort: sort.value === 'odd' ? null : sort.value,
      show: filter.value === 'all' ? null : filter.value,
      review: review.value === 'any' ? null : review.value,
      find: search.value,
      label: label.value,
      marks: marks.value ? '1' : null,
      alpha: alpha.value === null ? null : String(Number(alpha.value.toPrecision(4))),
    })
  }, [sort.value, filter.value, review.value, search.value, label.value, alpha.value, marks.value])
  useEffect(() => {
    try {
      localStorage.setItem(sizeKey, String(size.value))
    } catch {
      // forbidden: it lives as long as the page
    }
  }, [size.value])
  return state
}

/** @param onOther hears of another address of the same batch, as of a link that somebody sent */
export function useAddress(onOther: () => void): void {
  const now = route.value
  const read = useRef(now)
  useEffect(() => {
    if (read.current !== now) onOther()
    read.current = now
  }, [now])
}

function readState(): ViewState {
  const { query } = route.value
  const word = <T extends string>(name: string, words: readonly T[], usual: T): Signal<T> => {
    const given = query.get(name)
    return signal((words as readonly string[]).includes(given ?? '') ? (given as T) : usual)
  }
  const alpha = Number(query.get('alpha'))
  return {
    sort: word('sort', sorts, 'odd'),
    filter: word('show', filters, 'all'),
    review: word('review', reviewFilters, 'any'),
    search: signal(query.get('find') ?? ''),
    label: signal(query.get('label') ?? ''),
    alpha: signal(alpha > 0 && alpha < 1 ? alpha : null),
    size: signal(readSize()),
    marks: signal(query.has('marks')),
  }
}

function readSize(): number {
  try {
    const kept = Number(localStorage.getItem(sizeKey))
    return kept >= sizes.least && kept <= sizes.most ? kept : sizes.usual
  } catch {
    return sizes.usual
  }
}
