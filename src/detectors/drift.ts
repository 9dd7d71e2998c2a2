/**
 * A drift alarm with a known false-alarm rate: a conformal test martingale over the p-values of a served model.
 *
 * Null hypothesis: the images served are exchangeable with the positives that calibrated the model. Each new image is
 * ranked among those calibration scores and all images before it (ties broken at random), which makes independent uniform
 * p-values under the null. The Simple Jumper (Vovk, Petej, Nouretdinov, Ahlberg, Carlsson, Gammerman, "Retrain or not
 * retrain: conformal test martingales for change-point detection", arXiv 2102.10439) bets against them; its capital is a
 * martingale, so by Ville's inequality it ever reaches c with probability at most 1/c.
 *
 * No raw score is needed. A served p-value k/(n+1) says that k-1 calibration scores are at least as anomalous: the gap
 * between two calibration scores in which the image lies. Counts per gap are all that must be kept.
 *
 * Two streams are worth watching. All images: right where nearly everything served is positive. Accepted images only:
 * right where negatives are expected. Given the threshold, calibration scores below it and accepted positives are
 * exchangeable again, so the second is the first with the rejected gaps cut off (`acceptedGap`).
 */
export interface DriftState {
  /** Calibration scores. */
  readonly n: number
  /** Images seen in gap k, at index k - 1; length n + 1. */
  readonly gaps: number[]
  readonly seen: number
  /** Shares of the capital on the bets -1, 0 and 1; they sum to 1. */
  readonly shares: readonly [number, number, number]
  readonly logCapital: number
  readonly maxLogCapital: number
}

export interface DriftReport {
  readonly images: number
  /** log10 of the capital now: near or below 0 when nothing changed. */
  readonly log10Capital: number
  readonly maxLog10Capital: number
  /** The capital was ever this high with at most this probability, had nothing changed. */
  readonly falseAlarmBound: number
  /** The bound is at most 1 %. */
  readonly alarm: boolean
}

const jumpRate = 0.01
const alarmBound = 0.01

export function newDrift(n: number): DriftState {
  return {
    n,
    gaps: new Array<number>(n + 1).fill(0),
    seen: 0,
    shares: [1 / 3, 1 / 3, 1 / 3],
    logCapital: 0,
    maxLogCapital: 0,
  }
}

/** The gap, 1 to n + 1, of a served p-value k/(n + 1). */
export function gapOf(pValue: number, n: number): number {
  return Math.min(n + 1, Math.max(1, Math.round(pValue * (n + 1))))
}

/** Calibration scores and gap among what is accepted at alpha; undefined for a rejected image. */
export function acceptedGap(pValue: number, n: number, alpha: number): { n: number; gap: number } | undefined {
  if (pValue <= alpha) return undefined
  const cut = Math.floor(alpha * (n + 1) + 1e-9)
  return { n: n - cut, gap: Math.max(1, gapOf(pValue, n) - cut) }
}

/**
 * Takes one image in. Changes `gaps` in place and returns the new state.
 * @param gap 1 to n + 1
 * @param tie uniform in [0, 1), independent of everything
 */
export function observe(state: DriftState, gap: number, tie: number): DriftState {
  const { gaps, n, seen } = state
  let above = gap - 1
  for (let k = 0; k < gap - 1; k++) above += gaps[k]!
  const p = (above + tie * (gaps[gap - 1]! + 1)) / (n + seen + 1)
  gaps[gap - 1]!++
  const bets = [-1, 0, 1].map((bet, i) => ((1 - jumpRate) * state.shares[i]! + jumpRate / 3) * (1 + bet * (p - 0.5)))
  const growth = bets[0]! + bets[1]! + bets[2]!
  const logCapital = state.logCapital + Math.log(growth)
  return {
    n,
    gaps,
    seen: seen + 1,
    shares: [bets[0]! / growth, bets[1]! / growth, bets[2]! / growth],
    logCapital,
    maxLogCapital: Math.max(state.maxLogCapital, logCapital),
  }
}

export function reportDrift(state: DriftState): DriftReport {
  const falseAlarmBound = Math.min(1, Math.exp(-state.maxLogCapital))
  return {
    images: state.seen,
    log10Capital: state.logCapital / Math.LN10,
    maxLog10Capital: state.maxLogCapital / Math.LN10,
    falseAlarmBound,
    alarm: falseAlarmBound <= alarmBound,
  }
}
