/** Exact tests of counts: no normal approximation, so they hold for ten images as for ten thousand. */
import { betaQuantile, logGamma } from './beta.ts'

/** The interval of Clopper and Pearson (Biometrika 26, 1934) of a binomial share. NaN without trials. */
export function binomialInterval(hits: number, trials: number, level = 0.95): [number, number] {
  if (trials === 0) return [Number.NaN, Number.NaN]
  const tail = (1 - level) / 2
  return [
    hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1),
    hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits),
  ]
}

/** P(X >= hits) where X is binomial in `trials` with a share that is itself Beta(a, b). */
export function betaBinomialTail(hits: number, trials: number, a: number, b: number): number {
  const logBeta = (p: number, q: number) => logGamma(p) + logGamma(q) - logGamma(p + q)
  let sum = 0
  for (let x = Math.max(0, hits); x <= trials; x++)
    sum += Math.exp(logChoose(trials, x) + logBeta(x + a, trials - x + b) - logBeta(a, b))
  return Math.min(1, sum)
}

/**
 * McNemar's test in its exact form: of images that two methods judge differently, each is as likely to be judged right by the one
 * as by the other. Two-sided.
 * @param onlyFirst images that only the first judges so. @param onlySecond images that only the second judges so
 */
export function mcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond
  let tail = 0
  for (let x = 0; x <= Math.min(onlyFirst, onlySecond); x++) tail += Math.exp(logChoose(n, x) - n * Math.LN2)
  return Math.min(1, 2 * tail)
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}
