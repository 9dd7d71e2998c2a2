/** What a comparison returns: what it says, and what its files are made of besides. */
import type { TrainedNetwork } from '../baselines/save-network.ts'
import type { Comparison } from './comparison.ts'

export type { Comparison, CurvePoint, EmbeddedPoint } from './comparison.ts'

export interface ImageScore {
  readonly image: string
  readonly isPositive: boolean
  /** Anomaly score and acceptance of each method that is done. */
  readonly scores: Readonly<Record<string, { readonly score: number; readonly accepted: boolean }>>
}

export interface CompareReport extends Comparison {
  readonly images: readonly ImageScore[]
  /** WebP thumbnails by image name; not in report.json. */
  readonly thumbnails: ReadonlyMap<string, Uint8Array>
  /** Trained networks by method, each written as NAME/model.json; not in report.json. */
  readonly networks: ReadonlyMap<string, TrainedNetwork>
}
