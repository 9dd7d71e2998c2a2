/**
 * Arguments of the library are checked before any work begins: each wrong one is an INVALID_ARGUMENT (or the code that the command line
 * and the API have for it) whose message names the argument, what was expected, and what was received.
 */
import { assertAlpha } from '../detectors/calibration.ts'
import { OneclassError } from '../errors.ts'
import { assertModelName, assertNewModelName } from '../store/versions.ts'
import { nameOfRef } from '../wire/label.ts'
import { checkRange } from '../wire/sample-range.ts'

/** Looks at a value that is not undefined. @returns what was expected, where it is something else. @throws a code of its own */
export type Check = (value: unknown) => string | undefined

const kindIs =
  (expected: string, isFine: (value: unknown) => boolean): Check =>
  (value) =>
    isFine(value) ? undefined : expected

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && !value.includes('\0')

export const text = (what: string): Check => kindIs(`${what} (a string)`, isText)
export const flag: Check = kindIs('true or false', (value) => typeof value === 'boolean')
export const callback: Check = kindIs('a function', (value) => typeof value === 'function')
export const abortSignal: Check = kindIs('an AbortSignal', (value) => value instanceof AbortSignal)
export const seed: Check = kindIs(
  'a whole number from 0 on',
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
)
export const share = (example: number): Check =>
  kindIs(`a number between 0 and 1, such as ${example}`, (value) => typeof value === 'number' && value > 0 && value < 1)
export const among = (choices: readonly unknown[]): Check =>
  kindIs(`one of ${choices.join(', ')}`, (value) => choices.includes(value))
export const listOf = (what: string, isFine: (entry: unknown) => boolean): Check =>
  kindIs(`a list of ${what}`, (value) => Array.isArray(value) && value.every(isFine))
export const isName = isText

export const alpha: Check = (value) => {
  if (typeof value !== 'number') return 'a number between 0 and 1, such as 0.05'
  assertAlpha(value)
  return undefined
}
/** The name of a model. */
export const modelName: Check = (value) => {
  if (typeof value !== 'string') return 'the name of a model (a string)'
  assertNewModelName(value)
  return undefined
}
/** NAME or NAME@VERSION. */
export const modelRef: Check = (value) => {
  if (typeof value !== 'string' || value === '') return 'a model as NAME or NAME@VERSION (a string)'
  assertModelName(nameOfRef(value))
  return undefined
}
export const range: Check = (value) => {
  if (typeof value !== 'object' || value === null) return 'a range such as { low: 0, high: 4095 }'
  const { low, high } = value as { low?: unknown; high?: unknown }
  checkRange(low, high)
  return undefined
}
/** Rows of numbers, one a positive. */
export const features: Check = kindIs('a matrix as { rows, cols, data: Float64Array }', isMatrix)

export function isMatrix(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { rows, cols, data } = value as { rows?: unknown; cols?: unknown; data?: unknown }
  return (
    Number.isSafeInteger(rows) &&
    Number.isSafeInteger(cols) &&
    data instanceof Float64Array &&
    data.length === (rows as number) * (cols as number)
  )
}

/** Options that many calls take. */
export const common = { home: text('a data directory'), signal: abortSignal, onProgress: callback }

/** @throws INVALID_ARGUMENT, or what the check throws */
export function checkArgument(name: string, value: unknown, check: Check): void {
  const expected = check(value)
  if (expected !== undefined)
    throw new OneclassError('INVALID_ARGUMENT', `Expected ${name} to be ${expected} but received ${shown(value)}.`)
}

/**
 * @param required names that must be there
 * @throws INVALID_ARGUMENT for a value that is none, and for an option that there is not
 */
export function checkOptions(
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OneclassError('INVALID_ARGUMENT', `Expected options to be an object but received ${shown(options)}.`)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected the options ${Object.keys(checks).join(', ')} but received ${JSON.stringify(name.slice(0, 60))}.`,
      )
    if (value !== undefined) checkArgument(name, value, check)
  }
  for (const name of required) {
    const check = checks[name]
    if (check && (options as Record<string, unknown>)[name] === undefined) checkArgument(name, undefined, check)
  }
}

/** A value in a message: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)}`
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`
  if (value === undefined || value === null || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value !== 'object') return `a ${typeof value}`
  return kindOfObject(value)
}

/** Its class; a getter of the caller's may throw. */
function kindOfObject(value: object): string {
  try {
    const name: unknown = value.constructor?.name
    return typeof name === 'string' && name !== 'Object' && name !== '' ? `a ${name.slice(0, 60)}` : 'an object'
  } catch {
    return 'an object'
  }
}
