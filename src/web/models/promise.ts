/** What alphas promise with n held-out scores: asked once for all steps of the slider, so moving it needs no request. */
import { useEffect, useState } from 'preact/hooks'
import { percent } from '../format.ts'
import { client } from '../service/api.ts'
import type { ExpectedRates, Model } from '../service/types.ts'
import { t } from '../text.ts'
import { asOdd, stepsFor } from '../verdict.ts'

export type Rate = ExpectedRates['rates'][number]

/** How positives were held out: undefined before a fit, which chooses by their number. */
type Calibration = Model['calibration']

const known = new Map<string, Promise<readonly Rate[]>>()
const most = 500

function ratesOf(n: number, calibration: Calibration): Promise<readonly Rate[]> {
  const key = `${n} ${calibration}`
  let rates = known.get(key)
  if (rates === undefined) {
    if (known.size >= most) known.clear()
    const alphas = stepsFor(n).map((k) => 1 / k)
    rates = client.expectedFalseRejection(n, alphas, calibration).then(
      (answer) => answer.rates,
      () => {
        known.delete(key)
        return []
      },
    )
    known.set(key, rates)
  }
  return rates
}

/** The promise of the step nearest to alpha; undefined until it is known. @param n undefined: not known yet */
export function usePromise(n: number | undefined, alpha: number, calibration?: Calibration): Rate | undefined {
  const [state, setState] = useState<{ n: number; rates: readonly Rate[] }>()
  useEffect(() => {
    if (n === undefined || n < 1) return
    let current = true
    // photos come by the hundred: the number is asked about when it rests
    const timer = setTimeout(() => void ratesOf(n, calibration).then((rates) => current && setState({ n, rates })), 150)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [n, calibration])
  if (state === undefined || state.n !== n) return undefined
  return [...state.rates].sort((a, b) => distance(a.alpha, alpha) - distance(b.alpha, alpha))[0]
}

/** How many photos look at least as odd, and of how many: near-duplicates count once, and of many photos a quarter is held out. */
export function oddWords({ n, calibrationScores: counted, calibration }: Model, pValue: number): string {
  return t.classify.odd(asOdd(pValue, counted), counted, n, calibration === 'split')
}

/** One wording wherever it stands: on average, with the range. */
export function promiseWords({ mean, low, high }: Omit<Rate, 'alpha'>): string {
  return t.alpha.expected(t.report.promise(percent(mean), percent(low), percent(high)))
}

function distance(a: number, b: number): number {
  return Math.abs(Math.log(a / b))
}
