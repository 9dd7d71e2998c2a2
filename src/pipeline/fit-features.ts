/** From embeddings of positives to a model. */
import { type Matrix, type Rows, widen } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { joinMembers } from '../detectors/ensemble.ts'
import { fitPooled, type PooledFit, type Probes } from '../detectors/pooled-fit.ts'
import { choosePreprocess, keepLengths } from '../detectors/preprocess.ts'
import { assertConfidence, defaultAlpha, smallestAlpha, toleranceAlpha } from '../detectors/promise.ts'
import { describePositives } from '../detectors/similarity.ts'
import { OneclassError } from '../errors.ts'
import type { Artifact } from '../store/artifact.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { type CalibrationMethod, usualAlpha } from '../wire/fit-choices.ts'
import type { PreprocessMode } from '../wire/preprocess.ts'
import { nameOfRow } from './exclude-rows.ts'
import { factsOfPositives, randomOfReport } from './fit-report.ts'
import { openFitThreads } from './fit-threads.ts'
import { joinHead, repeatedAmong } from './negatives.ts'
import type { PatchMember } from './patches.ts'

export interface FitOptions {
  /** False-rejection rate that decisions use, in (0, 1). Default: see `defaultAlpha`, 0.05 from 19 independent images on. */
  readonly alpha?: number | undefined
  /**
   * Take the strictest alpha at which, with this probability, at most `alpha` of new positives are rejected: the model's alpha is then
   * that one. In (0, 1).
   */
  readonly confidence?: number
  /** How positives are held out for the threshold (`EnsembleOptions.method`). */
  readonly calibration?: CalibrationMethod
  /** Default 1. The same positives, options and seed give the same bytes. */
  readonly seed?: number
  /** Threads for what is held out; default 1: the caller's own. The bytes are the same. */
  readonly threads?: number | undefined
  readonly onProgress?: (done: number, total: number, stage: 'images' | 'fitting') => void
  readonly signal?: AbortSignal
}

/**
 * @param rows embeddings of positives, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE, ALPHA_INVALID
 */
export async function fitFeatures(
  rows: Rows,
  options: FitOptions & {
    /** How rows come to a common length (`detectors/preprocess.ts`). Default l2, which is right for features as networks make them. */
    readonly preprocess?: PreprocessMode
    readonly images?: readonly string[]
    /** Of a feature file some of whose rows were left out: the numbers that the others have there. */
    readonly rows?: Int32Array | undefined
    readonly backbone?: Artifact['backbone']
    readonly groups?: ArrayLike<number>
    /** Embeddings of images that do not belong, shape (m, d): with them the model gets a head. */
    readonly negatives?: Matrix | undefined
    readonly onHeldOut?: (scores: Float64Array) => void
    /** Copies of images with drawn defects, for the weight of a member of places. */
    readonly probes?: Probes | undefined
    /** Makes a member of places that joins these; undefined where it would add nothing. */
    readonly placeMember?: ((pooled: PooledFit) => PatchMember | undefined) | undefined
  } = {},
): Promise<Artifact> {
  const { seed = 1, confidence, onProgress } = options
  assertAlpha(options.alpha ?? usualAlpha)
  if (confidence !== undefined) assertConfidence(confidence)
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the seed to be a whole number from 0 on but received ${seed}.`,
    )
  }
  if (options.negatives) assertNegatives(options.negatives, rows.cols)
  const preprocess = choosePreprocess(rows, options.preprocess ?? 'l2')
  const X = keepLengths(rows, preprocess)
  const threads = openFitThreads(options.threads ?? 1, options.signal)
  const pooled = await fitPooled(
    X,
    {
      ...(options.groups ? { groups: options.groups } : {}),
      ...(options.calibration ? { method: options.calibration } : {}),
      probes: options.probes,
      threads,
      onProgress: (done, total) => {
        throwIfAborted(options.signal)
        onProgress?.(done, total, 'fitting')
      },
    },
    createRandom(seed),
  ).finally(threads.end)
  throwIfAborted(options.signal)
  const negatives = options.negatives && keepLengths(options.negatives, preprocess)
  const patches = options.placeMember?.(pooled)
  const places = patches ? { patches: patches.heldOut } : {}
  const head =
    negatives && negatives.rows > 0
      ? joinHead(widen(X), negatives, pooled, createRandom(seed), places, patches?.weight)
      : undefined
  const { state: ensemble, heldOut } = joinMembers(pooled, head?.extra ?? places, head?.weight ?? patches?.weight)
  options.onHeldOut?.(heldOut)
  const counted = ensemble.calibration.heldOut.ensemble.length
  const alpha = options.alpha ?? (confidence === undefined ? defaultAlpha(counted) : usualAlpha)
  const random = randomOfReport(seed)
  const { images, rows: numbers } = options
  const nameOf = (row: number) => images?.[row] ?? nameOfRow(numbers?.[row] ?? row)
  const facts = factsOfPositives(X, pooled.holdOut.groups, { heldOut, counted, random }, nameOf)
  return {
    backbone: options.backbone ?? null,
    dim: X.cols,
    n: X.rows,
    alpha:
      confidence === undefined ? alpha : (toleranceAlpha(counted, alpha, confidence) ?? rejectsNothing(counted, alpha)),
    seed,
    ...(preprocess && { preprocess }),
    ensemble,
    ...(patches && { patches: patches.state }),
    ...(head && { discriminative: head.state }),
    facts: {
      ...facts,
      asked: confidence === undefined ? null : { alpha, confidence },
      reference: null,
      ...(head && negatives && { negatives: { pValues: head.pValues, ...toldOf(repeatedAmong(rows, negatives)) } }),
    },
    positives: {
      ...describePositives(ensemble.whitening, X),
      images: images ?? null,
      ...(numbers && { rows: numbers }),
    },
  }
}

const toldOf = (ofPositives: number) => (ofPositives > 0 ? { ofPositives } : {})

/** Where no level keeps a promise with confidence: none stricter than was asked for is needed to reject nothing. */
function rejectsNothing(counted: number, asked: number): number {
  return Math.min(asked, Number((smallestAlpha(counted) / 2).toPrecision(2)))
}

/** Before the work: what is wrong with them would be said of the positives. */
function assertNegatives(negatives: Matrix, width: number): void {
  if (negatives.rows > 0 && negatives.cols !== width)
    throw new OneclassError(
      'FEATURES_WRONG_WIDTH',
      `The negatives have ${negatives.cols} columns, the positives ${width}: both come from the same network.`,
    )
  const at = negatives.data.findIndex((value) => !Number.isFinite(value))
  if (at >= 0)
    throw new OneclassError(
      'FEATURES_NOT_FINITE',
      `Row ${Math.floor(at / width)}, column ${at % width} of the negatives is ${negatives.data[at]}; remove or repair that row.`,
    )
}
