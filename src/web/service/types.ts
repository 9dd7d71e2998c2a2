/** What the page reads of the service: types of the wire, by the names that the page has for them. */
import type { Positives } from '../../wire/model.ts'
import type { FailedImage } from '../../wire/result.ts'

export type { BackboneView } from '../../wire/backbone.ts'
export type { BatchLine } from '../../wire/batch.ts'
export type { ComparisonReport, MethodReport as CompareRow } from '../../wire/comparison.ts'
export type { ErrorBody } from '../../wire/error.ts'
export type { FitResult } from '../../wire/fit.ts'
export type { ExpectedRates, FitFacts, FitReport } from '../../wire/fit-report.ts'
export type { BatchJob as Batch, CompareJob, FitJob, Job, MapJob } from '../../wire/job.ts'
export { labelOf } from '../../wire/label.ts'
export type { MapPoint, MapResult } from '../../wire/map.ts'
export type { Drift, Model, Positives, PromiseKept } from '../../wire/model.ts'
export type { DemoImage, Operations, Service } from '../../wire/operations.ts'
export type {
  Heatmap,
  ImageResult,
  Neighbour,
  Region,
  Scored,
  ScoredImage as ClassifyResult,
} from '../../wire/result.ts'
export type Positive = Positives['images'][number]
export type Rejected = FailedImage
