/**
 * Held-out views of the training rows. Whitening that has seen a row flattens it: with fewer rows than columns every training
 * row gets the same length, and a detector fitted on such rows learns nothing about how far a positive may lie. So detectors
 * are fitted on rows whitened by a whitening that has not seen them, and calibrated on rows that neither has seen.
 */
import { inTurns } from '../core/in-turns.ts'
import { type Matrix, matrix, row } from '../core/matrix.ts'
import { type Random, sample } from '../core/random.ts'
import type { CalibrationMethod } from '../wire/fit-choices.ts'
import { splitWhitening } from './split-whitening.ts'

/** Fold number of each row, in [0, count). Rows of a group share their fold. */
export interface Folds {
  readonly count: number
  readonly of: Int32Array
}

/**
 * Random folds of nearly equal size.
 * @param groups a group number for each row (near-duplicates share one), or undefined when each row stands alone
 */
export function drawFolds(rows: number, count: number, random: Random, groups?: ArrayLike<number>): Folds {
  const members = new Map<number, number[]>()
  for (let i = 0; i < rows; i++) {
    const group = groups ? groups[i]! : i
    const list = members.get(group)
    if (list) list.push(i)
    else members.set(group, [i])
  }
  const lists = [...members.values()]
  const k = Math.min(count, lists.length)
  const order = Array.from(sample(lists.length, lists.length, random), (g) => lists[g]!)
  order.sort((a, b) => b.length - a.length) // stable: large groups first, so that folds come out even
  const sizes = new Int32Array(k)
  const of = new Int32Array(rows)
  for (const list of order) {
    let smallest = 0
    for (let f = 1; f < k; f++) if (sizes[f]! < sizes[smallest]!) smallest = f
    sizes[smallest]! += list.length
    for (const i of list) of[i] = smallest
  }
  return { count: k, of }
}

/**
 * Folds for rows of shape (n, d) that are all held out once: many where a fold costs little, for the nearer the models of the folds come
 * to the final one, the truer are held-out scores; few where it costs like the cube of many hundreds.
 */
export function foldsFor({ rows: n, cols: d }: Pick<Matrix, 'rows' | 'cols'>): number {
  const cube = Math.min(n, d)
  return cube <= 300 ? 8 : cube <= 600 ? 5 : 4
}

/** Which rows were held out of which: members that are fitted later hold out the same rows in the same rounds. */
export interface HoldOut {
  readonly method: CalibrationMethod
  /** The final model is fitted on these rows: all of them, or those that were not set aside. */
  readonly fit: readonly number[]
  /** In each round a model of the rows `fit` scores the rows `held`. No row is held out twice. */
  readonly rounds: readonly { readonly fit: readonly number[]; readonly held: readonly number[] }[]
  /** Group number of each row; rows of a group are held out together. */
  readonly groups: Int32Array
}

/** One round a fold, each held out of all others. */
export function crossFitRounds(folds: Folds, groups: Int32Array): HoldOut {
  const rounds = Array.from({ length: folds.count }, (_, f) => ({ fit: rowsOutside(folds, f), held: rowsIn(folds, f) }))
  return { method: 'cross-fit', fit: Array.from(folds.of.keys()), rounds, groups }
}

/** Indices of the rows in, or not in, the given folds. */
export function rowsIn(folds: Folds, ...wanted: number[]): number[] {
  return Array.from(folds.of.keys()).filter((i) => wanted.includes(folds.of[i]!))
}

export function rowsOutside(folds: Folds, ...unwanted: number[]): number[] {
  return Array.from(folds.of.keys()).filter((i) => !unwanted.includes(folds.of[i]!))
}

/** Each row whitened by the whitening of the other folds, shape (n, d). */
export function heldOutView(X: Matrix, folds: Folds): Matrix {
  const whiten = splitWhitening(X)
  const view = matrix(X.rows, X.cols)
  for (let f = 0; f < folds.count; f++) {
    const rows = rowsIn(folds, f)
    setRows(view, rows, whiten(rowsOutside(folds, f), rows))
  }
  return view
}

/**
 * For cross-fitting: view i holds the rows outside of fold i, each whitened without its own fold and without fold i (rows of
 * fold i are zero). The whitening without folds i and j serves view i and view j: K (K - 1) / 2 whitenings.
 * @param whitenPair the rows of two folds, one behind the other, whitened by all others; so many at once as `width` says
 */
export async function crossFitViews(
  { width, whitenPair }: { readonly width: number; whitenPair(i: number, j: number): Promise<Matrix> },
  X: Matrix,
  folds: Folds,
  onStep?: () => void,
): Promise<Matrix[]> {
  const views = Array.from({ length: folds.count }, () => matrix(X.rows, X.cols))
  const members = views.map((_, f) => rowsIn(folds, f))
  const couples = views.flatMap((_, i) => views.slice(i + 1).map((_, k) => [i, i + 1 + k] as const))
  await inTurns(couples.length, width, async (k) => {
    const [i, j] = couples[k]!
    const whitened = await whitenPair(i, j)
    setRows(views[j]!, members[i]!, whitened)
    setRows(views[i]!, members[j]!, whitened, members[i]!.length)
    onStep?.()
  })
  return views
}

/** Rows `from`... of `source` become the rows of `target` at `indices`. */
export function setRows(target: Matrix, indices: readonly number[], source: Matrix, from = 0): void {
  indices.forEach((i, k) => {
    row(target, i).set(row(source, from + k))
  })
}
