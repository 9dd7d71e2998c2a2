/**
 * The printed false-rejection range on real embeddings: of each class of a folder (DIR/<class>/*.jpg, such as CIFAR-10's training part) n
 * images are drawn and fitted, and the others of the class tell the rate that came out. Nothing of it is drawn from a distribution.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { takeRows } from '../src/core/matrix.ts'
import { createRandom, sample } from '../src/core/random.ts'
import { fitEnsemble } from '../src/detectors/ensemble.ts'
import { expectedFalseRejection, toleranceAlpha } from '../src/detectors/promise.ts'
import { embed } from '../src/index.ts'
import { mean, share, wilson } from './material.ts'
import { pValuesOf } from './simulation.ts'

const alphas = [0.05, 0.1, 0.2]
const confidence = 0.95
/** Images of a class that are embedded. */
const imagesAtMost = 1500

export const realRatesHead = ['n', 'fits', ...alphas.map((a) => `at ${a}: rate (printed), in range`), 'tolerance kept']

/** A line for each n. */
export async function realRates(
  root: string,
  { sizes, fits, classes, seed }: { sizes: number[]; fits: number; classes: string[]; seed: number },
): Promise<string[][]> {
  const random = createRandom(seed)
  const told = new Map(
    sizes.map((n) => [
      n,
      {
        rates: alphas.map((): number[] => []),
        printed: alphas.map((): number[] => []),
        inside: alphas.map(() => 0),
        kept: 0,
        asked: 0,
        fits: 0,
      },
    ]),
  )
  for (const kind of classes) {
    const folder = join(root, kind)
    const files = (await readdir(folder)).sort().slice(0, imagesAtMost)
    const { embeddings: X } = await embed(files.map((file) => join(folder, file)))
    console.error(`${kind}: ${X.rows} images`)
    for (let fit = 0; fit < fits; fit++) {
      for (const [n, line] of told) {
        const fork = random.fork(`${kind} ${n} ${fit}`)
        const order = sample(X.rows, X.rows, fork)
        const state = await fitEnsemble(takeRows(X, order.subarray(0, n)), {}, fork.fork('fit'))
        const p = pValuesOf(state, takeRows(X, order.subarray(n)))
        const rejected = (level: number) => p.filter((value) => value <= level + 1e-12).length / p.length
        const counted = state.calibration.heldOut.ensemble.length
        line.fits++
        for (const [at, alpha] of alphas.entries()) {
          const expected = expectedFalseRejection(counted, alpha, state.calibration.method)
          const rate = rejected(alpha)
          line.rates[at]!.push(rate)
          line.printed[at]!.push(expected.mean)
          if (rate >= expected.low && rate <= expected.high) line.inside[at]!++
        }
        const strict = toleranceAlpha(counted, alphas[0]!, confidence)
        if (strict === undefined) continue
        line.asked++
        if (rejected(strict) <= alphas[0]!) line.kept++
      }
    }
  }
  const withInterval = (count: number, of: number) =>
    of === 0 ? 'too few' : `${share(count / of)} (${wilson(count, of).map(share).join('-')})`
  return [...told].map(([n, line]) => [
    `${n}`,
    `${line.fits}`,
    ...alphas.map(
      (_, at) =>
        `${share(mean(line.rates[at]!))} (${share(mean(line.printed[at]!))}), ${withInterval(line.inside[at]!, line.fits)}`,
    ),
    withInterval(line.kept, line.asked),
  ])
}
