/**
 * Isolation trees over any matrix: Liu, Ting and Zhou, "Isolation forest", ICDM 2008. Each tree cuts a subsample at a
 * random place of a random column until points stand alone; what is cut off early is anomalous.
 *
 * Nodes of all trees lie in flat arrays. The children of inner node i are `child[i]` (x <= threshold) and `child[i] + 1`;
 * `feature[i]` is its column, or -1 for a leaf, whose `threshold` holds the path length there (depth + c(size)).
 */
import { firstEqualRows, type Matrix } from '../core/matrix.ts'
import { power } from '../core/power.ts'
import { transpose } from '../core/products.ts'
import { type Random, sample } from '../core/random.ts'

export interface IsolationTreesOptions {
  /** Number of trees. */
  readonly trees: number
  /** Rows drawn without replacement for each tree; all rows when there are fewer. */
  readonly subsample: number
}

export interface IsolationTreesState {
  readonly dim: number
  /** Rows in each tree's subsample. */
  readonly subsample: number
  /** Index of each tree's root node. */
  readonly roots: Int32Array
  readonly feature: Int32Array
  readonly child: Int32Array
  readonly threshold: Float32Array
  /** From this tree on cuts are along the columns of rotated rows (`rotation.ts`). Absent in models of earlier builds: none are. */
  readonly rotatedFrom?: number
}

export interface GrownTrees {
  readonly trees: IsolationTreesState
  /** Mean length of the paths of the rows that each tree grew on, in shares of c(subsample). */
  readonly ownPaths: number
}

export function growIsolationTrees(X: Matrix, options: IsolationTreesOptions, random: Random): GrownTrees {
  const { rows: n, cols: d } = X
  // by columns: a cut reads one column at many rows, and a column fits into the fastest cache
  const { data } = transpose(X)
  const size = Math.min(options.subsample, n)
  const maxDepth = Math.ceil(Math.log2(Math.max(size, 2)))
  const roots = new Int32Array(options.trees)
  const perTree = Math.min(2 * size - 1, 2 ** (maxDepth + 1) - 1)
  const feature = new Int32Array(options.trees * perTree)
  const child = new Int32Array(options.trees * perTree)
  const threshold = new Float32Array(options.trees * perTree)
  const twins = firstEqualRows(X)
  const decks = Array.from({ length: maxDepth }, () => createDeck(d, random))
  let used = 0
  let ownPaths = 0

  for (let t = 0; t < options.trees; t++) {
    const points = sample(n, size, random)
    roots[t] = used++
    // a stack of [node, from, to, depth] over ranges of `points`
    const stack: number[] = [roots[t]!, 0, size, 0]
    while (stack.length > 0) {
      const depth = stack.pop()!
      const to = stack.pop()!
      const from = stack.pop()!
      const node = stack.pop()!
      const canBeCut = depth < maxDepth && to - from > 1 && !areEqual(points, from, to)
      const cut = canBeCut ? drawCut(points, from, to, decks[depth]!) : undefined
      if (!cut) {
        feature[node] = -1
        threshold[node] = depth + averagePathLength(to - from)
        ownPaths += (to - from) * threshold[node]!
        continue
      }
      let middle = from
      for (let k = from; k < to; k++) {
        const p = points[k]!
        if (data[cut.column * n + p]! <= cut.at) {
          points[k] = points[middle]!
          points[middle++] = p
        }
      }
      feature[node] = cut.column
      threshold[node] = cut.at
      child[node] = used
      stack.push(used + 1, middle, to, depth + 1, used, from, middle, depth + 1)
      used += 2
    }
  }
  const trees = {
    dim: d,
    subsample: size,
    roots,
    feature: feature.slice(0, used),
    child: child.slice(0, used),
    threshold: threshold.slice(0, used),
  }
  return { trees, ownPaths: ownPaths / (size * options.trees * (averagePathLength(size) || 1)) }

  /** Copies of one row: every column would be looked at in vain. */
  function areEqual(points: Int32Array, from: number, to: number): boolean {
    for (let k = from + 1; k < to; k++) if (twins[points[k]!] !== twins[points[from]!]) return false
    return true
  }

  /** A cut that leaves points on both sides, or undefined when every column is constant over the range. */
  function drawCut(
    points: Int32Array,
    from: number,
    to: number,
    deck: () => number,
  ): { column: number; at: number } | undefined {
    for (let tries = 0; tries < d; tries++) {
      const column = deck() // a constant column cannot be cut: draw on
      let low = Number.POSITIVE_INFINITY
      let high = Number.NEGATIVE_INFINITY
      for (let k = from; k < to; k++) {
        const value = data[column * n + points[k]!]!
        if (value < low) low = value
        if (value > high) high = value
      }
      if (low === high) continue
      // kept as float32, so the saved tree is the grown one; rounding must not push the cut out of [low, high)
      const at = Math.fround(low + (high - low) * random.next())
      if (at >= low && at < high) return { column, at }
    }
    return undefined
  }
}

