/** Results as lines: a table for people, JSONL and CSV for programs. */
import { printable } from '../images/left-out.ts'
import type { ImageResult, RowResult } from '../wire/result.ts'
import { csvLine, csvStart } from '../wire/result-csv.ts'

export const formats = ['table', 'jsonl', 'csv'] as const
export type ResultFormat = (typeof formats)[number]

export interface ResultWriter {
  readonly head: readonly string[]
  lines(result: ImageResult | RowResult): string[]
}

/** @param names of all images, where there are some */
export function resultWriter(format: ResultFormat, names: readonly string[] = []): ResultWriter {
  if (format === 'jsonl') return { head: [], lines: (result) => [JSON.stringify(result)] }
  if (format === 'csv') {
    return {
      head: [csvStart(names).trimEnd()],
      lines: (result) => [
        csvLine(JSON.stringify('row' in result ? { ...result, image: String(result.row) } : result)).trimEnd(),
      ],
    }
  }
  return {
    head: [`${'verdict'.padEnd(9)}  score  p-value  forest p  svm p   image`],
    lines: (result) => {
      if ('error' in result) return [`${'unread'.padEnd(9)}      -        -         -      -   ${nameOf(result)}`]
      const { isolationForest, oneClassSvm } = result.detectors
      const numbers = [
        result.score.toFixed(3),
        ` ${result.pValue.toFixed(4)} `,
        `  ${isolationForest.pValue.toFixed(4)}`,
        oneClassSvm.pValue.toFixed(4),
      ]
      const word = result.verdict === 'unsure' ? 'unsure' : result.isPositive ? 'positive' : 'NEGATIVE'
      const flag = result.flagged ? '  FLAGGED' : ''
      return [`${word.padEnd(9)}  ${numbers.join('  ')}   ${nameOf(result)}${flag}`]
    },
  }
}

function nameOf(result: ImageResult | RowResult): string {
  return 'row' in result ? String(result.row) : printable(result.image)
}
