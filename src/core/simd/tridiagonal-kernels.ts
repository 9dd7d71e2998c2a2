/**
 * Kernels of the tridiagonal form of a symmetric matrix and of what is computed in it. Addresses and strides are in bytes, all multiples
 * of 16; see `kernels.ts` for what holds for all of them.
 */
import {
  add,
  advance,
  type Code,
  difference,
  get,
  integer,
  type Kernel,
  lane,
  load,
  loadNumber,
  loadTwice,
  locals,
  minus,
  pairSums,
  plus,
  plusNumber,
  product,
  set,
  splat,
  store,
  storeNumber,
  sum,
  times,
  timesNumber,
  upTo,
  whileLess,
  zeros,
} from './assembler.ts'

/**
 * tridiagonalPass(w, wEnd, stride, oldV, oldP, newV, newP): for pairs of rows of the lower triangle W, W -= v pᵀ + p vᵀ with the old
 * v and p, and newP += W newV with what comes out: one pass over memory for both. Blocks of 2 x 2 on the diagonal are whole.
 */
export function tridiagonalPass(): Kernel {
  const [w, wEnd, stride, oldV, oldP, newV, newP] = locals(0, 7)
  const [row, next, end, ov, op, nv, np, edge] = locals(7, 8)
  const [v0, v1, p0, p1, n0, n1, sum0, sum1, value0, value1, pc, vc, nc] = locals(15, 13)
  const step: Code = [
    set(pc, load(op)),
    set(vc, load(ov)),
    set(nc, load(nv)),
    set(value0, minus(load(row), plus(times(get(v0), get(pc)), times(get(p0), get(vc))))),
    set(value1, minus(load(next), plus(times(get(v1), get(pc)), times(get(p1), get(vc))))),
    store(row, get(value0)),
    store(next, get(value1)),
    add(sum0, times(get(value0), get(nc))),
    add(sum1, times(get(value1), get(nc))),
  ]
  return {
    name: 'tridiagonalPass',
    integers: 7,
    numbers: 0,
    locals: { integers: 8, vectors: 13 },
    body: [
      // row k starts at w and its diagonal block at `edge`; oldV + (edge - row start) is v of the row
      set(edge, get(w)),
      set(end, integer(0)), // bytes left of the diagonal block
      whileLess(w, wEnd, [
        set(row, get(w)),
        set(next, sum(get(w), get(stride))),
        set(edge, sum(get(w), get(end))),
        set(ov, sum(get(oldV), get(end))),
        set(op, sum(get(oldP), get(end))),
        set(nv, sum(get(newV), get(end))),
        [set(v0, loadTwice(ov)), set(v1, loadTwice(ov, 8))],
        [set(p0, loadTwice(op)), set(p1, loadTwice(op, 8))],
        [set(n0, loadTwice(nv)), set(n1, loadTwice(nv, 8))],
        [set(sum0, zeros), set(sum1, zeros)],
        [set(ov, get(oldV)), set(op, get(oldP)), set(nv, get(newV)), set(np, get(newP))],
        whileLess(row, edge, [
          step,
          store(np, plus(load(np), plus(times(get(value0), get(n0)), times(get(value1), get(n1))))),
          [row, next, ov, op, nv, np].map((local) => advance(local, integer(16))),
        ]),
        step,
        store(np, plus(load(np), pairSums(sum0, sum1))),
        advance(end, integer(16)),
        set(w, sum(get(w), product(get(stride), integer(2)))),
      ]),
    ],
  }
}

/**
 * reflect(z, zEnd, stride, v, length, beta): each row z of four at a time becomes z - beta (z . v) v.
 */
