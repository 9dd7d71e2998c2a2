/** Values out of form fields and headers, checked by the same schemas as JSON bodies. */
import type { FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../../errors.ts'
import { Alpha } from '../../wire/names.ts'
import { converted, wrongIn } from './check.ts'

/** Form fields are text: numbers are converted, then all is checked. */
export function parseFields<T extends TSchema>(schema: T, fields: Readonly<Record<string, unknown>>): Static<T> {
  const value = converted(schema, fields)
  const wrong = wrongIn('form', schema, value)
  if (wrong !== undefined) throw new OneclassError('INVALID_ARGUMENT', wrong)
  return value as Static<T>
}

/** A list in one text field: `3,17`. */
export function listField(text: string): string[] {
  return text.split(',').flatMap((part) => part.trim() || [])
}

export function alphaField(fields: Readonly<Record<string, string>>): number | undefined {
  const text = fields['alpha']
  if (text === undefined || text === '') return undefined
  const alpha = Number(text)
  if (!Value.Check(Alpha, alpha))
    throw new OneclassError('ALPHA_INVALID', 'Expected alpha to be a number between 0 and 1, both excluded.')
  return alpha
}

export function flagField(fields: Readonly<Record<string, string>>, name: string): boolean {
  const text = fields[name]
  if (text === undefined || text === '' || text === 'false') return false
  if (text === 'true') return true
  throw new OneclassError('INVALID_ARGUMENT', `Expected "${name}" to be true or false.`)
}

export function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'Expected the Idempotency-Key to have 1 to 255 visible ASCII characters.',
    )
  }
  return header
}
