/** Option values as numbers and lists, with one sentence for each wrong one. */
import { OneclassError } from '../errors.ts'
import { didYouMean } from '../system/suggest.ts'
import type { Values } from './command.ts'

export function text(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** @param wayOut where the placeholder alone does not say what to give */
export function required(values: Values, name: string, placeholder: string, wayOut?: string): string {
  const value = text(values, name)
  if (value === undefined || value === '') {
    throw new OneclassError('INVALID_ARGUMENT', `Expected --${name} ${placeholder}${wayOut ? `: ${wayOut}` : ''}.`)
  }
  return value
}

export function flag(values: Values, name: string): boolean {
  return values[name] === true
}

export function list(values: Values, name: string): string[] {
  const value = values[name]
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

/** @throws INVALID_ARGUMENT unless it is a finite number, and whole where asked for */
export function number(values: Values, name: string, kind: 'any' | 'whole' = 'any'): number | undefined {
  const value = text(values, name)
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (
    value.trim() === '' ||
    !Number.isFinite(parsed) ||
    (kind === 'whole' && !(Number.isSafeInteger(parsed) && parsed >= 0))
  ) {
    const wanted = kind === 'whole' ? 'a whole number from 0 on' : 'a number'
    throw new OneclassError('INVALID_ARGUMENT', `Expected --${name} to be ${wanted} but received "${value}".`)
  }
  return parsed
}

export function oneOf<T extends string>(values: Values, name: string, choices: readonly T[], otherwise: T): T {
  const value = text(values, name)
  if (value === undefined) return otherwise
  const found = choices.find((choice) => choice === value)
  if (found === undefined) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected --${name} to be ${choices.join(', ')} but received "${value}".${didYouMean(value, choices)}`,
    )
  }
  return found
}
