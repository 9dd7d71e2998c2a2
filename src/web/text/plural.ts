/** A number with its noun, written as the page's language does. */
import { plural } from '../../wire/plural.ts'
import { count } from '../format.ts'

/** @param many where it is not the noun with an s */
export const s = (n: number, one: string, many?: string): string => plural(n, one, many, count)
