/** What the library asks of its thread (`library-thread.ts`), and what comes back. Everything here can be cloned. */
import type { MessagePort } from 'node:worker_threads'
import type { Matrix, Rows } from '../core/matrix.ts'
import type { Comparison } from '../evaluation/comparison.ts'
import type { Skipped } from '../images/left-out.ts'
import type { ImageSource } from '../images/source.ts'
import type { FittedImages } from '../pipeline/fit.ts'
import type { FitFeatureModelOptions, FitModelOptions } from '../pipeline/fit-model.ts'
import type { Evaluation } from '../wire/evaluation.ts'
import type { ManyResult } from '../wire/many.ts'
import type { Model } from '../wire/model.ts'
import type { FailedImage, ImageResult, Scored } from '../wire/result.ts'
import type { SampleRange } from '../wire/sample-range.ts'
import type { Listed, SentImage, Some } from './lent-images.ts'

type Hooks = 'onProgress' | 'onNotice' | 'onFound' | 'signal' | 'decode'

export interface FitReply extends Pick<FittedImages, 'used' | 'rejected' | 'duplicates' | 'excluded' | 'notes'> {
  readonly model: Model
  readonly skipped: readonly Skipped[]
  readonly rejectedByBase?: number
}

export interface OpenRequest {
  readonly home: string
  readonly refs: readonly string[]
  readonly alpha: number | undefined
  readonly backbone?: string | undefined
}

export interface ScoreRequest {
  readonly sources: readonly ImageSource[]
  readonly alpha?: number | undefined
  readonly strict?: boolean | undefined
}

/** What is asked of a fit. */
export type FitInput = Omit<FitModelOptions, Hooks | 'limits'> & { readonly strict?: boolean | undefined }

/** The same as it is sent to the thread: images that only the asking one can read are lent, and `lender` answers with their bytes. */
export type SentFit = Omit<FitInput, 'positives' | 'negatives'> & {
  readonly positives: Some<SentImage>
  readonly negatives?: Listed<SentImage>
  readonly lender?: MessagePort
}

/** A call is a method of the thread. `open` comes before `score`, `scoreMany`, `explain` and `scoreFeatures`. */
export type LibraryCalls = {
  readonly fit: { input: SentFit; output: FitReply }
  readonly fitFeatures: {
    input: Omit<FitFeatureModelOptions, Hooks> & { readonly X: Rows }
    output: FitReply
  }
  /** One model, which may be one of features. */
  readonly open: { input: OpenRequest; output: Model }
  /** One or more, all of images. */
  readonly openMany: {
    input: OpenRequest
    /** Held-out scores of each model, by the name under which it was asked. */
    output: { readonly refs: readonly string[]; readonly calibrationScores: ReadonlyMap<string, number> }
  }
  readonly score: { input: ScoreRequest; output: ImageResult[] }
  readonly scoreMany: { input: ScoreRequest; output: ManyResult[] }
  readonly scoreFeatures: { input: { readonly X: Matrix; readonly alpha?: number | undefined }; output: Scored[] }
  readonly explain: {
    input: { readonly source: ImageSource; readonly alpha?: number | undefined }
    output: ImageResult
  }
  readonly close: { input: null; output: null }
  readonly evaluate: { input: EvaluateRequest; output: Evaluation }
  readonly compare: { input: CompareRequest; output: Comparison }
  readonly embed: { input: EmbedRequest; output: EmbedReply }
}

export interface CompareRequest {
  readonly home: string
  readonly train: string
  readonly test: string
  readonly out: string
  readonly methods: readonly string[] | undefined
  readonly effort: 'quick' | 'full'
  readonly backbone: string | undefined
  readonly alpha: number
  readonly seed: number
  readonly keepNearDuplicates: boolean
  /** What repeats it, for the report. */
  readonly command?: string
}

export interface EmbedRequest {
  readonly home: string
  readonly images: string | readonly ImageSource[]
  readonly backbone?: string | undefined
  readonly range?: SampleRange | undefined
  readonly strict?: boolean | undefined
}

export interface EmbedReply {
  /** Names of the images that have an embedding, a row each. */
  readonly images: readonly string[]
  /** Shape (n, d). */
  readonly embeddings: Matrix
  readonly backbone: { readonly id: string; readonly hash: string }
  /** What was taken for black and white beyond 8 bits a sample; undefined where there was no need. */
  readonly range: SampleRange | undefined
  readonly rejected: readonly FailedImage[]
  /** What in the folder was no image, by reason. */
  readonly skipped: readonly Skipped[]
}

export interface EvaluateRequest {
  readonly home: string
  readonly ref: string
  readonly against?: string | undefined
  readonly folder: string
  readonly alpha?: number | undefined
  readonly seed?: number | undefined
  readonly out?: string | undefined
}
