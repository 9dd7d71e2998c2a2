/** Every call of the service, typed. */
import type { BackboneView } from '../wire/backbone.ts'
import type { BatchLine, BatchOptions } from '../wire/batch.ts'
import type { ImageByReference } from '../wire/classify.ts'
import type { ComparisonOptions, ComparisonReport, ComparisonRequest } from '../wire/comparison.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { FaceSeen } from '../wire/faces.ts'
import type { FitFromFolder } from '../wire/fit.ts'
import type { AskedDetail, AskedLight, CalibrationMethod } from '../wire/fit-choices.ts'
import type { ExpectedRates } from '../wire/fit-report.ts'
import type { BatchJob, ClassifyJob, ClassifyManyJob, CompareJob, FitJob, Job, MapJob } from '../wire/job.ts'
import type { JobState, JobType } from '../wire/job-state.ts'
import type { ManyScoredImage } from '../wire/many.ts'
import type { Model, ModelChange, ModelWithDrift, ModelWithReport, Positives } from '../wire/model.ts'
import type { DemoImage, Operations, Readiness, Service } from '../wire/operations.ts'
import type { ScoredImage } from '../wire/result.ts'
import type { ReviewChange, Reviews } from '../wire/review.ts'
import type { CallOptions, ClientImage } from './http.ts'

interface ManyOptions extends CallOptions, Decisions {
  readonly alpha?: number
}

interface ClassifyOptions extends CallOptions, Decisions {
  readonly alpha?: number
  /** Also where the image is anomalous. */
  readonly explain?: boolean
  /** False: it does not count in the drift monitor, such as one of many frames of a camera. */
  readonly drift?: boolean
}

export interface OneclassClient {
  /** The version in use of each, or all. */
  models(options?: { versions?: 'newest' | 'all' }): Promise<Model[]>
  model(model: string): Promise<ModelWithDrift>
  /** `use`: the version that the bare name shall mean. */
  update(model: string, change: ModelChange): Promise<ModelWithReport>
  remove(model: string): Promise<void>
  exportModel(model: string): Promise<Uint8Array>
  importModel(file: ClientImage, options?: CallOptions & { name?: string }): Promise<Model>
  positives(model: string): Promise<Positives>
  /** What alphas promise with n held-out scores (`calibrationScores` and `calibration` of a model). */
  expectedFalseRejection(n: number, alphas: readonly number[], calibration?: CalibrationMethod): Promise<ExpectedRates>

  /** A fit job over uploaded images, which follow the positives of `base` where that is given. */
  fit(
    name: string,
    images: readonly ClientImage[],
    options?: CallOptions & {
      alpha?: number
      seed?: number
      backbone?: string
      base?: string
      /** Keep alpha with this probability. */
      confidence?: number
      calibration?: CalibrationMethod
      /** Times the network's side at which places are looked at. */
      detail?: AskedDetail
      /** False: look at whole images only. */
      patches?: boolean
      light?: AskedLight
      /** What is black and white in images of more than 8 bits a sample. */
      range?: { low: number; high: number }
      /** Images to leave out: names or, of `base`, indices. */
      exclude?: readonly (number | string)[] | 'misfits'
      /** Images that do not belong. */
      negatives?: readonly ClientImage[]
    },
  ): Promise<FitJob>
  /** The same over images that are on the service's machine, or in a batch, or over the positives of `base` alone. */
  fitFolder(request: FitFromFolder, options?: CallOptions): Promise<FitJob>

  /** The result, after at most `waitSeconds` (default 30; ClientError JOB_TIMEOUT then). */
  classify(
    model: string,
    image: ClientImage | ImageByReference,
    options?: ClassifyOptions & { waitSeconds?: number },
  ): Promise<ScoredImage>
  /** The same as a job, at once. */
  classifyLater(model: string, image: ClientImage | ImageByReference, options?: ClassifyOptions): Promise<ClassifyJob>

  /**
   * Which of several models accept an image; `all`: every model that takes images.
   * The result, after at most `waitSeconds` (default 30; ClientError JOB_TIMEOUT then).
   */
  classifyMany(
    models: readonly string[] | 'all',
    image: ClientImage | ImageByReference,
    options?: ManyOptions & { waitSeconds?: number },
  ): Promise<ManyScoredImage>
  /** The same as a job, at once. */
  classifyManyLater(
    models: readonly string[] | 'all',
    image: ClientImage | ImageByReference,
    options?: ManyOptions,
  ): Promise<ClassifyManyJob>

