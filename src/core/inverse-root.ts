/**
 * x^(-1/2) as a sum of simple fractions: Σ weight / (x + pole). From 2/π ∫ dt / (t² + x) with the substitution of Hale, Higham and
 * Trefethen, "Computing A^α, log(A) and related matrix functions by contour integrals", SIAM J. Numerical Analysis 46, 2008,
 * section 5: the midpoint rule then converges like exp(-π² N / log(4 sqrt(high / low))). So a function of a matrix costs
 * linear systems instead of eigenvectors.
 */
export interface Fraction {
  readonly pole: number
  readonly weight: number
}

/** Relative error that the number of fractions is chosen for. */
const accuracy = 1e-14

/** @returns fractions whose sum is x^(-1/2) within 1e-13 (relative) for x in [low, high]; 0 < low <= high */
export function inverseRootFractions(low: number, high: number): Fraction[] {
  const ratio = Math.min(0.999, low / high) // modulus 0 would do too, but a formula for all is simpler
  // elliptic functions of modulus k, k² = 1 - ratio; K is their quarter period
  const K = Math.PI / 2 / arithmeticGeometricMean(1, Math.sqrt(ratio))
  const count = Math.max(4, Math.ceil((-Math.log(accuracy / 4) * Math.log(4 / Math.sqrt(ratio))) / Math.PI ** 2))
  return Array.from({ length: count }, (_, j) => {
    const { sn, cn, dn } = jacobi(((j + 0.5) * K) / count, ratio)
    return { pole: low * (sn / cn) ** 2, weight: ((2 * K * Math.sqrt(low)) / (Math.PI * count)) * (dn / (cn * cn)) }
  })
}

function arithmeticGeometricMean(a: number, b: number): number {
  while (Math.abs(a - b) > 1e-15 * a) [a, b] = [(a + b) / 2, Math.sqrt(a * b)]
  return a
}

/** Jacobi's sn, cn, dn of u for complementary parameter m1 = 1 - k² in (0, 1), by descending Landen transformations. */
function jacobi(u: number, m1: number): { sn: number; cn: number; dn: number } {
  const a: number[] = [1]
  const c: number[] = [Math.sqrt(1 - m1)]
  let b = Math.sqrt(m1)
  while (Math.abs(c.at(-1)!) > 1e-16 && a.length < 20) {
    const last = a.at(-1)!
    a.push((last + b) / 2)
    c.push((last - b) / 2)
    b = Math.sqrt(last * b)
  }
  const steps = a.length - 1
  let phi = 2 ** steps * a[steps]! * u
  let before = phi
  for (let k = steps; k > 0; k--) {
    before = phi
    phi = (phi + Math.asin((c[k]! / a[k]!) * Math.sin(phi))) / 2
  }
  const sn = Math.sin(phi)
  const cn = Math.cos(phi)
  const dn = steps > 0 ? cn / Math.cos(before - phi) : 1
  return { sn, cn, dn }
}
