/** A number with its noun. */
import { count } from '../format.ts'

/** @param many where it is not the noun with an s */
export const s = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`
