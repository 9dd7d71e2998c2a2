/** Rows of a feature file that a fit leaves out. */
import { assertFinite, type Matrix, type Rows, takeRows } from '../core/matrix.ts'
import { choosePreprocess, keepLengths } from '../detectors/preprocess.ts'
import { OneclassError } from '../errors.ts'
import type { PreprocessMode } from '../wire/preprocess.ts'
import { misfitRows } from './fit-report.ts'

/** Numbers of rows, or their names as a fit tells them (`row 5`), or what the test of `detectors/misfits.ts` names. */
export type ExcludedRows = readonly (string | number)[] | 'misfits'

/** A row has this name whatever was left out before it. @param row its number in the file */
export function nameOfRow(row: number): string {
  return `row ${row}`
}

/**
 * @param X shape (n, d)
 * @returns the rows that stay, their numbers in the file, and the names of those that do not; undefined where all stay
 * @throws INVALID_ARGUMENT for a row that there is not, FEATURES_NOT_FINITE for one that stays
 */
export function leaveOutRows(
  X: Rows,
  exclude: ExcludedRows,
  { preprocess, seed = 1 }: { readonly preprocess: PreprocessMode; readonly seed?: number | undefined },
): { readonly X: Matrix; readonly rows: Int32Array; readonly excluded: readonly string[] } | undefined {
  const left =
    exclude === 'misfits' ? misfitsAmong(X, preprocess, seed) : new Set(exclude.map((one) => numberOf(one, X)))
  if (left.size === 0) return undefined
  const rows = Int32Array.from(Array.from({ length: X.rows }, (_, row) => row).filter((row) => !left.has(row)))
  const kept = takeRows(X, rows)
  assertFinite(kept, rows)
  return { X: kept, rows, excluded: [...left].sort((a, b) => a - b).map(nameOfRow) }
}

/** Those that a fit with this seed names. */
function misfitsAmong(X: Rows, preprocess: PreprocessMode, seed: number): ReadonlySet<number> {
  assertFinite(X)
  const alone = Int32Array.from({ length: X.rows }, (_, row) => row)
  return misfitRows(keepLengths(X, choosePreprocess(X, preprocess)), alone, seed)
}

function numberOf(given: string | number, { rows }: Rows): number {
  const digits = /^(?:row )?(\d{1,9})$/.exec(String(given))?.[1]
  if (digits !== undefined && Number(digits) < rows) return Number(digits)
  const why =
    digits === undefined
      ? 'give numbers of rows, from 0 on, as fit names them (row 5, or 5), or "misfits"'
      : `the features have the rows 0 to ${rows - 1}`
  throw new OneclassError('INVALID_ARGUMENT', `There is no row ${JSON.stringify(given)} to exclude: ${why}.`)
}
