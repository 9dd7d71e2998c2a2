/** The result of one image, as a line of `jsonl`, an API body, and what the library returns. */
import type { ErrorBody } from '../errors.ts'

export interface DetectorResult {
  /** The detector's own anomaly score, higher is more anomalous. */
  readonly score: number
  /** Share of held-out positives at least as anomalous, in (0, 1]. */
  readonly pValue: number
}

/** A training positive: its image's name and place among the model's positives or, for a model fitted on features, its row. */
export type Neighbour = ({ readonly image: string; readonly index: number } | { readonly row: number }) & {
  /** Cosine similarity of the embeddings, in [-1, 1]. */
  readonly similarity: number
}

export interface Scored {
  /** `NAME@VERSION` */
  readonly model: string
  readonly isPositive: boolean
  /** Calibrated ensemble score in [0, 1], 0.5 at the decision for the model's alpha. Strictly increasing in the raw score. */
  readonly score: number
  readonly pValue: number
  readonly alpha: number
  readonly detectors: Readonly<Record<'isolationForest' | 'oneClassSvm', DetectorResult>>
  readonly nearest: readonly Neighbour[]
  /** Where it is odd, when that was asked for. */
  readonly heatmap?: Heatmap
}

/** Cells of the image, row by row: above 0 a cell makes the image odd, below 0 it makes it belong. */
export interface Heatmap {
  readonly width: number
  readonly height: number
  readonly values: readonly number[]
}

export type ImageResult = { readonly image: string } & (Scored | { readonly error: ErrorBody })
export type RowResult = { readonly row: number } & (Scored | { readonly error: ErrorBody })
