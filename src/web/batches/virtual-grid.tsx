/**
 * Thousands of cells of which only those on the screen exist. Rows are moved by `transform` (which shifts no layout), the page
 * itself scrolls, and one cell at a time takes part in the tab order, as the ARIA grid pattern asks. While rows rush by faster than
 * one can read, cells are asked for without their words, which cost more than the pictures (measured: half the time of a frame).
 */
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { useWindowEvent } from '../ui/listen.ts'

const gap = 10
const captionHeight = 30
const overscan = 3
/** Two frames in a row above this pace, px a ms, are a rush (some four screens a second); it is over after this many ms without one. */
const rushPace = 4
const rushMs = 120

interface Frame {
  readonly columns: number
  readonly cell: number
  readonly first: number
  readonly last: number
  readonly isRushing: boolean
}

/** Tells from the places of the grid, frame by frame, whether it rushes by. */
function createRush(onEnd: () => void): { moved: (top: number) => boolean; stop: () => void } {
  let last = { top: 0, at: 0, isFast: false }
  let isRushing = false
  let ending: ReturnType<typeof setTimeout> | undefined
  return {
    moved(top) {
      const at = performance.now()
      const isFast = Math.abs(top - last.top) > rushPace * Math.max(1, at - last.at)
      if (isFast && last.isFast) {
        isRushing = true
        clearTimeout(ending)
        ending = setTimeout(() => {
          isRushing = false
          onEnd()
        }, rushMs)
      }
      if (top !== last.top) last = { top, at, isFast }
      return isRushing
    },
    stop: () => clearTimeout(ending),
  }
}

/** What nothing lies over: below what sticks above, above the tab bar of phones and the sheet about an image. */
function inSight(): { readonly ceiling: number; readonly floor: number } {
  const placed = (selector: string, position: string) => {
    const element = document.querySelector(selector)
    return element !== null && getComputedStyle(element).position === position ? element.getBoundingClientRect() : null
  }
  const sheet = placed('.detail-panel.open', 'fixed')
  const floor = Math.min(innerHeight - 90, sheet === null ? innerHeight : sheet.top - gap)
  return { ceiling: placed('.toolbar', 'sticky') ? 150 : 64, floor }
}

/** Where the keys of the grid are heard; after a dialog over it has gone. */
export function focusGrid(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>('.virtual-grid [tabindex="0"]')?.focus({ preventScroll: true }),
  )
}

