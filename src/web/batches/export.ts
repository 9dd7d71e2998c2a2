/** Results with the review, as files. The service's own fields stay as they were served; three are added. */
import { csvRow, csvStart } from '../../wire/result-csv.ts'
import { saveBlob } from '../models/actions.tsx'
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import { markOf, type Reviews } from './review.ts'

export interface Reviewed {
  readonly items: readonly Item[]
  readonly reviews: Reviews
  readonly alpha: number
}

function added({ index, line }: Item, reviews: Reviews, alpha: number) {
  const verdict = verdictOf(line, alpha)
  return { verdict, verdictAlpha: alpha, review: markOf(verdict, reviews.get(index)) ?? '' }
}

export function jsonLines({ items, reviews, alpha }: Reviewed): string {
  return items.map((item) => `${JSON.stringify({ ...item.line, ...added(item, reviews, alpha) })}\n`).join('')
}

/** The service's own columns, and three more. */
export function csv({ items, reviews, alpha }: Reviewed): string {
  const rows = items.map((item) => {
    const { verdict, verdictAlpha, review } = added(item, reviews, alpha)
    return csvRow(item.line, [verdict, verdictAlpha, review])
  })
  const names = items.map(({ line }) => line.image)
  return [csvStart(names, ['verdict', 'verdictAlpha', 'review']), ...rows].join('')
}

export function saveCsv(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([csv(reviewed)], { type: 'text/csv' }), `${name}.csv`)
}

export function saveJsonLines(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([jsonLines(reviewed)], { type: 'application/x-ndjson' }), `${name}.jsonl`)
}
