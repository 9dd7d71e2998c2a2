/**
 * Lays one picture onto another: the affine map, gain and bias that make them most alike, by Gauss-Newton from coarse to fine (Baker and
 * Matthews, "Lucas-Kanade 20 years on", IJCV 56, 2004). Says how alike the textures then are.
 */
import { dot } from '../core/matrix.ts'
import { bestTurns, type Grid, type Prepared, sampleAt, type Turn } from './fingerprint.ts'

/** Coordinates of b from those of a, both in [-1, 1]: (p x + q y + s, r x + t y + u). */
type Affine = [p: number, q: number, s: number, r: number, t: number, u: number]

/** Of a picture only the disc in it counts: the corners of a turned copy are filled in. */
const disc = 0.94
/** The least share of the disc on which both pictures must lie. */
const leastOverlap = 0.35
/**
 * Gauss-Newton steps, how unlike (1 - correlation) two pictures may be after them and still be copies, how many maps go on, and whether the
 * map only turns, scales and moves. A map that may also squeeze would fit anything at few cells. More than one goes on to the end: a part
 * that looks nearly the same after a sixth of a turn is told by its texture alone. First at 12 cells:
 */
const coarse = [
  { steps: 0, unlike: 2, kept: 6, isRigid: true },
  { steps: 3, unlike: 0.25, kept: 6, isRigid: true },
  { steps: 5, unlike: 0.07, kept: 3, isRigid: true },
] as const
/** Then at 24, 48 and 96. */
const finer = [
  { steps: 5, unlike: 0.04, kept: 2, isRigid: true },
  { steps: 4, unlike: 0.022, kept: 2, isRigid: false },
  { steps: 2, unlike: 1, kept: 2, isRigid: false },
] as const
/** A copy shows the other at 0.7 to 1.4 times its size. */
const sizes = [0.5, 2] as const

/** Correlation of the two textures, in [-1, 1]; 0 where the pictures cannot be laid onto each other. */
export function textureCorrelation(a: Prepared, b: Prepared): number {
  const [from, onto] = [a.levels[0]!, b.levels[0]!]
  // both ways round, for the way from the smaller part to the larger one is often the only one that leads there
  const back = coarseMaps(b, a).map(inverse)
  let maps = mostAlike(from, onto, [...coarseMaps(a, b), ...back], coarse[2])
  finer.forEach((stage, level) => {
    maps = improved(a.levels[level + 1]!, b.levels[level + 1]!, maps, stage)
  })
  return Math.max(0, ...maps.map((map) => correlation(a.texture, b.texture, map)))
}

/** Where to begin. */
function coarseMaps(a: Prepared, b: Prepared): readonly Affine[] {
  let maps: readonly Affine[] = startsOf(a, b)
  for (const stage of coarse) maps = improved(a.levels[0]!, b.levels[0]!, maps, stage)
  return maps
}

type Stage = (typeof coarse | typeof finer)[number]

function improved(a: Grid, b: Grid, maps: readonly Affine[], stage: Stage): readonly Affine[] {
  const moved = maps.flatMap((map) => {
    const refined = refine(a, b, map, stage.steps, stage.isRigid)
    return refined ? [refined] : []
  })
  return mostAlike(a, b, moved, stage)
}

function mostAlike(a: Grid, b: Grid, maps: readonly Affine[], { unlike, kept }: Stage): readonly Affine[] {
  const found = maps
    .map((map) => ({ map, unlike: 1 - correlation(a, b, map) }))
    .filter((one) => one.unlike <= unlike)
    .sort((x, y) => x.unlike - y.unlike)
  const best: Affine[] = []
  for (const { map } of found) {
    if (best.length < kept && !best.some((other) => areNear(map, other, a.side))) best.push(map)
  }
  return best
}

/** Two maps that take each place to within a cell of the other lead to the same map. */
function areNear(a: Affine, b: Affine, side: number): boolean {
  const [p, q, s, r, t, u] = a.map((value, k) => Math.abs(value - b[k]!)) as Affine
  return Math.max(p + q + s, r + t + u) < 2 / side
}

function inverse([p, q, s, r, t, u]: Affine): Affine {
  const d = p * t - q * r
  return [t / d, -q / d, (q * u - t * s) / d, -r / d, p / d, (r * s - p * u) / d]
}

/** As circles around the middle say, for what was turned; the eight ways to lay down a square, for what was cropped. */
function startsOf(a: Prepared, b: Prepared): Affine[] {
  return [...bestTurns(a.spectrum, b.spectrum).map(turned), ...quarters]
}

function turned({ angle, isMirrored }: Turn): Affine {
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  return isMirrored ? [c, -s, 0, -s, -c, 0] : [c, -s, 0, s, c, 0]
}

const quarters = [0, 1, 2, 3].flatMap((k) =>
  [false, true].map((isMirrored) => turned({ angle: (k * Math.PI) / 2, isMirrored })),
)

/** Where `refine` works: a new one each time would be most of its time. */
let slopes = new Float64Array(0)

