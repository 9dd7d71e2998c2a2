/**
 * `base ** exponent` for a positive base, with the same bits in every Node: `**` with a fraction gives other last digits in Node 24 than in
 * 20 and 22, which `Math.exp` and `Math.log` do not. A model that is fitted again is the same file only so.
 */
export function power(base: number, exponent: number): number {
  return Math.exp(exponent * Math.log(base))
}
