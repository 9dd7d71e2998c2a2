/** WebAssembly instructions for samples of 8 and 16 bits; see `assembler.ts`. */
import { type Code, get, type Local, simd } from './assembler.ts'

/** The integer at the address in `local`. */
export const loadInteger = (local: Local): Code => [get(local), 0x28, 2, 0]
/** Four bytes at the address in `local`, in all four lanes. */
export const loadSplat = (local: Local): Code => [get(local), simd(9), 0, 0]
/** The first four bytes of a vector, to the address in `local`. */
export const storeFirst = (local: Local, value: Code): Code => [get(local), value, simd(90), 0, 0, 0]
export const splatInteger = (value: Code): Code => [value, simd(17)]
/** Bytes of a at the places that b says; zero for a place beyond 15. */
export const pick = (a: Code, places: Code): Code => [a, places, simd(14)]
const inTurns = (from: number) => Array.from({ length: 16 }, (_, k) => from + (k >> 1) + (k % 2) * 16)
/** a0 b0 a1 b1 ..., bytes. */
export const interleaveLow = (a: Code, b: Code): Code => [a, b, simd(13), inTurns(0)]
export const interleaveHigh = (a: Code, b: Code): Code => [a, b, simd(13), inTurns(8)]
/** The first eight bytes as 16 bits; the last eight. */
export const widenLow = (a: Code): Code => [a, simd(137)]
export const widenHigh = (a: Code): Code => [a, simd(138)]
/** a0 * b0 + a1 * b1, ...: products of 16 bits, sums of pairs in 32. */
export const dotPairs = (a: Code, b: Code): Code => [a, b, simd(186)]
export const plusIntegers = (a: Code, b: Code): Code => [a, b, simd(174)]
/** Four integers, each shifted right, its sign kept. */
export const shiftRight = (a: Code, bits: Code): Code => [a, bits, simd(172)]
/** Integers of 32 bits to 16, of 16 to bytes from 0 to 255: what lies beyond becomes the end. */
export const narrow = (a: Code, b: Code): Code => [a, b, simd(133)]
export const narrowToBytes = (a: Code, b: Code): Code => [a, b, simd(102)]