/**
 * Columns in random order, each once before any comes again. With one deck a depth, all columns are cut equally often there:
 * the expectation of plain random drawing with less of its variance, which matters when columns outnumber trees.
 */
function createDeck(d: number, random: Random): () => number {
  let deck = sample(d, d, random)
  let at = 0
  return () => {
    if (at === d) {
      deck = sample(d, d, random)
      at = 0
    }
    return deck[at++]!
  }
}

/** Isolation scores 2^(-E[h(x)] / c(subsample)), in (0, 1), length m; higher is more anomalous. */
export function scoreIsolationTrees(state: IsolationTreesState, X: Matrix): Float64Array {
  return isolationScores(state, addPathLengths(state, X, { from: 0, to: state.roots.length }, new Float64Array(X.rows)))
}

/** Adds to each row's sum the lengths of its paths through some of the trees. @returns the sums */
export function addPathLengths(
  { roots, feature, child, threshold }: IsolationTreesState,
  X: Matrix,
  trees: { readonly from: number; readonly to: number },
  sums: Float64Array,
): Float64Array {
  // one tree for all rows, then the next: its nodes are fetched from memory once
  for (let t = trees.from; t < trees.to; t++) {
    const root = roots[t]!
    for (let i = 0, at = 0; i < X.rows; i++, at += X.cols) {
      let node = root
      for (let column = feature[node]!; column >= 0; column = feature[node]!) {
        node = child[node]! + (X.data[at + column]! <= threshold[node]! ? 0 : 1)
      }
      sums[i]! += threshold[node]!
    }
  }
  return sums
}

/** Of the sums over all trees. */
export function isolationScores({ roots, subsample }: IsolationTreesState, sums: Float64Array): Float64Array {
  const scale = averagePathLength(subsample) || 1
  return sums.map((total) => power(2, -total / roots.length / scale))
}

/** The trees of both, grown on as many rows of as many columns. */
export function joinTrees(a: IsolationTreesState, b: IsolationTreesState): IsolationTreesState {
  const first = a.feature.length
  const integers = (one: Int32Array, other: Int32Array) => {
    const both = new Int32Array(one.length + other.length)
    both.set(one)
    both.set(other, one.length)
    return both
  }
  const threshold = new Float32Array(first + b.threshold.length)
  threshold.set(a.threshold)
  threshold.set(b.threshold, first)
  return {
    ...a,
    roots: integers(
      a.roots,
      b.roots.map((root) => root + first),
    ),
    feature: integers(a.feature, b.feature),
    child: integers(
      a.child,
      b.child.map((node) => node + first),
    ),
    threshold,
  }
}

/** c(n): mean path length of an unsuccessful search in a binary search tree of n points (equation 1 of the paper). */
export function averagePathLength(n: number): number {
  if (n <= 1) return 0
  if (n === 2) return 1
  return 2 * (Math.log(n - 1) + 0.5772156649015329) - (2 * (n - 1)) / n
}
