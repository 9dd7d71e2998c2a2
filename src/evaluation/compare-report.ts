/** What a comparison returns: the content of report.json (documented in docs/compare.md), and the pictures of the HTML. */

import type { EpochRecord } from '../baselines/cnn-task.ts'
import type { TrainedNetwork } from '../baselines/save-network.ts'
import type { ErrorBody } from '../errors.ts'
import type { Interval } from './bootstrap.ts'
import type { Confusion } from './metrics.ts'

export interface MethodReport {
  readonly key: string
  readonly title: string
  readonly status: 'done' | 'skipped' | 'failed'
  /** Why it was skipped or failed; null when done. */
  readonly reason: string | null
  readonly needs: 'positives' | 'negatives' | 'reference'
  /** Area under the ROC curve on the test images; null without test negatives, or when not done. So are the following. */
  readonly auroc: number | null
  readonly aurocInterval: Interval | null
  readonly averagePrecision: number | null
  /** Share of positives accepted by the threshold that accepts the share alpha of the test negatives (a point of the ROC). */
  readonly truePositiveRate: number | null
  /** Of the method's own decision: share of test positives rejected, share of test negatives accepted, share decided right. */
  readonly falseRejectionRate: number | null
  readonly falseAcceptanceRate: number | null
  readonly accuracy: number | null
  readonly confusion: Confusion | null
  /** How it decides. */
  readonly decision: string | null
  /** Share of the accepted that is of the class, when 1, 5 or 50 % of all images are. */
  readonly precisionAtPrevalence: readonly { readonly prevalence: number; readonly precision: number | null }[] | null
  /** Seconds from images to a fitted and calibrated model, the embedding of the training images included. */
  readonly fitSeconds: number | null
  /** Milliseconds from an image to its score, decoding and embedding included. */
  readonly scoreMs: number | null
  /** Megabytes that fitting holds at its peak, counted: training data, and state or tensors. */
  readonly memoryMb: number | null
  readonly seeds: { readonly values: readonly number[]; readonly auroc: readonly number[] } | null
  /** Against the best AUROC, over the same resampled test sets. Null for the best itself. */
  readonly againstBest: { readonly best: string; readonly interval: Interval; readonly isReal: boolean } | null
  /** What one should know about this result. */
  readonly notes: readonly string[]
  readonly history: readonly EpochRecord[] | null
  /** Points (false positive rate, true positive rate). */
  readonly roc: readonly (readonly [number, number])[] | null
}

export interface ImageScore {
  readonly image: string
  readonly isPositive: boolean
  /** Anomaly score and acceptance of each method that is done. */
  readonly scores: Readonly<Record<string, { readonly score: number; readonly accepted: boolean }>>
}

export type Split = 'trainPositive' | 'trainNegative' | 'testPositive' | 'testNegative'
export const splits: readonly Split[] = ['trainPositive', 'trainNegative', 'testPositive', 'testNegative']

export interface CurvePoint {
  readonly method: string
  readonly positives: number
  readonly draws: number
  readonly auroc: number
  readonly lowest: number
  readonly highest: number
}

export interface EmbeddedPoint {
  readonly image: string
  readonly split: Split
  readonly pca: readonly [number, number]
  readonly umap: readonly [number, number] | null
}

export interface CompareReport {
  readonly format: 'oneclass-compare'
  readonly version: 1
  readonly createdAt: string
  readonly title: string
  /** The command that repeats it. */
  readonly command: string
  readonly quick: boolean
  readonly alpha: number
  readonly seed: number
  readonly backbone: { readonly id: string; readonly hash: string; readonly dim: number }
  readonly environment: { readonly node: string; readonly cpus: number; readonly oneclass: string }
  readonly seconds: number
  readonly data: {
    readonly counts: Readonly<Record<Split, { readonly found: number; readonly used: number }>>
    readonly unreadable: readonly { readonly split: Split; readonly image: string; readonly error: ErrorBody }[]
    /** Test images that nearly repeat a training image. */
    readonly nearDuplicates: readonly { readonly image: string; readonly of: string; readonly bits: number }[]
    readonly nearDuplicatesDropped: boolean
    readonly warnings: readonly string[]
  }
  readonly verdict: readonly string[]
  readonly methods: readonly MethodReport[]
  readonly learningCurve: readonly CurvePoint[]
  readonly labelNoise: readonly { readonly image: string; readonly score: number; readonly pValue: number }[]
  readonly embedding: readonly EmbeddedPoint[]
  readonly images: readonly ImageScore[]
  /** WebP thumbnails by image name; not in report.json. */
  readonly thumbnails: ReadonlyMap<string, Uint8Array>
  /** Trained networks by method, each written as NAME/model.json; not in report.json. */
  readonly networks: ReadonlyMap<string, TrainedNetwork>
}
