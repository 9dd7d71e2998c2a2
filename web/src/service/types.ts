/** What the service says, as far as the page reads it. The base types are the client's own. */
import type { ClientJob } from '../../../src/client.ts'
import type { ErrorBody } from '../../../src/errors.ts'
import type { ImageResult, Scored } from '../../../src/pipeline/result.ts'

export type { ErrorBody, ImageResult, Scored }

export interface Model {
  readonly name: string
  readonly version: number
  readonly createdAt: string
  readonly alpha: number
  /** Images that calibrate it. */
  readonly n: number
  readonly dim: number
  readonly backbone: { readonly id: string; readonly hash: string } | null
  readonly seed: number
  readonly sha256: string
  readonly bytes: number
}

export interface DriftReport {
  readonly images: number
  readonly log10Capital: number
  readonly maxLog10Capital: number
  readonly falseAlarmBound: number
  readonly alarm: boolean
}

export interface Drift {
  readonly all: DriftReport
  readonly accepted: DriftReport
}

export type Job = Omit<ClientJob, 'type'> & {
  readonly type: string
  readonly model?: string | null
  readonly createdAt: string | null
  readonly finishedAt: string | null
}

export type Batch = Job & {
  readonly alpha?: number
  /** Null for uploads. */
  readonly folder?: string | null
  /** What the service kept of its images; `folder`: they can be added to a model by index. */
  readonly keeps?: { readonly thumbnails: boolean; readonly map: boolean; readonly folder: boolean }
}

export interface Rejected {
  readonly image: string
  readonly error: ErrorBody
}

export interface FitResult {
  readonly model: Model
  readonly used: number
  readonly rejected: readonly Rejected[]
  readonly duplicates: readonly (readonly string[])[]
}

export interface Positive {
  readonly index: number
  readonly image: string
  readonly score: number | null
  readonly pValue: number | null
  /** The near-duplicate that it goes with. */
  readonly sameAs: number | null
  readonly thumbnail: string | null
}

export interface Positives {
  readonly model: string
  readonly gallery?: boolean
  readonly images: readonly Positive[]
  readonly rejected: readonly Rejected[]
}

/** A line of a batch's results. */
export type BatchLine = ImageResult & { readonly index?: number }

export type Neighbour = { readonly image?: string; readonly similarity: number; readonly index?: number }

export interface Heatmap {
  readonly width: number
  readonly height: number
  readonly values: readonly number[]
}

export type ClassifyResult = { readonly image: string; readonly heatmap?: Heatmap } & Scored

export interface MapPoint {
  readonly kind: 'positive' | 'batch'
  readonly index: number
  readonly image: string
  readonly isPositive?: boolean
  readonly error?: ErrorBody
  readonly pca: readonly [number, number]
  readonly umap: readonly [number, number] | null
}

export interface CompareRow {
  readonly key: string
  readonly status: 'done' | 'skipped' | 'failed'
  readonly reason: string | null
  readonly auroc?: number | null
  readonly aurocInterval?: readonly [number, number] | null
  readonly averagePrecision?: number | null
  readonly falseRejectionRate?: number | null
  readonly falseAcceptanceRate?: number | null
  readonly accuracy?: number | null
  readonly fitSeconds?: number | null
  readonly scoreMs?: number | null
}

export interface Operations {
  readonly workers: readonly {
    readonly id: string
    readonly host?: string
    readonly concurrency?: number
    readonly startedAt?: string | null
    readonly lastSeen?: string | null
    readonly images?: number
    readonly errors?: number
  }[]
  readonly queues: Readonly<
    Record<string, { readonly waiting: number; readonly active: number; readonly failed: number }>
  >
  readonly storedBytes: number
  readonly imagesPerSecond: number | null
  readonly errors: Readonly<Record<string, number>>
  readonly models: readonly { readonly label: string; readonly drift: Drift }[]
}

export interface Service {
  readonly version?: string
  readonly roots?: readonly string[]
  readonly allowUrl?: boolean
  readonly limits?: {
    readonly maxImageBytes: number
    readonly maxFitImages: number
    readonly maxUploadImages: number
    readonly maxRequestBytes: number
  }
}

export interface DemoImage {
  readonly id: string
  readonly kind: 'positive' | 'negative'
  readonly url: string
}

export function labelOf(model: Pick<Model, 'name' | 'version'>): string {
  return `${model.name}@${model.version}`
}
