/**
 * The Beta distribution: of how much of a class lies beyond the k-th largest of n samples of it.
 *
 * The regularised incomplete beta function is by its continued fraction with the modified Lentz method: Press et al., "Numerical
 * Recipes", 3rd edition, section 6.4. The logarithm of gamma is by Lanczos' approximation with g = 7 and nine terms.
 */

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

/** log Γ(x) for x > 0, to about 15 digits. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  let sum: number = lanczos[0]
  for (let k = 1; k < lanczos.length; k++) sum += lanczos[k]! / (x - 1 + k)
  const t = x - 1 + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

/** P(Beta(a, b) <= x), the regularised incomplete beta function I_x(a, b), for a, b > 0. */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  // the fraction converges fast below the mean; above it, the complement does
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

/** x with P(Beta(a, b) <= x) = p, by halving: exact to the last digits, some 60 steps. */
export function betaQuantile(p: number, a: number, b: number): number {
  let low = 0
  let high = 1
  for (let step = 0; step < 1100 && high - low > 1e-15 * high; step++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (betaCdf(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** t with P(|T| > t) = share, where T has Student's distribution with so many degrees of freedom. */
export function studentQuantile(share: number, freedom: number): number {
  return Math.sqrt(freedom * (1 / betaQuantile(share, freedom / 2, 0.5) - 1))
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const guarded = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / guarded(1 + even * d)
    c = guarded(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / guarded(1 + odd * d)
    c = guarded(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return value
}