  /** Does it show a face? After at most `waitSeconds` (default 30; ClientError JOB_TIMEOUT then). */
  findFace(image: ClientImage | ImageByReference, options?: CallOptions & { waitSeconds?: number }): Promise<FaceSeen>

  batch(model: string, images: readonly ClientImage[], options?: CallOptions & BatchOptions): Promise<BatchJob>
  /** A folder on the service's machine, below one of its roots. */
  batchFolder(model: string, folder: string, options?: CallOptions & BatchOptions): Promise<BatchJob>
  batches(options?: { state?: JobState; limit?: number }): Promise<BatchJob[]>
  readBatch(batch: string): Promise<BatchJob>
  /** Each result as it comes; a broken connection is taken up again where it broke. */
  stream(batch: string, decisions?: Decisions): AsyncGenerator<BatchLine>
  /** @param decisions other than the batch was asked for */
  results(batch: string, decisions?: Decisions): Promise<BatchLine[]>
  /** What people said of its images; with `since`, a revision, only what was said after it. */
  reviews(batch: string, options?: { since?: number }): Promise<Reviews>
  /** Says whether images belong; a label of null takes back what was said. */
  review(batch: string, change: ReviewChange): Promise<Reviews>
  /** Results from the `from`-th on, over one connection: ends with the batch, throws when the connection breaks. */
  lines(batch: string, options?: Decisions & { from?: number; signal?: AbortSignal }): AsyncGenerator<BatchLine>
  /** The same as CSV, whole; throws when the connection breaks. */
  resultsCsv(batch: string, decisions?: Decisions): Promise<string>

  /** Newest first, without the results of classify, map and compare jobs. */
  jobs(options?: { type?: JobType; state?: JobState; limit?: number }): Promise<Job[]>
  job(id: string): Promise<Job>
  cancel(id: string): Promise<Job>
  /** The job at each change, over one connection: ends when it is finished, throws when the connection breaks. */
  events(id: string, options?: { signal?: AbortSignal }): AsyncGenerator<Job>
  /** The same of a batch. */
  batchEvents(batch: string, options?: { signal?: AbortSignal }): AsyncGenerator<BatchJob>
  /** The job when it is done, failed or cancelled. */
  finished(id: string, options?: { everyMs?: number; signal?: AbortSignal }): Promise<Job>

  /** A job whose result is a `MapResult`; the batch was made with `map: true`. */
  map(model: string, options?: { batch?: string }): Promise<MapJob>

  compare(request: ComparisonRequest): Promise<CompareJob>
  /** The same over uploaded images, whose names begin with trainPositive/, trainNegative/, testPositive/ or testNegative/. */
  compareUploads(images: readonly ClientImage[], options?: CallOptions & ComparisonOptions): Promise<CompareJob>
  comparisons(options?: { limit?: number }): Promise<CompareJob[]>
  comparison(id: string): Promise<CompareJob>
  /** What `report.json` says. */
  report(id: string): Promise<ComparisonReport>
  reportFile(id: string, file: 'report.html' | 'report.json' | 'scores.csv'): Promise<Blob>

  /** Fits the demo model. */
  demo(): Promise<FitJob>
  demoImages(): Promise<DemoImage[]>
  /** A picture of the service: a thumbnail of a positive or of a batch, or a demo image. @param path as an answer gives it */
  picture(path: string): Promise<Blob>
  /** The path of the small picture of a positive, by its index. */
  positivePicture(model: string, index: number): string
  demoPicture(id: string): string
  /** The path of the small picture of an image of a batch. */
  batchPicture(batch: string, index: number): string
  /** The path of the image itself, of a batch of a folder. */
  batchImage(batch: string, index: number): string

  service(): Promise<Service>
  /** Networks that a fit can name, the default first. */
  backbones(): Promise<BackboneView[]>
  operations(): Promise<Operations>
  /** Does the process answer? */
  alive(): Promise<{ readonly status: 'ok' }>
  /** Is a request that is sent now worked on? */
  ready(): Promise<Readiness>
  /** As Prometheus reads it. */
  metrics(): Promise<string>
}
