/**
 * Which images of the grid are selected: one; a range from it to another (Shift); or single ones more (Ctrl, or Command). On a touch
 * screen a long press begins, and taps add. What is then said is said of all of them.
 */
import { type Signal, useSignal } from '@preact/signals'
import { useCallback, useRef } from 'preact/hooks'
import type { Item } from './live.ts'

/**
 * How an image was picked: by itself, as the end of a range, or beside what is selected; by a long press, or a tap, which adds after one.
 */
export type Pick = 'one' | 'range' | 'more' | 'hold' | 'tap'

export interface Selection {
  /** Index of the image that is looked at, null for none. */
  readonly at: Signal<number | null>
  /** Indices of all that are selected, where it is more than one. */
  readonly several: Signal<ReadonlySet<number>>
  /** The same function for as long as the view lives. */
  pick(item: Item, how: Pick): void
  /** To a place in the order. */
  moveTo(position: number, how: 'one' | 'range'): void
  /** All that the order has. */
  all(): void
  only(index: number | null): void
  /** What the grid shows now, in its order. */
  show(order: readonly Item[]): void
}

const none: ReadonlySet<number> = new Set()

export function pickOf(event: MouseEvent | KeyboardEvent): Pick {
  if ('pointerType' in event && event.pointerType === 'touch') return 'tap'
  return event.shiftKey ? 'range' : event.ctrlKey || event.metaKey ? 'more' : 'one'
}

export function useSelection(): Selection {
  const at = useSignal<number | null>(null)
  const several = useSignal<ReadonlySet<number>>(none)
  /** Where a range begins. */
  const anchor = useRef<number | null>(null)
  /** A long press has begun: taps add. */
  const isAdding = useRef(false)
  const latest = useRef<readonly Item[]>([])

  const only = useCallback((index: number | null) => {
    at.value = anchor.current = index
    several.value = none
    isAdding.current = false
  }, [])
  const pick = useCallback(({ index }: Item, by: Pick) => {
    if (by === 'hold') {
      only(index)
      isAdding.current = true
      return
    }
    const how = by === 'tap' ? (isAdding.current ? 'more' : 'one') : by
    if (how === 'one' || at.value === null) return only(index)
    if (how === 'more') {
      const next = new Set(several.value.size > 0 ? several.value : [at.value])
      if (!next.delete(index)) next.add(index)
      several.value = next.size > 1 ? next : none
      at.value = anchor.current = next.has(index) ? index : ([...next].at(-1) ?? null)
      return
    }
    const placeOf = (wanted: number | null) => latest.current.findIndex((item) => item.index === wanted)
    const [from, to] = [placeOf(anchor.current ?? at.value), placeOf(index)]
    if (from < 0 || to < 0) return only(index)
    const range = latest.current.slice(Math.min(from, to), Math.max(from, to) + 1)
    several.value = range.length > 1 ? new Set(range.map((item) => item.index)) : none
    at.value = index
  }, [])
  return {
    at,
    several,
    only,
    pick,
    moveTo(position, how) {
      const item = latest.current[Math.min(position, latest.current.length - 1)]
      if (item) pick(item, how)
      else only(null)
    },
    all() {
      if (latest.current.length < 2) return
      several.value = new Set(latest.current.map(({ index }) => index))
      at.value ??= latest.current[0]?.index ?? null
    },
    show(order) {
      latest.current = order
    },
  }
}
