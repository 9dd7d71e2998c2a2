/** Which rows belong together before any is held out: those that are equal, and bursts of photos of one thing. */
import { firstEqualRows, type Rows, takeRows } from '../core/matrix.ts'
import { groupBursts } from './bursts.ts'
import { splitFrom } from './promise.ts'

/** Bursts among the first rows of the known groups: copies would make every neighbourhood look narrow. */
function withBursts(X: Rows, known: Int32Array): Int32Array {
  const place = new Map<number, number>()
  const firsts: number[] = []
  known.forEach((group, i) => {
    if (place.has(group)) return
    place.set(group, firsts.length)
    firsts.push(i)
  })
  const bursts = groupBursts(takeRows(X, firsts), Array.from(firsts.keys()))
  return known.map((group) => bursts[place.get(group)!]!)
}

/** Rows that are held out together. @param known groups in which equal rows are together */
export function heldTogether(X: Rows, known: Int32Array): Int32Array {
  return X.rows > splitFrom ? known : withBursts(X, known)
}

/** Groups in which equal rows are together too. */
export function mergeEqualRows(X: Rows, groups: ArrayLike<number> | undefined): Int32Array {
  const merged = Int32Array.from({ length: X.rows }, (_, i) => groups?.[i] ?? i)
  firstEqualRows(X).forEach((first, i) => {
    const from = merged[i]!
    const to = merged[first]!
    if (from !== to) for (let r = 0; r < merged.length; r++) if (merged[r] === from) merged[r] = to
  })
  return merged
}
