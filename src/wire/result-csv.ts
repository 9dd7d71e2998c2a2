/**
 * Results as CSV (RFC 4180): one header, one line an image. Names are the senders', and a spreadsheet takes "=1+1" for a
 * formula: a text that begins like one gets an apostrophe before it.
 */
import type { BatchLine } from './batch.ts'
import { csvField, csvMark } from './csv.ts'
import type { Decisions } from './decisions.ts'
import type { ManyResult, ManyRow } from './many.ts'
import type { ImageResult } from './result.ts'

/** `model` of an error: where several were asked. */
type Line = (ImageResult | BatchLine) & { readonly model?: string }
type Column = readonly [name: string, read: (line: Line) => string | number | boolean | undefined]

const scored = (line: Line) => ('error' in line ? undefined : line)
const failed = (line: Line) => ('error' in line ? line.error : undefined)

const columns: readonly Column[] = [
  ['image', (line) => line.image],
  ['model', (line) => line.model],
  ['isPositive', (line) => scored(line)?.isPositive],
  ['score', (line) => scored(line)?.score],
  ['pValue', (line) => scored(line)?.pValue],
  ['alpha', (line) => scored(line)?.alpha],
  ['isolationForestScore', (line) => scored(line)?.detectors?.isolationForest.score],
  ['isolationForestPValue', (line) => scored(line)?.detectors?.isolationForest.pValue],
  ['oneClassSvmScore', (line) => scored(line)?.detectors?.oneClassSvm.score],
  ['oneClassSvmPValue', (line) => scored(line)?.detectors?.oneClassSvm.pValue],
  ['errorCode', (line) => failed(line)?.code],
  ['errorMessage', (line) => failed(line)?.message],
]

/** Of members that not every model has. They came later: behind all others, for readers that count columns. */
const extraColumns: readonly Column[] = [
  ['patchesScore', (line) => scored(line)?.detectors?.patches?.score],
  ['patchesPValue', (line) => scored(line)?.detectors?.patches?.pValue],
  ['discriminativeScore', (line) => scored(line)?.detectors?.discriminative?.score],
  ['discriminativePValue', (line) => scored(line)?.detectors?.discriminative?.pValue],
]

/** @param more names of columns that the caller adds */
function csvHeader(more: readonly string[]): string {
  const named = (some: readonly Column[]) => some.map(([name]) => name)
  return `${[...named(columns), ...more, ...named(extraColumns)].join(',')}\r\n`
}

/** @param more values of the caller's columns */
export function csvRow(line: Line, more: readonly (string | number)[] = []): string {
  const read = (some: readonly Column[]) => some.map(([, value]) => value(line))
  return `${[...read(columns), ...more, ...read(extraColumns)].map(cell).join(',')}\r\n`
}

/**
 * What a file of results begins with.
 * @param names of all images
 * @param more names of columns that the caller adds
 */
export function csvStart(names: readonly string[], more: readonly string[] = []): string {
  return csvStartFor(areAscii(names), more)
}

/** The same where only that much is known of the names. */
export function csvStartFor(isAscii: boolean, more: readonly string[] = []): string {
  return isAscii ? csvHeader(more) : `\uFEFF${csvHeader(more)}`
}

export function areAscii(names: readonly string[]): boolean {
  return csvMark(names) === ''
}

/** @param json one result as JSON */
export function csvLine(json: string, decisions: Decisions = {}, hasLabels = false): string {
  const line = JSON.parse(json) as Line
  return csvRow(line, [...decisionCells(line, decisions), ...(hasLabels ? [labelsCell(line)] : [])])
}

/** The models that accept an image, the largest p-value first. */
function labelsCell(line: Line): string {
  return 'labels' in line ? (line.labels ?? []).join(' ') : ''
}

/** Columns of what was decided besides, where it was asked for. */
export function decisionColumns({ fdr, abstain }: Decisions, hasLabels = false): string[] {
  return [...(fdr === undefined ? [] : ['flagged']), ...(abstain ? ['verdict'] : []), ...(hasLabels ? ['labels'] : [])]
}

function decisionCells(line: Line, { fdr, abstain }: Decisions): (string | number)[] {
  const { flagged, verdict } = 'error' in line ? {} : line
  return [...(fdr === undefined ? [] : [String(flagged ?? '')]), ...(abstain ? [verdict ?? ''] : [])]
}

/**
 * The answers of several models: one row for each image and model, whatever came of it.
 * @param refs all models that were asked, in order
 */
export function csvRowsOfMany(
  result: ManyResult | ManyRow,
  refs: readonly string[],
  decisions: Decisions = {},
): string {
  const image = 'row' in result ? String(result.row) : result.image
  return refs
    .map((ref) => {
      const answer = 'models' in result ? result.models[ref] : { error: result.error }
      if (answer === undefined) return '' // the result is of other models
      const line: Line = 'error' in answer ? { image, model: ref, ...answer } : { image, ...answer }
      return csvRow(line, decisionCells(line, decisions))
    })
    .join('')
}

function cell(value: string | number | boolean | undefined): string {
  return typeof value === 'string' ? csvField(value) : String(value ?? '')
}
