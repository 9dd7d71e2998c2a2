/** A number with its noun. */
import { count } from '../../format.ts'

export const s = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`
