/**
 * The library: fit a model, load it, ask it. The command line and the workers are built on the same functions.
 *
 *   import { fit, load } from 'oneclass'
 *   await fit('photos/', { name: 'hotdog' })
 *   await using hotdog = await load('hotdog')
 *   console.log(await hotdog.score('dinner.jpg'))
 */
export type { Matrix } from './core/matrix.ts'
export { type ErrorCode, errorTable, OneclassError } from './errors.ts'
export type { Comparison } from './evaluation/comparison.ts'
export type { Skipped, SkipReason } from './images/left-out.ts'
export type { EmbedReply as Embedded } from './library/calls.ts'
export { type CompareCall, compare } from './library/compare.ts'
export { type EmbedCall, embed } from './library/embed.ts'
export { type EvaluateCall, evaluate } from './library/evaluate.ts'
export { type FitCall, type FitResult, fit } from './library/fit.ts'
export type { ImageBytes, ImageContent, ImageInput, Images } from './library/images.ts'
export type { InOrderOptions } from './library/in-order.ts'
export {
  type LoadCall,
  type LoadedModel,
  type LoadedModels,
  load,
  loadModels,
  type ScoreAllCall,
  type ScoreCall,
} from './library/load.ts'
export { models, use } from './library/models.ts'
export { readNpy, writeNpy } from './library/npy.ts'
export type { Cancellable, Place } from './library/place.ts'
export type { MethodReport } from './wire/comparison.ts'
export type { ErrorBody } from './wire/error.ts'
export type { Evaluation } from './wire/evaluation.ts'
export type { FitReport } from './wire/fit-report.ts'
export type { FailedModel, ManyResult, ManyScored } from './wire/many.ts'
export type { Model } from './wire/model.ts'
export type { Note } from './wire/notes.ts'
export type {
  DetectorResult,
  FailedImage,
  Heatmap,
  ImageResult,
  Neighbour,
  Region,
  RowResult,
  Scored,
} from './wire/result.ts'
export type { SampleRange } from './wire/sample-range.ts'