export function reflect(): Kernel {
  const [z, zEnd, stride, v, length] = locals(0, 5)
  const beta = 5
  const rows = upTo(4).map((k) => 6 + k)
  const at = 10
  const end = 11
  const sums = upTo(4).map((k) => 12 + k)
  const vc = 16
  const begin: Code = [
    rows.map((local, k) => set(local, sum(get(z), product(get(stride), integer(k))))),
    set(at, get(v)),
    set(end, sum(get(v), get(length))),
  ]
  const onwards: Code = [...rows, at].map((local) => advance(local, integer(16)))
  return {
    name: 'reflect',
    integers: 5,
    numbers: 1,
    locals: { integers: 6, vectors: 5 },
    body: whileLess(z, zEnd, [
      begin,
      sums.map((local) => set(local, zeros)),
      whileLess(at, end, [
        set(vc, load(at)),
        sums.map((local, k) => add(local, times(load(rows[k]!), get(vc)))),
        onwards,
      ]),
      sums.map((local) =>
        set(local, splat(timesNumber(plusNumber(lane(get(local), 0), lane(get(local), 1)), get(beta)))),
      ),
      begin,
      whileLess(at, end, [
        set(vc, load(at)),
        rows.map((local, k) => store(local, minus(load(local), times(get(sums[k]!), get(vc))))),
        onwards,
      ]),
      advance(z, product(get(stride), integer(4))),
    ]),
  }
}

/**
 * rotate(top, rotations, rotationsEnd): a chain of plane rotations (c, s) over neighbouring rows of a panel of eight columns (64
 * bytes a row), from row `top` upwards in the matrix: (lo, hi) becomes (c lo - s hi, s lo + c hi), and lo is the next hi.
 */
export function rotate(): Kernel {
  const [at, rotation, end] = locals(0, 3)
  const carried = upTo(4).map((k) => 3 + k)
  const [c, s, low] = [7, 8, 9]
  return {
    name: 'rotate',
    integers: 3,
    numbers: 0,
    locals: { integers: 0, vectors: 7 },
    body: [
      carried.map((local, k) => set(local, load(at, 16 * k))),
      whileLess(rotation, end, [
        set(c, loadTwice(rotation)),
        set(s, loadTwice(rotation, 8)),
        set(at, difference(get(at), integer(64))),
        carried.map((local, k) => [
          set(low, load(at, 16 * k)),
          store(at, plus(times(get(s), get(low)), times(get(c), get(local))), 64 + 16 * k),
          set(local, minus(times(get(c), get(low)), times(get(s), get(local)))),
        ]),
        advance(rotation, integer(16)),
      ]),
      carried.map((local, k) => store(at, get(local), 16 * k)),
    ],
  }
}

/**
 * shiftedSolve(y, yEnd, out, table, scratch): for eight tridiagonal systems at once, L D Lᵀ x = y, and out += the sum of the eight
 * x. A row of the table (128 bytes) holds the eight entries of L left of the diagonal, then eight of the inverse of D. Two passes.
 */
export function shiftedSolve(): Kernel {
  const [y, yEnd, out, table, scratch] = locals(0, 5)
  const begin = 5
  const carried = upTo(4).map((k) => 6 + k)
  const [value, total, other] = [10, 11, 12]
  return {
    name: 'shiftedSolve',
    integers: 5,
    numbers: 0,
    locals: { integers: 1, vectors: 7 },
    body: [
      set(begin, get(y)),
      carried.map((local) => set(local, zeros)),
      whileLess(y, yEnd, [
        set(value, loadTwice(y)),
        carried.map((local, k) => [
          set(local, minus(get(value), times(load(table, 16 * k), get(local)))),
          store(scratch, times(get(local), load(table, 64 + 16 * k)), 16 * k),
        ]),
        advance(y, integer(8)),
        advance(out, integer(8)),
        advance(table, integer(128)),
        advance(scratch, integer(64)),
      ]),
      // backwards; the entry of L that couples row i + 1 to row i stands in row i + 1, one past the end it is zero
      carried.map((local) => set(local, zeros)),
      whileLess(begin, y, [
        set(y, difference(get(y), integer(8))),
        set(out, difference(get(out), integer(8))),
        set(scratch, difference(get(scratch), integer(64))),
        carried.map((local, k) => set(local, minus(load(scratch, 16 * k), times(load(table, 16 * k), get(local))))),
        set(table, difference(get(table), integer(128))),
        set(total, plus(get(carried[0]!), get(carried[1]!))),
        set(other, plus(get(carried[2]!), get(carried[3]!))),
        set(total, plus(get(total), get(other))),
        storeNumber(out, plusNumber(loadNumber(out), plusNumber(lane(get(total), 0), lane(get(total), 1)))),
      ]),
    ],
  }
}
