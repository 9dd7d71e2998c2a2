/** Results with the review, as files. The service's own fields stay as they were served; three are added. */
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

export function csv({ items, reviews, alpha }: Reviewed): string {
  const header =
    'image,model,isPositive,score,pValue,alpha,isolationForestScore,isolationForestPValue,oneClassSvmScore,oneClassSvmPValue,errorCode,errorMessage,verdict,verdictAlpha,review'
  const rows = items.map((item) => {
    const { line } = item
    const more = added(item, reviews, alpha)
    const scored =
      'score' in line
        ? [
            line.model,
            line.isPositive,
            line.score,
            line.pValue,
            line.alpha,
            line.detectors.isolationForest.score,
            line.detectors.isolationForest.pValue,
            line.detectors.oneClassSvm.score,
            line.detectors.oneClassSvm.pValue,
            '',
            '',
          ]
        : ['', '', '', '', '', '', '', '', '', line.error.code, line.error.message]
    return [line.image, ...scored, more.verdict, more.verdictAlpha, more.review].map(field).join(',')
  })
  return `${[header, ...rows].join('\r\n')}\r\n`
}

/** RFC 4180. */
function field(value: unknown): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function saveCsv(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([csv(reviewed)], { type: 'text/csv' }), `${name}.csv`)
}

export function saveJsonLines(name: string, reviewed: Reviewed): void {
  saveBlob(new Blob([jsonLines(reviewed)], { type: 'application/x-ndjson' }), `${name}.jsonl`)
}