function refine(a: Grid, b: Grid, start: Affine, most: number, isRigid: boolean): Affine | undefined {
  let map = start
  const { side, values: from } = a
  const { values: onto } = b
  const cell = 2 / side
  // unknowns of a step: four or six of the map, gain and bias
  const unknowns = isRigid ? 6 : 8
  const sign = start[0] * start[4] - start[1] * start[3] > 0 ? 1 : -1
  const normal = new Float64Array(unknowns * unknowns)
  const right = new Float64Array(unknowns)
  // the slopes of each unknown, one after the other, then the values of b; of each place that both pictures have
  const area = side * side
  if (slopes.length < (unknowns + 1) * area) slopes = new Float64Array((unknowns + 1) * area)
  const j = slopes
  const cells = cellsOf(side)
  for (let step = 0; step < most; step++) {
    const [p, q, s, r, t, w] = map
    let count = 0
    for (let k = 0; k < cells.length; k++) {
      const u = cells.u[k]!
      const v = cells.v[k]!
      const bu = p * u + q * v + s
      const bv = r * u + t * v + w
      if (bu * bu + bv * bv > disc * disc) continue
      // the value of b between four cells, and its slope there
      const gu = Math.min(side - 1.001, Math.max(0, ((bu + 1) * side - 1) / 2))
      const gv = Math.min(side - 1.001, Math.max(0, ((bv + 1) * side - 1) / 2))
      const iu = Math.floor(gu)
      const iv = Math.floor(gv)
      const fu = gu - iu
      const at = iv * side + iu
      const above = onto[at + 1]! - onto[at]!
      const below = onto[at + side + 1]! - onto[at + side]!
      const top = onto[at]! + fu * above
      const rise = onto[at + side]! + fu * below - top
      const fv = gv - iv
      const du = (above + fv * (below - above)) / cell
      const dv = rise / cell
      if (isRigid) {
        j[count] = du * u + sign * dv * v
        j[area + count] = dv * u - sign * du * v
        j[2 * area + count] = du
        j[3 * area + count] = dv
      } else {
        j[count] = du * u
        j[area + count] = du * v
        j[2 * area + count] = du
        j[3 * area + count] = dv * u
        j[4 * area + count] = dv * v
        j[5 * area + count] = dv
      }
      j[(unknowns - 2) * area + count] = -from[cells.at[k]!]!
      j[(unknowns - 1) * area + count] = -1
      j[unknowns * area + count] = top + fv * rise
      count++
    }
    if (count < leastOverlap * (Math.PI / 4) * side * side) return undefined
    for (let p = 0; p < unknowns; p++) {
      for (let q = 0; q <= p; q++) normal[p * unknowns + q] = dot(j, j, count, p * area, q * area)
      right[p] = -dot(j, j, count, p * area, unknowns * area)
    }
    // gain and bias are found anew in each step, the map is moved
    const found = solve(normal, right)
    if (!found) return undefined
    const [f0, f1, f2, f3, f4, f5] = found as unknown as Affine
    const moved = isRigid ? [f0, -sign * f1, f2, f1, sign * f0, f3] : [f0, f1, f2, f3, f4, f5]
    map = map.map((value, i) => value + moved[i]!) as Affine
    const size = Math.abs(map[0] * map[4] - map[1] * map[3])
    if (!(size > sizes[0] && size < sizes[1])) return undefined
    if (Math.abs(moved[2]!) + Math.abs(moved[5]!) < cell / 100) break
  }
  return map
}

/** The cells of a picture of this side that lie in the disc: their coordinates, and where they stand. */
interface Cells {
  readonly length: number
  readonly u: Float64Array
  readonly v: Float64Array
  readonly at: Int32Array
}

const knownCells = new Map<number, Cells>()

function cellsOf(side: number): Cells {
  const known = knownCells.get(side)
  if (known) return known
  const middleOf = (i: number) => (i + 0.5) * (2 / side) - 1
  const all = Int32Array.from({ length: side * side }, (_, i) => i)
  const at = all.filter((i) => middleOf(i % side) ** 2 + middleOf(Math.floor(i / side)) ** 2 <= disc * disc)
  const u = Float64Array.from(at, (i) => middleOf(i % side))
  const v = Float64Array.from(at, (i) => middleOf(Math.floor(i / side)))
  const cells = { length: at.length, u, v, at }
  knownCells.set(side, cells)
  return cells
}

/** Correlation of a with b under the map, where both are; 0 where too little of them is. */
function correlation(a: Grid, b: Grid, [p, q, s, r, t, w]: Affine): number {
  const { side } = a
  const cells = cellsOf(side)
  let [count, sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0, 0]
  for (let k = 0; k < cells.length; k++) {
    const u = cells.u[k]!
    const v = cells.v[k]!
    const bu = p * u + q * v + s
    const bv = r * u + t * v + w
    if (bu * bu + bv * bv > disc * disc) continue
    const x = a.values[cells.at[k]!]!
    const y = sampleAt(b, bu, bv)
    count++
    sa += x
    sb += y
    saa += x * x
    sbb += y * y
    sab += x * y
  }
  if (count < leastOverlap * (Math.PI / 4) * side * side) return 0
  const [va, vb] = [saa - (sa * sa) / count, sbb - (sb * sb) / count]
  return va > 0 && vb > 0 ? (sab - (sa * sb) / count) / Math.sqrt(va * vb) : 0
}

/**
 * Solves the symmetric system, given its lower half, by Cholesky with a little ridge; undefined where it has no solution. Both are written
 * over: the solution stands in `x`.
 */
function solve(l: Float64Array, x: Float64Array): Float64Array | undefined {
  const n = x.length
  for (let i = 0; i < n; i++) l[i * n + i]! *= 1 + 1e-9
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = l[i * n + k]!
      for (let m = 0; m < k; m++) sum -= l[i * n + m]! * l[k * n + m]!
      if (i !== k) l[i * n + k] = sum / l[k * n + k]!
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum)
      else return undefined
    }
  }
  for (let i = 0; i < n; i++) {
    for (let m = 0; m < i; m++) x[i]! -= l[i * n + m]! * x[m]!
    x[i]! /= l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let m = i + 1; m < n; m++) x[i]! -= l[m * n + i]! * x[m]!
    x[i]! /= l[i * n + i]!
  }
  return x
}
