/** One result in the grid: its picture, its verdict by shape and colour, and what the reviewer said. */
import type { JSX } from 'preact'
import { memo } from 'preact/compat'
import { Marks } from '../classify/marks.tsx'
import { baseName, score } from '../format.ts'
import { t } from '../text.ts'
import { MiddleCut } from '../ui/middle-cut.tsx'
import { Picture } from '../ui/picture.tsx'
import { VerdictMark } from '../ui/verdict-mark.tsx'
import { verdictOf } from '../verdict.ts'
import { endsHold, holding } from './hold.ts'
import type { Item } from './live.ts'
import { agrees, type Truth } from './review.ts'
import { type Pick, pickOf } from './selection.ts'

interface CellProps {
  readonly item: Item
  readonly alpha: number
  readonly truth: Truth | undefined
  readonly file: Blob | undefined
  readonly path: string | null
  /** By itself or with others. */
  readonly isSelected: boolean
  readonly isFocusable: boolean
  /** Passing too fast to be read: only the picture and the colour. */
  readonly isRushing: boolean
  readonly hasMarks: boolean
  readonly onPick: (item: Item, how: Pick) => void
  readonly onOpen: (item: Item) => void
}

export const Cell = memo(function Cell(props: CellProps): JSX.Element {
  const { item, alpha, truth, isSelected } = props
  const { line } = item
  const verdict = verdictOf(line, alpha)
  const number = 'score' in line ? score(line.score) : ''
  const name = baseName(line.image)
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears the keys of all cells
    <div
      class={`cell ${verdict}`}
      role="gridcell"
      tabIndex={props.isFocusable ? 0 : -1}
      aria-selected={isSelected}
      title={line.image}
      {...holding(() => props.onPick(item, 'hold'))}
      onClick={(event) => !endsHold() && props.onPick(item, pickOf(event))}
      // Shift would mark the words between
      onMouseDown={(event) => event.shiftKey && event.preventDefault()}
      onDblClick={() => props.onOpen(item)}
    >
      <Picture file={props.file} path={props.path} alt="" fit={props.hasMarks ? 'contain' : 'cover'} />
      {props.hasMarks && 'regions' in line && line.regions && line.size && (
        <Marks regions={line.regions} image={line.size} />
      )}
      <span class="hidden">
        {t.batches.cellLabel(t.verdict[verdict], name, number, truth ? t.batches.truths[truth] : null)}
      </span>
      {truth && <TruthBadge truth={truth} isAgreed={agrees(verdict, truth) !== false} />}
      {!props.isRushing && (
        <span class="cell-words" aria-hidden="true">
          <VerdictMark verdict={verdict} size={16} />
          <MiddleCut text={name.replace(/\.\w{1,5}$/, '')} kept={4} />
          <span class="numbers">{number}</span>
        </span>
      )}
    </div>
  )
})

/** What the reviewer said; ringed where the model says otherwise. */
function TruthBadge({ truth, isAgreed }: { truth: Truth; isAgreed: boolean }): JSX.Element {
  return (
    <span class={`badge ${truth} ${isAgreed ? '' : 'disagrees'}`} aria-hidden="true">
      {truth === 'belongs' ? '✓' : truth === 'differs' ? '✕' : '?'}
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
