/** Results as lines: a table for people, JSONL and CSV for programs. */
import { printable } from '../images/left-out.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { FailedModel, ManyResult, ManyRow } from '../wire/many.ts'
import type { ImageResult, RowResult, Scored } from '../wire/result.ts'
import { csvLine, csvRowsOfMany, csvStart, decisionColumns } from '../wire/result-csv.ts'

export const formats = ['table', 'jsonl', 'csv'] as const
export type ResultFormat = (typeof formats)[number]

export interface ResultWriter<T = ImageResult | RowResult> {
  readonly head: readonly string[]
  lines(result: T): string[]
}

/** @param names of all images, where there are some @param hasPlaces the model looks at places too, so a table says what they say */
export function resultWriter(
  format: ResultFormat,
  names: readonly string[] = [],
  decisions: Decisions = {},
  hasPlaces = false,
): ResultWriter {
  if (format === 'jsonl') return { head: [], lines: (result) => [JSON.stringify(result)] }
  if (format === 'csv') {
    return {
      head: [csvStart(names, decisionColumns(decisions)).trimEnd()],
      lines: (result) => [
        csvLine(
          JSON.stringify('row' in result ? { ...result, image: String(result.row) } : result),
          decisions,
        ).trimEnd(),
      ],
    }
  }
  return {
    head: [`${'verdict'.padEnd(9)}  score  p-value  forest p  svm p ${hasPlaces ? '  places p' : ''}   image`],
    lines: (result) => {
      if ('error' in result) {
        const none = ['    -', '      -', '       -', '     -', ...(hasPlaces ? ['       -'] : [])]
        return [`${'unread'.padEnd(9)}  ${none.join('  ')}   ${nameOf(result)}`]
      }
      const { isolationForest, oneClassSvm, patches } = result.detectors
      const numbers = [
        result.score.toFixed(3),
        ` ${result.pValue.toFixed(4)}`,
        `  ${isolationForest.pValue.toFixed(4)}`,
        oneClassSvm.pValue.toFixed(4),
        ...(hasPlaces ? [`  ${patches?.pValue.toFixed(4) ?? '     -'}`] : []),
      ]
      const word = result.verdict === 'unsure' ? 'unsure' : result.isPositive ? 'positive' : 'NEGATIVE'
      const flag = result.flagged ? '  FLAGGED' : ''
      return [`${word.padEnd(9)}  ${numbers.join('  ')}   ${nameOf(result)}${flag}`]
    },
  }
}

/**
 * The same for several models: a table has a line an image, CSV a line for each image and model.
 * @param refs all models that were asked
 */
export function manyWriter(
  format: ResultFormat,
  refs: readonly string[],
  names: readonly string[] = [],
  decisions: Decisions = {},
): ResultWriter<ManyResult | ManyRow> {
  if (format === 'jsonl') return { head: [], lines: (result) => [JSON.stringify(result)] }
  if (format === 'csv')
    return {
      head: [csvStart(names, decisionColumns(decisions)).trimEnd()],
      lines: (result) => [csvRowsOfMany(result, refs, decisions).trimEnd()],
    }
  const width = Math.max('none of these'.length, ...refs.map((ref) => ref.length))
  return {
    head: [`${'best'.padEnd(width)}  p-value  image`],
    lines: (result) => {
      if (!('models' in result)) return [`${'unread'.padEnd(width)}     -     ${nameOf(result)}`]
      const best = result.best === null ? undefined : result.models[result.best]
      const p = best && !('error' in best) ? best.pValue.toFixed(4) : '   -  '
      const more = result.labels.length > 1 ? `  (also ${result.labels.slice(1).join(', ')})` : ''
      const isFlagged = Object.values(result.models).every((answer) => 'flagged' in answer && answer.flagged)
      const flag = isFlagged ? '  FLAGGED by all' : ''
      const unsure = refs.filter((ref) => isUnsure(result.models[ref]))
      const doubt = unsure.length > 0 ? `  (unsure: ${unsure.join(', ')})` : ''
      return [
        `${(result.best ?? 'none of these').padEnd(width)}  ${p.padEnd(7)}  ${nameOf(result)}${more}${doubt}${flag}`,
      ]
    },
  }
}

/** With `--abstain`. */
function isUnsure(answer: Scored | FailedModel | undefined): boolean {
  return answer !== undefined && 'verdict' in answer && answer.verdict === 'unsure'
}

function nameOf(result: ImageResult | RowResult | ManyResult | ManyRow): string {
  return 'row' in result ? String(result.row) : printable(result.image)
}
