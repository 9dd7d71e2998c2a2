/** One result in the grid: its picture, its verdict by shape and colour, and what the reviewer said. */
import type { JSX } from 'preact'
import { memo } from 'preact/compat'
import { baseName, pValue } from '../format.ts'
import { t } from '../text.ts'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { type Mark, markOf, type Truth } from './review.ts'

interface CellProps {
  readonly item: Item
  readonly alpha: number
  readonly truth: Truth | undefined
  readonly file: Blob | undefined
  readonly path: string | null
  readonly isSelected: boolean
  readonly isFocusable: boolean
  /** Passing too fast to be read: only the picture and the colour. */
  readonly isRushing: boolean
  readonly onPick: (item: Item) => void
  readonly onOpen: (item: Item) => void
}

export const Cell = memo(function Cell(props: CellProps): JSX.Element {
  const { item, alpha, truth, isSelected } = props
  const { line } = item
  const verdict = verdictOf(line, alpha)
  const mark = markOf(verdict, truth)
  const p = 'pValue' in line ? pValue(line.pValue) : ''
  const name = baseName(line.image)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys of all cells
    <div
      class={`cell ${verdict} ${mark ?? ''}`}
      role="gridcell"
      tabIndex={props.isFocusable ? 0 : -1}
      aria-selected={isSelected}
      aria-label={t.batches.cellLabel(t.verdict[verdict], name, p, mark ? t.batches[mark] : null)}
      title={line.image}
      onClick={() => props.onPick(item)}
      onDblClick={() => props.onOpen(item)}
    >
      <Picture file={props.file} path={props.path} alt="" />
      {mark && <MarkBadge mark={mark} />}
      {!props.isRushing && (
        <span class="cell-words">
          <VerdictMark verdict={verdict} size={16} />
          <span class="cut">{name}</span>
          <span class="numbers">{p}</span>
        </span>
      )}
    </div>
  )
})

export function MarkBadge({ mark }: { mark: Mark }): JSX.Element {
  return (
    <span class={`badge ${mark}`} aria-hidden="true">
      {mark === 'right' ? '✓' : mark === 'wrong' ? '✕' : '?'}
    </span>
  )
}

/** A place that waits for its result. */
export function EmptyCell(): JSX.Element {
  return (
    <div class="cell pending" role="gridcell" tabIndex={-1} aria-label={t.common.loading}>
      <span class="picture" />
      <span class="cell-words" />
    </div>
  )
}
