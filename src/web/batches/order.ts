/** Which results are shown, and in which order. */
import { type Verdict, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { markOf, type Reviews } from './review.ts'

export const sorts = ['odd', 'typical', 'arrival', 'name'] as const
export type Sort = (typeof sorts)[number]
export const filters = [
  'all',
  'belongs',
  'differs',
  'unreadable',
  'unanswered',
  'unreviewed',
  'right',
  'wrong',
  'unsure',
] as const
export type Filter = (typeof filters)[number]

export interface View {
  readonly sort: Sort
  readonly filter: Filter
  readonly search: string
  readonly alpha: number
}

export function shown(items: readonly Item[], reviews: Reviews, { sort, filter, search, alpha }: View): Item[] {
  const words = search.trim().toLowerCase()
  const kept = items.filter((item) => {
    if (words !== '' && !item.line.image.toLowerCase().includes(words)) return false
    return filter === 'all' || passes(item, filter, reviews, alpha)
  })
  if (sort === 'odd') kept.sort((a, b) => scoreOf(b) - scoreOf(a))
  else if (sort === 'typical') kept.sort((a, b) => rankTypical(a) - rankTypical(b))
  else if (sort === 'name') kept.sort((a, b) => a.line.image.localeCompare(b.line.image, undefined, { numeric: true }))
  return kept
}

export function passes(item: Item, filter: Filter, reviews: Reviews, alpha: number): boolean {
  const verdict = verdictOf(item.line, alpha)
  if (filter === 'belongs' || filter === 'differs' || filter === 'unreadable' || filter === 'unanswered')
    return verdict === filter
  const mark = markOf(verdict, reviews.get(item.index))
  return filter === 'unreviewed' ? mark === undefined && isScored(verdict) : mark === filter
}

export function countFilters(items: readonly Item[], reviews: Reviews, alpha: number): Record<Filter, number> {
  const counts = Object.fromEntries(filters.map((name) => [name, 0])) as Record<Filter, number>
  for (const { index, line } of items) {
    const verdict = verdictOf(line, alpha)
    const mark = markOf(verdict, reviews.get(index))
    counts.all++
    counts[verdict]++
    if (mark !== undefined) counts[mark]++
    else if (isScored(verdict)) counts.unreviewed++
  }
  return counts
}

/** Is there a verdict to review? */
function isScored(verdict: Verdict): boolean {
  return verdict === 'belongs' || verdict === 'differs'
}

/** What could not be read comes last in both directions. */
function scoreOf({ line }: Item): number {
  return 'score' in line ? line.score : -1
}

function rankTypical({ line }: Item): number {
  return 'score' in line ? line.score : 2
}
