/** Results with the review, as files. The service's own fields stay as they were served; five are added. */
import { csvRow, csvStart } from '../../wire/result-csv.ts'
import { saveBlob } from '../models/actions.tsx'
import { verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'
import type { Reviews, Said } from './review.ts'

export interface Reviewed {
  readonly items: readonly Item[]
  readonly reviews: Reviews
  readonly said: ReadonlyMap<number, Said>
  readonly alpha: number
}

const columns = ['verdict', 'verdictAlpha', 'review', 'reviewedBy', 'reviewedAt'] as const

function added({ index, line }: Item, { reviews, said, alpha }: Reviewed): Record<(typeof columns)[number], unknown> {
  const review = reviews.get(index)
  const { by = '', at = '' } = (review && said.get(index)) ?? {}
  return { verdict: verdictOf(line, alpha), verdictAlpha: alpha, review: review ?? '', reviewedBy: by, reviewedAt: at }
}

function jsonLines(reviewed: Reviewed): string {
  return reviewed.items.map((item) => `${JSON.stringify({ ...item.line, ...added(item, reviewed) })}\n`).join('')
}

/** The service's own columns, and those of the review. */
export function csv(reviewed: Reviewed): string {
  const rows = reviewed.items.map((item) => {
    const more = added(item, reviewed)
    return csvRow(
      item.line,
      columns.map((name) => String(more[name])),
    )
  })
  const names = reviewed.items.map(({ line }) => line.image)
  return [csvStart(names, columns), ...rows].join('')
}

export function saveCsv(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([csv(reviewed)], { type: 'text/csv' }), `${name}.csv`)
}

export function saveJsonLines(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([jsonLines(reviewed)], { type: 'application/x-ndjson' }), `${name}.jsonl`)
}