export function VirtualGrid(props: {
  count: number
  label: string
  /** Position of the selected cell, -1 for none. */
  selected: number
  /** Smallest width of a cell, px. */
  least?: number
  renderCell: (position: number, isFocusable: boolean, isRushing: boolean) => JSX.Element
  /** @param isRange Shift is held: what lies between is selected too */
  onMove: (position: number, isRange: boolean) => void
  onKey: (event: KeyboardEvent) => void
}): JSX.Element {
  const { count, selected, least = 128 } = props
  const box = useRef<HTMLDivElement>(null)
  const [frame, setFrame] = useState<Frame>({ columns: 1, cell: least, first: 0, last: 0, isRushing: false })
  const [rush] = useState(() => createRush(() => measure()))
  const rowHeight = frame.cell + captionHeight + gap
  const rows = Math.ceil(count / frame.columns)

  const measure = () => {
    const element = box.current
    if (element === null) return
    const { top, width } = element.getBoundingClientRect()
    const small = width < 480 ? Math.min(least, 100) : least
    const columns = Math.max(1, Math.floor((width + gap) / (small + gap)))
    const cell = Math.floor((width - gap * (columns - 1)) / columns)
    const height = cell + captionHeight + gap
    const first = Math.max(0, Math.floor(-top / height) - overscan)
    const last = Math.ceil((innerHeight - top) / height) + overscan
    const next: Frame = { columns, cell, first, last, isRushing: rush.moved(top) }
    setFrame((old) => ((Object.keys(next) as (keyof Frame)[]).every((key) => old[key] === next[key]) ? old : next))
  }
  useLayoutEffect(measure, [count, least])
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    let asked = 0
    const later = () => {
      asked ||= requestAnimationFrame(() => {
        asked = 0
        measure()
      })
    }
    addEventListener('scroll', later, { passive: true })
    const observer = new ResizeObserver(later)
    observer.observe(element)
    addEventListener('resize', later)
    return () => {
      removeEventListener('scroll', later)
      removeEventListener('resize', later)
      observer.disconnect()
      cancelAnimationFrame(asked)
      rush.stop()
    }
  }, [])

  /** Brings a cell into view and, when the grid has the focus, focuses it. */
  const reveal = (element: HTMLElement, position: number) => {
    const row = Math.floor(position / frame.columns)
    const top = element.getBoundingClientRect().top + row * rowHeight
    const { ceiling, floor } = inSight()
    if (top < ceiling) scrollBy({ top: top - ceiling, behavior: 'instant' })
    else if (top + rowHeight > floor) scrollBy({ top: top + rowHeight - floor, behavior: 'instant' })
    measure()
  }
  useEffect(() => {
    const element = box.current
    if (selected < 0 || !element?.contains(document.activeElement)) return
    reveal(element, selected)
    requestAnimationFrame(() => element.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true }))
  }, [selected])

  const onKeyDown = (event: KeyboardEvent) => {
    const { columns } = frame
    const at = Math.max(0, selected)
    const steps: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      PageDown: at + columns * 4,
      PageUp: at - columns * 4,
      Home: 0,
      End: count - 1,
    }
    const to = steps[event.key]
    if (to === undefined || event.metaKey || event.ctrlKey || event.altKey) return props.onKey(event)
    event.preventDefault()
    props.onMove(Math.min(count - 1, Math.max(0, to)), event.shiftKey)
  }

  // a cell that is drawn anew (results come, columns change) loses the focus: its keys are then heard all the same, and it gets it back
  useWindowEvent('keydown', (event) => {
    const { activeElement } = document
    const isOurs = box.current?.contains(activeElement) ?? false
    const isElsewhere = activeElement?.closest('input, select, textarea, button, a, summary') != null
    const isCovered = document.querySelector('dialog[open]') !== null
    if (selected < 0 || isOurs || isElsewhere || isCovered || event.defaultPrevented) return
    onKeyDown(event)
    if (event.defaultPrevented) focusGrid()
  })

  const firstRow = Math.min(frame.first, Math.max(0, rows - 1))
  const lastRow = Math.min(rows, frame.last)
  const focusable = selected >= 0 ? selected : firstRow * frame.columns
  const visible: JSX.Element[] = []
  for (let row = firstRow; row < lastRow; row++) {
    const from = row * frame.columns
    visible.push(
      // biome-ignore lint/a11y/useFocusableInteractive: cells take the focus, as the ARIA grid pattern has it
      <div
        key={row}
        class="grid-row"
        role="row"
        aria-rowindex={row + 1}
        style={{
          transform: `translateY(${row * rowHeight}px)`,
          height: `${rowHeight - gap}px`,
          gridTemplateColumns: `repeat(${frame.columns}, ${frame.cell}px)`,
        }}
      >
        {Array.from({ length: Math.min(frame.columns, count - from) }, (_, i) =>
          props.renderCell(from + i, from + i === focusable, frame.isRushing),
        )}
      </div>,
    )
  }
  return (
    <div
      ref={box}
      class="virtual-grid"
      role="grid"
      aria-multiselectable="true"
      tabIndex={-1}
      aria-label={props.label}
      aria-rowcount={rows}
      aria-colcount={frame.columns}
      style={{ height: `${rows * rowHeight}px` }}
      onKeyDown={onKeyDown}
    >
      {visible}
    </div>
  )
}
