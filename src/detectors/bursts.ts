/**
 * Photos of one object (a tile under six lamps, frames of one scene), where their perceptual hashes differ. Held out one by one, each
 * would be judged by a model that has seen the others, and held-out scores would look better than those of new objects.
 *
 * They are found among the positives alone: two rows are linked when they lie far nearer to each other than either's neighbourhood is
 * wide, and where far more pairs are so near than chance brings about among rows of so few dimensions. "Near" is the cosine after
 * whitening with a ridge, which turns down what varies most among positives (light, pose) and leaves what tells objects apart. With inner
 * products G of the centred unit rows the whitened inner products are G (G/n + ridge I)⁻¹, so n x n matrices do.
 */
import { centredUnitRows, type Matrix, matrix, row } from '../core/matrix.ts'
import { gram, symmetricInverse } from '../core/products.ts'

/** Ridge in shares of the total variance. The larger, the more does light count. */
const ridgeShare = 0.005
/** The neighbourhood of a row reaches to its tenth neighbour, or further among many rows. */
const neighbourhood = (n: number) => Math.max(10, Math.floor(n / 20))
/** Linked below this share of the smaller neighbourhood, at most. */
const mostShare = 0.6
/** Of the links, at most this share is expected by chance: the false discovery rate. */
const falseDiscoveryRate = 0.1
/** A group holds at most this share of the rows, so that folds can be drawn. */
const largestShare = 0.1

/**
 * @param X embeddings, shape (n, d)
 * @param groups a group number for each row: what is known to belong together
 * @returns a group number for each row; what was together stays so
 */
export function groupBursts(X: Matrix, groups: ArrayLike<number>): Int32Array {
  const n = X.rows
  const merged = Int32Array.from({ length: n }, (_, i) => groups[i]!)
  const reach = neighbourhood(n)
  const farther = Math.min(3 * reach, n - 1)
  if (farther < 2 * reach) return merged
  const distances = whitenedDistances(X)
  const sorted = Array.from({ length: n }, (_, i) => row(distances, i).toSorted())
  const scale = sorted.map((near) => near[reach]!)
  const near: Pair[] = []
  let neighbours = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const distance = distances.data[i * n + j]!
      const share = distance / Math.min(scale[i]!, scale[j]!)
      if (share < 1) neighbours++
      if (share < mostShare) near.push({ i, j, distance, share })
    }
  }
  const pairs = beyondChance(near, neighbours, growth(sorted, reach, farther))
  // nearest first: where a group would grow too large, its far links are the ones left out
  pairs.sort((a, b) => a.distance - b.distance)
  const most = Math.max(2, Math.floor(n * largestShare))
  const sizes = new Map<number, number>()
  for (const group of merged) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  for (const { i, j } of pairs) {
    const from = merged[i]!
    const to = merged[j]!
    const size = sizes.get(from)! + sizes.get(to)!
    if (from === to || size > most) continue
    for (let r = 0; r < n; r++) if (merged[r] === from) merged[r] = to
    sizes.set(to, size)
  }
  return merged
}

interface Pair {
  readonly i: number
  readonly j: number
  readonly distance: number
  /** Of the smaller neighbourhood of the two. */
  readonly share: number
}

/**
 * The pairs up to the largest share below which at most `falseDiscoveryRate` of them are expected by chance: as the false discovery rate is
 * bounded by Benjamini and Hochberg, 1995, with the number that chance brings about taken from how neighbours grow farther away.
 * @param neighbours pairs that are nearer than the smaller neighbourhood, by chance or not
 * @param power what `growth` says
 */
function beyondChance(near: Pair[], neighbours: number, power: number): Pair[] {
  near.sort((a, b) => a.share - b.share)
  const last = near.findLastIndex(({ share }, at) => neighbours * share ** power <= falseDiscoveryRate * (at + 1))
  return near.slice(0, last + 1)
}

/**
 * The power p of the distance with which the number of neighbours grows (half the dimension that the rows fill), from the ranks
 * beyond those where photos of one object are: the median over rows of the maximum-likelihood estimate of Levina and Bickel, "Maximum
 * likelihood estimation of intrinsic dimension", NIPS 2004, where of the first `from` neighbours only is known that they are no farther
 * than the last of them. Of a number of neighbours, share ** p lie below that share of their distance.
 */
function growth(sorted: readonly Float64Array[], from: number, to: number): number {
  const powers = sorted.map((near) => {
    let logs = from * Math.log(near[to]! / near[from]!)
    for (let k = from + 1; k < to; k++) logs += Math.log(near[to]! / near[k]!)
    return (to - from - 1) / logs
  })
  return powers.sort((a, b) => a - b)[powers.length >> 1]!
}

/** 1 - cosine of the whitened rows, shape (n, n); 0 on the diagonal. */
function whitenedDistances(X: Matrix): Matrix {
  const { centred } = centredUnitRows(X)
  const n = X.rows
  const inner = gram(centred)
  let total = 0
  for (let i = 0; i < n; i++) total += inner.data[i * (n + 1)]! / n
  const ridge = ridgeShare * total
  const ridged = matrix(
    n,
    n,
    inner.data.map((value, at) => value / n + (at % (n + 1) === 0 ? ridge : 0)),
  )
  // G (G/n + ridge I)⁻¹ = n (I - ridge (G/n + ridge I)⁻¹)
  const inverse = symmetricInverse(ridged)
  const share = (i: number, j: number) => Number(i === j) - ridge * inverse.data[i * n + j]!
  // a row at the mean has no direction: nothing is near it
  const scales = Float64Array.from({ length: n }, (_, i) => (share(i, i) > 1e-12 ? 1 / Math.sqrt(share(i, i)) : 0))
  const distances = matrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i !== j) distances.data[i * n + j] = 1 - share(i, j) * scales[i]! * scales[j]!
    }
  }
  return distances
}
