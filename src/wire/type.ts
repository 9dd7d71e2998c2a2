/** Small pieces that the schemas share. */
import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'

/** The value or null: a field that is always there. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** One of some words. */
export const OneOf = <const T extends readonly string[]>(words: T, options: object = {}): TUnsafe<T[number]> =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], ...options })

/** What a schema describes, as what is handed around: nothing of it may be changed. */
export type Fixed<T extends TSchema> = Frozen<Static<T>>

type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : unknown extends T
    ? T
    : { readonly [K in keyof T]: Frozen<T[K]> }
