/** What a result means at an alpha: the only place in the page that decides, so moving alpha needs no request. */
import { loosestDefault, usualAlpha } from '../wire/fit-choices.ts'
import { blamesImage } from './service/fault.ts'
import type { ImageResult, Scored } from './service/types.ts'

/** `unreadable` is said of the image, `unanswered` of the service. */
export type Verdict = 'belongs' | 'differs' | 'unreadable' | 'unanswered'

export function verdictOf(result: ImageResult | Scored, alpha: number): Verdict {
  if (!('pValue' in result)) return verdictOfError(result.error.code)
  return result.pValue > alpha ? 'belongs' : 'differs'
}

export function verdictOfError(code: string): Verdict {
  return blamesImage(code) ? 'unreadable' : 'unanswered'
}

/** How many held-out positives look at least as odd, out of p = (1 + count) / (n + 1). */
export function asOdd(pValue: number, n: number): number {
  return Math.max(0, Math.round(pValue * (n + 1)) - 1)
}

export type Agreement = 'both' | 'neither' | 'forest' | 'svm' | 'all' | 'none' | 'mixed'

/** Which of the detectors would accept the image by itself. */
export function agreementOf({ detectors }: Scored, alpha: number): Agreement {
  const all = Object.values(detectors).flatMap((one) => (one === undefined ? [] : one.pValue > alpha))
  if (all.length > 2) return all.every((accepts) => accepts) ? 'all' : all.some((accepts) => accepts) ? 'mixed' : 'none'
  const forest = detectors.isolationForest.pValue > alpha
  const svm = detectors.oneClassSvm.pValue > alpha
  return forest ? (svm ? 'both' : 'forest') : svm ? 'svm' : 'neither'
}

/** Log-odds of the score: the axis on which a change of alpha is a shift, clamped where scores touch 0 or 1. */
export function logit(score: number): number {
  const s = Math.min(1 - 1e-6, Math.max(1e-6, score))
  return Math.log(s / (1 - s))
}

/** The alphas of the slider, as "1 in k". */
export const alphaSteps = [500, 400, 300, 200, 150, 100, 75, 50, 40, 30, 25, 20, 15, 12, 10, 8, 6, 5, 4, 3, 2] as const

/** The steps at which a model with n held-out scores can reject anything, the strictest first: its smallest p is 1 / (n + 1). */
export function stepsFor(n: number | undefined): readonly number[] {
  if (n === undefined) return alphaSteps
  const offered = alphaSteps.filter((k) => k <= n + 1)
  return offered.length > 0 ? offered : alphaSteps.slice(-1)
}

/** Alpha, or the strictest that can reject anything: stricter ones would call everything one of the class. */
export function offered(alpha: number, n: number | undefined): number {
  return n === undefined ? alpha : Math.max(alpha, 1 / (n + 1))
}

/** What a fit decides at where nobody asks for another, as `defaultAlpha` of the service: 1 in 20, or up to 1 in 10 for few photos. */
export function defaultAlpha(n: number | undefined): number {
  const least = n === undefined ? 0 : 1 / (n + 1)
  return least <= loosestDefault ? Math.max(usualAlpha, least) : usualAlpha
}

/** Index of the step that is nearest to alpha. */
export function nearestStep(alpha: number, steps: readonly number[] = alphaSteps): number {
  let best = 0
  let least = Number.POSITIVE_INFINITY
  steps.forEach((k, i) => {
    const away = Math.abs(Math.log(alpha * k))
    if (away < least) {
      least = away
      best = i
    }
  })
  return best
}

/** Alpha as "1 in k". */
export function oneIn(alpha: number): number {
  return Math.round(1 / alpha)
}
