/** Rows of the report that need positives and a backbone only. */
import type { Matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { pValue } from '../detectors/calibration.ts'
import type { Detector } from '../detectors/detector.ts'
import { mahalanobis as mahalanobisDetector, nearestNeighbour as nearestNeighbourDetector } from '../detectors/index.ts'
import type { PooledKey } from '../detectors/join.ts'
import { OneclassError } from '../errors.ts'
import type { Artifact } from '../store/artifact.ts'
import { sizesWords } from '../wire/sizes.ts'
import { acceptByPValue, heldOutScores } from './held-out-scores.ts'
import type { Method } from './method.ts'

const folds = 10

export const isolationForest = ensembleRow(
  'isolation-forest',
  'Isolation forest, whitened embeddings',
  'isolationForest',
)
export const oneClassSvm = ensembleRow('one-class-svm', 'One-class SVM, whitened embeddings', 'oneClassSvm')
/** How `fit` looks at these images, and why. */
function wayWords({ patches, light, enlarged, mirrored }: Artifact): string {
  const evened = light
    ? 'The light of images is evened out, since defects drawn on held-out positives are found no worse so. '
    : ''
  const joined = patches
    ? `Isolation forest, one-class SVM and places at detail ${patches.detail}, as a fit joins them: drawn defects are found better with places.`
    : 'Isolation forest and one-class SVM, as a fit joins them.'
  return `${evened}${joined}${enlarged ? ` In it, ${sizesWords(enlarged, mirrored)}.` : ''}`
}

const ensembleOfWholeImages = ensembleRow('ensemble', 'Ensemble (what oneclass serves)', 'ensemble')
export const ensemble: Method = {
  ...ensembleOfWholeImages,
  async run(context, seed) {
    const served = await context.served(seed)
    if (served === undefined) return await ensembleOfWholeImages.run(context, seed)
    const { artifact, scores, accepted, fitSeconds, scoreMs } = served
    return {
      scores,
      accepted,
      decision: `p-value among held-out positives > ${context.alpha}`,
      fitSeconds,
      scoreMs,
      memoryBytes:
        bytesOf(artifact.ensemble) +
        (artifact.patches ? bytesOf(artifact.patches) : 0) +
        2 * context.positives.data.byteLength,
      usesBackbone: false,
      notes: [`${wayWords(artifact)} Its times hold reading and embedding.`],
    }
  },
}
export const nearestNeighbour = detectorRow('Nearest neighbour, whitened embeddings', nearestNeighbourDetector)
export const mahalanobis = detectorRow('Mahalanobis distance, shrunk covariance', mahalanobisDetector)

export const isolationForestNpm: Method = {
  key: 'isolation-forest-npm',
  title: 'The npm package isolation-forest, raw embeddings',
  needs: 'positives',
  seeds: { quick: 1, full: 2 },
  lane: 'main',
  async run(context, seed) {
    const { IsolationForest } = await importPackage()
    const fit = (X: Matrix) => {
      const forest = new IsolationForest()
      forest.fit(asObjects(X))
      return (rows: Matrix) => Float64Array.from(forest.predict(asObjects(rows)))
    }
    const started = performance.now()
    const heldOut = await heldOutScores(context.positives, context.groups, 4, seed, async (train, rows) =>
      fit(train)(rows),
    )
    const score = fit(context.positives)
    const fitSeconds = (performance.now() - started) / 1000
    const scoring = performance.now()
    const scores = score(context.test)
    return {
      scores,
      ...acceptByPValue(heldOut, scores, context.alpha),
      fitSeconds,
      scoreMs: (performance.now() - scoring) / context.test.rows,
      // each of its 100 trees keeps references to its rows in every node; the row objects themselves
      memoryBytes: 16 * context.positives.data.length,
      usesBackbone: true,
      notes: ['The package as it is, 100 trees; it takes no seed, so this row does not repeat exactly.'],
    }
  },
}

/** A row that is a part of the ensemble: one fit, one calibration, shared. */
function ensembleRow(key: string, title: string, part: PooledKey | 'ensemble'): Method {
  return {
    key,
    title,
    needs: 'positives',
    seeds: { quick: 1, full: 3 },
    lane: 'main',
    async run(context, seed) {
      const { state, scores, fitSeconds, scoreMs } = await context.ensemble(seed)
      const heldOut = state.calibration.heldOut[part]
      return {
        scores: scores[part],
        accepted: Uint8Array.from(scores[part], (score) => (pValue(heldOut, score) > context.alpha ? 1 : 0)),
        decision: `p-value among held-out positives > ${context.alpha}`,
        fitSeconds,
        scoreMs,
        memoryBytes: bytesOf(state) + 2 * context.positives.data.byteLength,
        usesBackbone: true,
        notes:
          part === 'ensemble'
            ? [
                'Mean of the two detectors, each on the scale of its held-out positives, calibrated last. A fit judges these images as wholes too.',
              ]
            : ['Fitted and calibrated together with the ensemble, whose time and memory these are.'],
      }
    },
  }
}

function detectorRow<State, Options>(title: string, detector: Detector<State, Options>): Method {
  return {
    key: detector.key,
    title,
    needs: 'positives',
    seeds: { quick: 1, full: 1 },
    lane: 'main',
    async run(context, seed) {
      const random = () => createRandom(seed).fork(detector.key)
      const started = performance.now()
      const state = await detector.fit(context.positives, detector.defaults, random())
      const heldOut = await heldOutScores(context.positives, context.groups, folds, seed, async (train, rows) =>
        detector.score(await detector.fit(train, detector.defaults, random()), rows),
      )
      const fitSeconds = (performance.now() - started) / 1000
      const scoring = performance.now()
      const scores = detector.score(state, context.test)
      return {
        scores,
        ...acceptByPValue(heldOut, scores, context.alpha),
        fitSeconds,
        scoreMs: (performance.now() - scoring) / context.test.rows,
        memoryBytes: bytesOf(state) + context.positives.data.byteLength,
        usesBackbone: true,
        notes: [],
      }
    },
  }
}

interface IsolationForestPackage {
  readonly IsolationForest: new () => {
    fit(rows: Record<string, number>[]): unknown
    predict(rows: Record<string, number>[]): number[]
  }
}

async function importPackage(): Promise<IsolationForestPackage> {
  const name: string = 'isolation-forest'
  try {
    return (await import(name)) as IsolationForestPackage
  } catch {
    throw new OneclassError(
      'DEPENDENCY_MISSING',
      'The package isolation-forest is not installed: npm install isolation-forest.',
    )
  }
}

function asObjects(X: Matrix): Record<string, number>[] {
  return Array.from({ length: X.rows }, (_, i) =>
    Object.fromEntries(Array.from({ length: X.cols }, (_, j) => [`f${j}`, X.data[i * X.cols + j]!])),
  )
}

/** Bytes of the typed arrays in a state. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (value === null || typeof value !== 'object') return 8
  return Object.values(value).reduce((sum: number, part) => sum + bytesOf(part), 0)
}
