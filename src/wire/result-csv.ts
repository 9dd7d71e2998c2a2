/**
 * Results as CSV (RFC 4180): one header, one line an image. Names are the senders', and a spreadsheet takes "=1+1" for a
 * formula: a text that begins like one gets an apostrophe before it.
 */

interface Line {
  readonly image: string
  readonly error?: ErrorBody
  readonly [field: string]: unknown
}

type Detectors = Readonly<Record<string, { readonly score: number; readonly pValue: number } | undefined>>

const columns: readonly (readonly [string, (line: Line) => unknown])[] = [
  ['image', (line) => line.image],
  ['model', (line) => line['model']],
  ['isPositive', (line) => line['isPositive']],
  ['score', (line) => line['score']],
  ['pValue', (line) => line['pValue']],
  ['alpha', (line) => line['alpha']],
  ['isolationForestScore', (line) => (line['detectors'] as Detectors | undefined)?.['isolationForest']?.score],
  ['isolationForestPValue', (line) => (line['detectors'] as Detectors | undefined)?.['isolationForest']?.pValue],
  ['oneClassSvmScore', (line) => (line['detectors'] as Detectors | undefined)?.['oneClassSvm']?.score],
  ['oneClassSvmPValue', (line) => (line['detectors'] as Detectors | undefined)?.['oneClassSvm']?.pValue],
  ['errorCode', (line) => line.error?.code],
  ['errorMessage', (line) => line.error?.message],
]

export const csvHeader = `${columns.map(([name]) => name).join(',')}\r\n`

/** @param json one result as JSON */
export function csvLine(json: string): string {
  const line = JSON.parse(json) as Line
  return `${columns.map(([, read]) => field(read(line))).join(',')}\r\n`
}

function field(value: unknown): string {
  let text = value === undefined || value === null ? '' : String(value)
  if (typeof value === 'string' && /^\s*[=+\-@\t\r]/.test(text)) text = `'${text}`
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

import type { ErrorBody } from './error.ts'
