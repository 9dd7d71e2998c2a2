/**
 * Kernels of products with panels (`core/panels.ts`). Addresses and strides are in bytes, all multiples of 16; see `kernels.ts` for what
 * holds for all of them.
 */
import {
  add,
  advance,
  type Code,
  firstLanes,
  get,
  integer,
  type Kernel,
  load,
  loadTwice,
  locals,
  pairSums,
  plus,
  product,
  secondLanes,
  set,
  store,
  sum,
  times,
  upTo,
  whileLess,
  zeros,
} from './assembler.ts'

/**
 * panelProducts(a, stride, panel, columns * 64, out, outStride, outEnd): for pairs of rows of A, their products with the eight rows
 * of a panel (`core/panels.ts`). Each sum runs along the columns in order.
 */
export function panelProducts(): Kernel {
  const [a, stride, panel, length, out, outStride, outEnd, first, second, at, end] = locals(0, 11)
  const sums = upTo(8).map((k) => 11 + k)
  const x = 19
  const y = 20
  const loaded = 21
  return {
    name: 'panelProducts',
    integers: 7,
    numbers: 0,
    locals: { integers: 4, vectors: 11 },
    body: whileLess(out, outEnd, [
      set(first, get(a)),
      set(second, sum(get(a), get(stride))),
      set(at, get(panel)),
      set(end, sum(get(panel), get(length))),
      sums.map((local) => set(local, zeros)),
      whileLess(at, end, [
        set(x, loadTwice(first)),
        set(y, loadTwice(second)),
        upTo(4).map((k) => [
          set(loaded, load(at, 16 * k)),
          add(sums[k]!, times(get(x), get(loaded))),
          add(sums[4 + k]!, times(get(y), get(loaded))),
        ]),
        advance(first, integer(8)),
        advance(second, integer(8)),
        advance(at, integer(64)),
      ]),
      upTo(4).map((k) => store(out, get(sums[k]!), 16 * k)),
      set(first, sum(get(out), get(outStride))),
      upTo(4).map((k) => store(first, get(sums[4 + k]!), 16 * k)),
      advance(out, product(get(outStride), integer(2))),
      advance(a, product(get(stride), integer(2))),
    ]),
  }
}

/**
 * addPanel(z, zEnd, panel, weights): z += sum over the eight rows of a panel times their weights, with the order of additions of
 * `core/panels.ts`: ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)). An even number of columns.
 */
export function addPanel(): Kernel {
  const [z, zEnd, panel, weights] = locals(0, 4)
  const w = upTo(4).map((k) => 4 + k)
  const [a, b, c, d] = [8, 9, 10, 11]
  /** (low, high) of one column, in local a. */
  const column = (offset: number): Code => [
    [a, b, c, d].map((local, k) => set(local, times(get(w[k]!), load(panel, offset + 16 * k)))),
    set(a, pairSums(a, b)),
    set(c, pairSums(c, d)),
    set(a, pairSums(a, c)),
  ]
  const first = 12
  return {
    name: 'addPanel',
    integers: 4,
    numbers: 0,
    locals: { integers: 0, vectors: 9 },
    body: [
      w.map((local, k) => set(local, load(weights, 16 * k))),
      whileLess(z, zEnd, [
        column(0),
        set(first, get(a)),
        column(64),
        store(z, plus(load(z), plus(firstLanes(get(first), get(a)), secondLanes(get(first), get(a))))),
        advance(z, integer(16)),
        advance(panel, integer(128)),
      ]),
    ],
  }
}
