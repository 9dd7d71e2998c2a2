/**
 * The few WebAssembly instructions that our kernels are made of, as bytes; those of samples are in `samples.ts`. A kernel is written as
 * nested arrays in the order of the stack machine; `moduleOf` wraps kernels into a module that imports its memory as `env.memory`.
 */
export type Code = number | readonly Code[]

/** Number of a local variable; parameters come first. */
export type Local = number

export interface Kernel {
  readonly name: string
  /** Parameters are addresses and byte counts (i32), then `numbers` float64. */
  readonly integers: number
  readonly numbers: number
  /** Further locals: i32, then v128. */
  readonly locals: { readonly integers: number; readonly vectors: number }
  readonly body: Code
}

const i32 = 0x7f
const f64 = 0x7c
const v128 = 0x7b

const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
const signed = (value: number): number[] =>
  value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
export const simd = (opcode: number): Code => [0xfd, unsigned(opcode)]

export const get = (local: Local): Code => [0x20, unsigned(local)]
export const set = (local: Local, value: Code): Code => [value, 0x21, unsigned(local)]
export const integer = (value: number): Code => [0x41, signed(value)]
export const sum = (a: Code, b: Code): Code => [a, b, 0x6a]
export const difference = (a: Code, b: Code): Code => [a, b, 0x6b]
export const product = (a: Code, b: Code): Code => [a, b, 0x6c]
/** local += value, of integers. */
export const advance = (local: Local, value: Code): Code => set(local, sum(get(local), value))

/** Repeats the body as long as a < b (unsigned). */
export const whileLess = (a: Local, b: Local, body: Code): Code => [
  [0x02, 0x40], // block
  [0x03, 0x40], // loop
  [get(a), get(b), 0x4f, 0x0d, 1], // leave the block when a >= b
  body,
  [0x0c, 0], // again
  0x0b,
  0x0b,
]

/** Two float64 at the address in `local` + `offset`. */
export const load = (local: Local, offset = 0): Code => [get(local), simd(0), 3, unsigned(offset)]
/** One float64, in both lanes. */
export const loadTwice = (local: Local, offset = 0): Code => [get(local), simd(10), 3, unsigned(offset)]
export const store = (local: Local, value: Code, offset = 0): Code => [get(local), value, simd(11), 3, unsigned(offset)]
export const loadNumber = (local: Local): Code => [get(local), 0x2b, 3, 0]
export const storeNumber = (local: Local, value: Code): Code => [get(local), value, 0x39, 3, 0]
export const zeros: Code = [simd(12), Array<number>(16).fill(0)]
export const splat = (number: Code): Code => [number, simd(20)]
export const lane = (vector: Code, index: 0 | 1): Code => [vector, simd(33), index]
export const plus = (a: Code, b: Code): Code => [a, b, simd(240)]
export const minus = (a: Code, b: Code): Code => [a, b, simd(241)]
export const times = (a: Code, b: Code): Code => [a, b, simd(242)]
/** a + b and a * b of single numbers. */
export const plusNumber = (a: Code, b: Code): Code => [a, b, 0xa0]
export const timesNumber = (a: Code, b: Code): Code => [a, b, 0xa2]
const bytesOf = (...lanes: number[]) => lanes.flatMap((which) => Array.from({ length: 8 }, (_, k) => which * 8 + k))
/** (a0, b0) and (a1, b1). */
export const firstLanes = (a: Code, b: Code): Code => [a, b, simd(13), bytesOf(0, 2)]
export const secondLanes = (a: Code, b: Code): Code => [a, b, simd(13), bytesOf(1, 3)]
/** (a0 + a1, b0 + b1). */
export const pairSums = (a: Local, b: Local): Code => plus(firstLanes(get(a), get(b)), secondLanes(get(a), get(b)))

/** The bytes of a module that exports the kernels by name. */
export function moduleOf(kernels: readonly Kernel[]): Uint8Array {
  const text = (value: string) => [value.length, ...Array.from(value, (char) => char.charCodeAt(0))]
  const vector = (items: readonly Code[]): Code => [unsigned(items.length), items]
  const section = (id: number, content: Code): Code => {
    const bytes = flatten(content)
    return [id, unsigned(bytes.length), bytes]
  }
  const types = kernels.map(({ integers, numbers }) => [
    0x60,
    vector([...Array<number>(integers).fill(i32), ...Array<number>(numbers).fill(f64)]),
    vector([]),
  ])
  const bodies = kernels.map(({ locals, body }) => {
    const bytes = flatten([
      vector([
        [unsigned(locals.integers), i32],
        [unsigned(locals.vectors), v128],
      ]),
      body,
      0x0b,
    ])
    return [unsigned(bytes.length), bytes]
  })
  const exported = kernels.map(({ name }, k) => [text(name), 0, unsigned(k)])
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector([[text('env'), text('memory'), 2, 0, 0]])),
      section(3, vector(kernels.map((_, k) => unsigned(k)))),
      section(7, vector(exported)),
      section(10, vector(bodies)),
    ]),
  )
}

function flatten(code: Code, out: number[] = []): number[] {
  if (typeof code === 'number') out.push(code)
  else for (const part of code) flatten(part, out)
  return out
}

type Tuple<Length extends number, Items extends Local[] = []> = Items['length'] extends Length
  ? Items
  : Tuple<Length, [...Items, Local]>

/** `count` locals from the number `first` on. */
export function locals<Count extends number>(first: number, count: Count): Tuple<Count> {
  return Array.from({ length: count }, (_, k) => first + k) as Tuple<Count>
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k)

/** local += value, of vectors. */
export const add = (local: Local, value: Code): Code => set(local, plus(get(local), value))
