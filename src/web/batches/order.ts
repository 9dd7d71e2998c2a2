/** Which results are shown, and in which order. */
import { type Verdict, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { agrees, type Reviews } from './review.ts'

export const sorts = ['odd', 'typical', 'arrival', 'name'] as const
export type Sort = (typeof sorts)[number]
export const filters = ['all', 'belongs', 'differs', 'unreadable', 'unanswered'] as const
export type Filter = (typeof filters)[number]
export const reviewFilters = ['any', 'unreviewed', 'belongs', 'differs', 'unsure', 'disagree'] as const
export type ReviewFilter = (typeof reviewFilters)[number]

/** Shown are images that none of several models accepts. */
export const noLabel = '-'

export interface View {
  readonly sort: Sort
  readonly filter: Filter
  readonly review: ReviewFilter
  readonly search: string
  readonly label: string
  readonly alpha: number
  /** Images that were picked on the map; null: all. */
  readonly picked: ReadonlySet<number> | null
}

export function shown(items: readonly Item[], reviews: Reviews, view: View): Item[] {
  const { sort, filter, review, search, label, alpha, picked } = view
  const words = search.trim().toLowerCase()
  const kept = items.filter((item) => {
    if (picked !== null && !picked.has(item.index)) return false
    if (words !== '' && !item.line.image.toLowerCase().includes(words)) return false
    if (label !== '' && !hasLabel(item, label)) return false
    const verdict = verdictOf(item.line, alpha)
    return (filter === 'all' || verdict === filter) && passesReview(item, verdict, review, reviews)
  })
  if (sort === 'odd') kept.sort((a, b) => scoreOf(b) - scoreOf(a))
  else if (sort === 'typical') kept.sort((a, b) => rankTypical(a) - rankTypical(b))
  else if (sort === 'name') kept.sort((a, b) => a.line.image.localeCompare(b.line.image, undefined, { numeric: true }))
  return kept
}

function hasLabel({ line }: Item, label: string): boolean {
  if (!('labels' in line) || line.labels === undefined) return false
  return label === noLabel ? line.labels.length === 0 : line.labels.includes(label)
}

function passesReview({ index }: Item, verdict: Verdict, filter: ReviewFilter, reviews: Reviews): boolean {
  if (filter === 'any') return true
  const truth = reviews.get(index)
  if (filter === 'unreviewed') return truth === undefined && isScored(verdict)
  return filter === 'disagree' ? agrees(verdict, truth) === false : truth === filter
}

export function countFilters(items: readonly Item[], alpha: number): Record<Filter, number> {
  const counts = { all: items.length, belongs: 0, differs: 0, unreadable: 0, unanswered: 0 }
  for (const { line } of items) counts[verdictOf(line, alpha)]++
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
