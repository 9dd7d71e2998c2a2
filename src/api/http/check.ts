/**
 * Is what came by form, query or body what its schema says? All three are answered in the same words: the name that is unknown, the
 * nearest one that is known and all there are; or the field that is wrong, and what it must be.
 */
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { didYouMean } from '../../system/suggest.ts'

export type Place = 'form' | 'query' | 'body' | 'address'

/** What of a schema is asked here: an object, or a union of some. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
}

/** @returns a sentence, undefined where nothing is wrong */
export function wrongIn(place: Place, schema: TSchema, value: unknown): string | undefined {
  const one = chosen(place, schema as Shape, value)
  if (typeof one === 'string') return one
  const unknown = unknownIn(place, one, value)
  if (unknown !== undefined) return unknown
  if (Value.Check(schema, value)) return undefined
  const errors: readonly Found[] = Value.Errors(one as TSchema, value)
  const [first] = errors
  const where = first?.instancePath
    ? `"${first.instancePath.slice(1).replaceAll('/', '.')}" in the ${place}`
    : `The ${place}`
  return `${where} ${said(first, value, waysOf(first, errors))}`
}

/**
 * Text of an address or a form as the values that a schema asks for. Only text that is such a value: nothing is not 0, and 1.5 is not 1.
 */
export function converted(schema: TSchema, given: unknown): unknown {
  const value = Value.Convert(schema, isObject(given) ? { ...given } : given)
  if (!isObject(given) || !isObject(value)) return value
  const isMeant = (text: unknown, read: unknown): boolean => {
    if (typeof text !== 'string') return true
    if (typeof read === 'number') return text.trim() !== '' && Number(text) === read
    return typeof read !== 'boolean' || /^(true|false|1|0)$/i.test(text)
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, read]) => [name, isMeant(given[name], read) ? read : given[name]]),
  )
}

/** Longest name that is repeated to a caller. */
const longestName = 100

/** Nothing reads such a field: were it passed over, a caller who mistypes `alpha` would get an answer for another one. */
export function unknownName(place: Place, name: string, known: readonly string[], path = ''): string {
  const shown = name.replace(/\p{Cc}/gu, '').slice(0, longestName)
  const there = known.length === 0 ? 'None is taken there.' : `There are: ${known.join(', ')}.`
  return `"${path}${shown}" is no field of the ${place}.${didYouMean(shown, known)} ${there}`
}

/** Of a union of objects the one that the value wants to be, by the fields that must be there. */
function chosen(place: Place, schema: Shape, value: unknown): Shape | string {
  const { anyOf } = schema
  if (anyOf === undefined || !isObject(value) || !anyOf.every(({ properties }) => properties)) return schema
  const fitting = anyOf.filter(({ required = [] }) => required.every((name) => Object.hasOwn(value, name)))
  const [only, second] = fitting
  if (only !== undefined && second === undefined) return only
  const unknown = unknownIn(place, schema, value)
  if (unknown !== undefined) return unknown
  const names = [...new Set((second ? fitting : anyOf).flatMap(({ required = [] }) => required))]
  return `Expected one of ${names.map((name) => `"${name}"`).join(', ')} in the ${place}${second ? ', and not several' : ''}.`
}

/** The first name, at any depth, that no schema has for its place. */
function unknownIn(place: Place, schema: Shape, value: unknown, path = ''): string | undefined {
  const shapes = [schema, ...(schema.anyOf ?? [])]
  if (Array.isArray(value)) {
    const items = shapes.flatMap(({ items }) => items ?? [])
    if (items.length === 0) return undefined
    return first(value, (one, i) => unknownIn(place, { anyOf: items }, one, `${path}${i}.`))
  }
  const objects = shapes.flatMap(({ properties }) =>
    properties === undefined ? [] : [new Map(Object.entries(properties))],
  )
  if (!isObject(value) || objects.length === 0) return undefined
  const known = [...new Set(objects.flatMap((object) => [...object.keys()]))]
  return first(Object.entries(value), ([name, inner]) => {
    const anyOf = objects.flatMap((object) => object.get(name) ?? [])
    if (anyOf.length === 0) return unknownName(place, name, known, path)
    return unknownIn(place, { anyOf }, inner, `${path}${name}.`)
  })
}

function first<T>(list: readonly T[], find: (one: T, index: number) => string | undefined): string | undefined {
  for (const [i, one] of list.entries()) {
    const found = find(one, i)
    if (found !== undefined) return found
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Found {
  readonly keyword?: string
  readonly schemaPath?: string
  readonly message?: string
  readonly params?: unknown
  readonly instancePath?: string
}

/** Where a value may be one of several things: what it lacks to be each of them. */
function waysOf(first: Found | undefined, errors: readonly Found[]): readonly Found[] {
  const here = errors.filter(({ instancePath }) => instancePath === first?.instancePath)
  if (!here.some(({ keyword }) => keyword === 'anyOf')) return []
  // of words it is said which, not that they are text
  const ways = new Map(here.map((error) => [error.schemaPath, error]))
  return [...ways.values()].filter(({ keyword }) => keyword !== 'anyOf')
}

/** What a value does not have that its schema asks for, in words. */
function said(found: Found | undefined, value: unknown, ways: readonly Found[] = []): string {
  if (ways.length > 1) return `${ways.map((way) => said(way, value).replace(/\.$/, '')).join(', or ')}.`
  const { allowedValues } = (found?.params ?? {}) as { readonly allowedValues?: readonly unknown[] }
  if (!allowedValues) return `${found?.message ?? 'is not valid'}.`
  const words = allowedValues.map(String)
  const given = Value.Pointer.Get(value, found?.instancePath ?? '')
  const hint = typeof given === 'string' ? didYouMean(given.slice(0, longestName), words) : ''
  return `must be one of ${words.join(', ')}.${hint}`
}
