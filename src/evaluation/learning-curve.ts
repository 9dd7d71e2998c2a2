/** Would more photos help? The positives-only methods on random parts of the training positives, judged on the whole test. */
import { takeRows } from '../core/matrix.ts'
import { createRandom, sample } from '../core/random.ts'
import type { Detector } from '../detectors/detector.ts'
import { fitEnsemble, scoreEnsemble } from '../detectors/ensemble.ts'
import { mahalanobis, nearestNeighbour } from '../detectors/index.ts'
import { minimumRows } from '../detectors/pooled-fit.ts'
import { type ErrorCode, OneclassError, present } from '../errors.ts'
import { drawResamples, type Estimate, pairedDifference, resampledAuroc } from './bootstrap.ts'
import type { CurvePoint } from './compare-report.ts'
import type { MethodContext } from './method.ts'
import { auroc } from './metrics.ts'

const sizes = [25, 50, 100, 200] as const
const tooFew: readonly ErrorCode[] = ['TOO_FEW_IMAGES', 'IMAGES_IDENTICAL']

/** @param isPositive of the test rows. Sizes that the training set does not reach are left out; all of it is the last point. */
export async function learningCurve(
  context: Pick<MethodContext, 'positives' | 'test' | 'effort' | 'groups'>,
  isPositive: Uint8Array,
  seed: number,
  pause: (message: string) => Promise<void>,
): Promise<CurvePoint[]> {
  const n = context.positives.rows
  const random = createRandom(seed).fork('learning curve')
  const steps = [...sizes.filter((size) => size < n), n].filter((size) => size >= minimumRows)
  const points: CurvePoint[] = []
  /** Of the ensemble, by size: the scores of each draw. */
  const told: Float64Array[][] = []
  for (const size of steps) {
    const draws = size === n ? 1 : context.effort === 'quick' ? 2 : 4
    const results = new Map<string, number[]>()
    const ensembles: Float64Array[] = []
    for (let draw = 0; draw < draws; draw++) {
      await pause(`learning curve: ${size} positives`)
      const rows = size === n ? Array.from({ length: n }, (_, i) => i) : [...sample(n, size, random)]
      const X = takeRows(context.positives, rows)
      const groups = rows.map((i) => present(context.groups[i], 'the group of a row'))
      const add = (key: string, scores: Float64Array) => {
        const list = results.get(key) ?? []
        list.push(auroc(scores, isPositive))
        results.set(key, list)
      }
      const child = random.fork(`${size} ${draw}`)
      try {
        const scores = scoreEnsemble(await fitEnsemble(X, { groups }, child), context.test)
        add('ensemble', scores.ensemble)
        ensembles.push(scores.ensemble)
        add('isolation-forest', scores.isolationForest)
        add('one-class-svm', scores.oneClassSvm)
      } catch (error) {
        // too few different images in this draw: the other methods still have their point
        if (!(error instanceof OneclassError) || !tooFew.includes(error.code)) throw error
      }
      const addDetector = async <S, O>({ key, fit, score, defaults }: Detector<S, O>) =>
        add(key, score(await fit(X, defaults, child), context.test))
      await addDetector(nearestNeighbour)
      await addDetector(mahalanobis)
    }
    if (ensembles.length > 0) told.push(ensembles)
    for (const [method, values] of results) {
      points.push({
        method,
        positives: size,
        draws: values.length,
        auroc: values.reduce((a, b) => a + b) / values.length,
        lowest: Math.min(...values),
        highest: Math.max(...values),
      })
    }
  }
  const [before, last] = told.slice(-2)
  if (!before || !last) return points
  const gainIsReal = isGainReal(before, last, isPositive, seed)
  const end = points.findLastIndex(({ method }) => method === 'ensemble')
  return points.map((point, i) => (i === end ? { ...point, gainIsReal } : point))
}

/** Whether the mean AUROC of `last` is above that of `before` by more than other test images would change it. */
function isGainReal(
  before: readonly Float64Array[],
  last: readonly Float64Array[],
  isPositive: Uint8Array,
  seed: number,
): boolean {
  const resamples = drawResamples(isPositive, 1000, seed)
  const mean = (several: readonly Float64Array[]): Estimate => {
    const each = several.map((scores) => resampledAuroc(scores, isPositive, resamples))
    const first = present(each[0], 'an estimate of a size')
    const meanOf = (of: (one: Estimate) => number) => each.reduce((sum, one) => sum + of(one), 0) / each.length
    return {
      value: meanOf(({ value }) => value),
      draws: first.draws.map((_, k) => meanOf(({ draws }) => present(draws[k], 'a draw of the bootstrap'))),
      images: first.images,
    }
  }
  return pairedDifference(mean(last), mean(before)).interval[0] > 0
}
