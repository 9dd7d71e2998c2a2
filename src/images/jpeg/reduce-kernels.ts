/** The inner loops of `reduce.ts` in WebAssembly SIMD, sixteen samples or one pixel at a time. Sums of integers: exact. */
import {
  advance,
  type Code,
  get,
  integer,
  type Kernel,
  type Local,
  load,
  locals,
  moduleOf,
  set,
  store,
  sum,
  upTo,
  whileLess,
} from '../../core/simd/assembler.ts'
import {
  dotPairs,
  interleaveHigh,
  interleaveLow,
  loadInteger,
  loadSplat,
  narrow,
  narrowToBytes,
  pick,
  plusIntegers,
  shiftRight,
  splatInteger,
  storeFirst,
  widenHigh,
  widenLow,
} from '../../core/simd/samples.ts'

/** Addresses, strides and lengths are in bytes. */
export interface ReduceKernels {
  /** One row of the result from rows that lie `stride` apart, two for each four bytes of weights; writes whole sixteens. */
  reduceRow(rows: number, stride: number, weights: number, weightsEnd: number, out: number, outEnd: number): void
  /**
   * One row made narrower: for each of its pixels the place of the first of its samples (i32, from `row` on) and `taps` bytes of
   * weights. `places` holds where the bytes of two pixels go. Writes three bytes beyond the end.
   */
  reduceColumns(
    row: number,
    starts: number,
    weights: number,
    taps: number,
    places: number,
    out: number,
    outEnd: number,
    pixel: number,
  ): void
}

/** Weights are 4096ths. */
const bits = 12
const half = splatInteger(integer(1 << (bits - 1)))
const down = (local: Local): Code => shiftRight(get(local), integer(bits))

function reduceRow(): Kernel {
  const [rows, stride, weights, weightsEnd, out, outEnd, at, weight] = locals(0, 8)
  const sums = upTo(4).map((k) => 8 + k)
  const [pair, top, below, mixed] = locals(12, 4)
  const add = (k: number, samples: Code) => {
    const into = sums[k] ?? 0
    return set(into, plusIntegers(get(into), dotPairs(samples, get(pair))))
  }
  const [s0, s1, s2, s3] = sums.map(down) as [Code, Code, Code, Code]
  return {
    name: 'reduceRow',
    integers: 6,
    numbers: 0,
    locals: { integers: 2, vectors: 8 },
    body: whileLess(out, outEnd, [
      sums.map((local) => set(local, half)),
      set(at, get(rows)),
      set(weight, get(weights)),
      whileLess(weight, weightsEnd, [
        set(pair, loadSplat(weight)),
        set(top, load(at)),
        advance(at, get(stride)),
        set(below, load(at)),
        advance(at, get(stride)),
        set(mixed, interleaveLow(get(top), get(below))),
        add(0, widenLow(get(mixed))),
        add(1, widenHigh(get(mixed))),
        set(mixed, interleaveHigh(get(top), get(below))),
        add(2, widenLow(get(mixed))),
        add(3, widenHigh(get(mixed))),
        advance(weight, integer(4)),
      ]),
      store(out, narrowToBytes(narrow(s0, s1), narrow(s2, s3))),
      advance(rows, integer(16)),
      advance(out, integer(16)),
    ]),
  }
}

function reduceColumns(): Kernel {
  const [row, starts, weights, taps, places, out, outEnd, pixel, at, weightsEnd] = locals(0, 10)
  const [total, where] = locals(10, 2)
  return {
    name: 'reduceColumns',
    integers: 8,
    numbers: 0,
    locals: { integers: 2, vectors: 2 },
    body: [
      set(where, load(places)),
      whileLess(out, outEnd, [
        set(total, half),
        set(at, sum(get(row), loadInteger(starts))),
        set(weightsEnd, sum(get(weights), get(taps))),
        whileLess(weights, weightsEnd, [
          set(total, plusIntegers(get(total), dotPairs(pick(load(at), get(where)), loadSplat(weights)))),
          advance(at, sum(get(pixel), get(pixel))),
          advance(weights, integer(4)),
        ]),
        set(total, narrow(down(total), down(total))),
        storeFirst(out, narrowToBytes(get(total), get(total))),
        advance(starts, integer(4)),
        advance(out, get(pixel)),
      ]),
    ],
  }
}

export const reduceKernelBytes: Uint8Array = moduleOf([reduceRow(), reduceColumns()])
