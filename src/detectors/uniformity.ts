/**
 * Are the p-values that were served for images of the class what they promise to be? If new positives are like the positives of the
 * model, their scores and the n held-out scores are one sample: the p-values then spread evenly over 1/(n+1) ... 1. The test is the
 * two-sample Kolmogorov-Smirnov test, for which p-values suffice: each says how many held-out scores lie above its own.
 *
 * Its p-value is exact, by counting lattice paths (Hodges, "The significance probability of the Smirnov two-sample test", Arkiv
 * för Matematik 3, 1958), and for large samples by Smirnov's limit. Where held-out scores come from cross-fitting, they are those
 * of models with fewer positives, so that p-values of new positives may be a little too large.
 */
export interface Uniformity {
  /** p-values looked at. */
  readonly images: number
  /** Largest distance between the two distribution functions, in [0, 1]. */
  readonly distance: number
  /** Probability of such a distance, or a larger one, if all is well. */
  readonly pValue: number
  /** `isUniform` is false in at most this share of cases where all is well. */
  readonly level: number
  readonly isUniform: boolean
  /** Of the p-values: .5 where they spread evenly, more where images are more ordinary than those of the fit. */
  readonly mean: number
}

/** Share of false alarms. */
const uniformityLevel = 0.05
/** Steps of the exact count at most. */
const exactSteps = 5e6

/**
 * @param pValues of images of the class, in (0, 1]
 * @param n held-out scores that they count among
 * @returns undefined without p-values
 */
export function checkUniformity(
  pValues: ArrayLike<number>,
  n: number,
  level = uniformityLevel,
): Uniformity | undefined {
  const m = pValues.length
  if (m === 0 || n === 0) return undefined
  // how many of the p-values stand for c held-out scores at or above
  const counts = new Int32Array(n + 1)
  for (let i = 0; i < m; i++) counts[Math.min(n, Math.max(0, Math.round(pValues[i]! * (n + 1)) - 1))]!++
  let seen = 0
  let sum = 0
  for (let i = 0; i < m; i++) sum += pValues[i]!
  let most = 0 // n m times the distance: whole numbers, so that nothing is lost by rounding
  for (let c = 0; c <= n; c++) {
    seen += counts[c]!
    most = Math.max(most, Math.abs(seen * n - c * m))
    if (c < n) most = Math.max(most, Math.abs(seen * n - (c + 1) * m))
  }
  const distance = most / (n * m)
  const pValue = n * m <= exactSteps ? exactTail(most, n, m) : limitTail(distance, n, m)
  return { images: m, distance, pValue, level, isUniform: pValue > level, mean: sum / m }
}

/** Share of the paths from (0, 0) to (n, m) that reach |n y - m x| >= most somewhere. */
function exactTail(most: number, n: number, m: number): number {
  // chance that a random path is still inside at (x, y): a step takes one of the n - x or m - y that are left
  let inside = new Float64Array(m + 1)
  for (let x = 0; x <= n; x++) {
    const next = new Float64Array(m + 1)
    for (let y = 0; y <= m; y++) {
      if (Math.abs(n * y - m * x) >= most) continue
      if (x === 0 && y === 0) next[0] = 1
      else {
        const left = n - x + (m - y) + 1
        const fromX = x > 0 ? inside[y]! * ((n - x + 1) / left) : 0
        const fromY = y > 0 ? next[y - 1]! * ((m - y + 1) / left) : 0
        next[y] = fromX + fromY
      }
    }
    inside = next
  }
  return Math.min(1, Math.max(0, 1 - inside[m]!))
}

function limitTail(distance: number, n: number, m: number): number {
  const t = distance * Math.sqrt((n * m) / (n + m))
  if (t < 0.2) return 1
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * t * t)
  return Math.min(1, Math.max(0, sum))
}
