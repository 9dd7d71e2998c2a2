/**
 * What cross-fitting computes of its folds, piece by piece: the pieces need each other's results, but not each other, so they may be
 * done in threads. They give the same bits there.
 */
import { type Matrix, matrix, squaredLengths } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import { type Folds, rowsIn, rowsOutside } from './held-out.ts'
import { growForest, isolationForest, scoreForest } from './isolation-forest.ts'
import type { GrownTrees } from './isolation-trees.ts'
import { splitWhitening } from './split-whitening.ts'

export interface FoldWork {
  /** Pieces that are worth doing at once. */
  readonly width: number
  /** The rows of fold i and behind them those of fold j, whitened by all other rows. */
  whitenPair(i: number, j: number): Promise<Matrix>
  /**
   * The rows of fold i by whitening and forest of the others.
   * @param inside rows outside of the fold in order, each whitened without its own fold and without this one; given away
   * @param lengths squared length of each row, whitened by all rows of other groups
   */
  scoreFold(i: number, inside: Matrix, lengths: Float64Array): Promise<ScoredFold>
}

export interface ScoredFold {
  /** The rows of the fold, whitened by the others. */
  readonly held: Matrix
  readonly forest: GrownTrees
  /** What rows that the others whiten are multiplied by before the forest scores them. */
  readonly scale: number
  /** The forest's, of each row of the fold. */
  readonly scores: Float64Array
}

/** @param random its forks are taken by name: two works of one state give the same */
export function foldWork(X: Matrix, folds: Folds, random: Random): FoldWork {
  const whitenBy = splitWhitening(X)
  return {
    width: 1,
    async whitenPair(i, j) {
      return whitenBy(rowsOutside(folds, i, j), [...rowsIn(folds, i), ...rowsIn(folds, j)])
    },
    async scoreFold(i, inside, lengths) {
      const [others, rows] = [rowsOutside(folds, i), rowsIn(folds, i)]
      const held = whitenBy(others, rows)
      const scale = scaleForForest(ratio(inside, others, lengths), ratio(held, rows, lengths))
      const forest = growForest(inside, isolationForest.defaults, random.fork(`fold ${i}`).fork('trees'))
      return { held, forest, scale, scores: scoreForest(forest.trees, scaled(held, scale)) }
    },
  }
}

/**
 * What rows that the others of a fold whiten are multiplied by before the forest scores them, for a whitening by fewer rows gives rows
 * other lengths. Squared lengths are told in shares of those by all other groups: a of the rows that the fold's forest grows on, b of the
 * rows that it scores. The final forest grows on the latter and scores new rows, whose squared lengths are 1 / b of what it knows; in a
 * fold they are b / a, and times a / b² they are 1 / b as well. Without it forests of 1,000 photos rejected .033 at .05, and with it .044
 * (bench/results/calibration.md, "As the final members would tell it").
 */
function scaleForForest(a: number, b: number): number {
  return Math.sqrt(a) / b
}

/** Squared lengths of the rows in shares of `lengths`. */
function ratio(whitened: Matrix, rows: readonly number[], lengths: Float64Array): number {
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)
  return sum(squaredLengths(whitened)) / sum(Float64Array.from(rows, (i) => lengths[i]!))
}

export function scaled({ rows, cols, data }: Matrix, scale: number): Matrix {
  return matrix(
    rows,
    cols,
    data.map((value) => value * scale),
  )
}
