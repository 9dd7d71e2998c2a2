/** What the service says, as far as the page reads it: the client's own types by shorter names, and the few that it has not. */
import type {
  ClientDemoImage,
  ClientDrift,
  ClientJob,
  ClientLine,
  ClientMap,
  ClientModel,
  ClientOperations,
  ClientPositives,
} from '../../client.ts'
import type { ErrorBody } from '../../errors.ts'
import type { ImageResult, Scored } from '../../pipeline/result.ts'

export type Model = ClientModel
export type Drift = ClientDrift
export type Job = ClientJob
/** A job of type "batch". */
export type Batch = ClientJob
export type Positives = ClientPositives
export type Positive = ClientPositives['images'][number]
export type Rejected = ClientPositives['rejected'][number]
export type MapPoint = ClientMap['points'][number]
export type Operations = ClientOperations
export type DemoImage = ClientDemoImage
/** A line of a batch's results. */
export type BatchLine = ClientLine
export type { ErrorBody, ImageResult, Scored }

export interface FitResult {
  readonly model: Model
  readonly used: number
  readonly rejected: readonly Rejected[]
  readonly duplicates: readonly (readonly string[])[]
}

export type Neighbour = { readonly image?: string; readonly similarity: number; readonly index?: number }

export interface Heatmap {
  readonly width: number
  readonly height: number
  readonly values: readonly number[]
}

export type ClassifyResult = { readonly image: string; readonly heatmap?: Heatmap } & Scored

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

export function labelOf(model: Pick<Model, 'name' | 'version'>): string {
  return `${model.name}@${model.version}`
}
