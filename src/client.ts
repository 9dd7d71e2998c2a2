/** A client of the service: typed, no dependency, for Node and browsers. `import { createClient } from 'oneclass/client'` */
import {
  addFiles,
  type CallOptions,
  ClientError,
  type ClientImage,
  createHttp,
  formOf,
  pause,
  queryOf,
  type Transport,
} from './client/http.ts'
import type { OneclassClient } from './client/interface.ts'
import { createStreams } from './client/streams.ts'
import type { BatchLine } from './wire/batch.ts'
import type { ImageByReference } from './wire/classify.ts'
import type { FaceSeen } from './wire/faces.ts'
import type { ClassifyJob, ClassifyManyJob, FaceJob, Job } from './wire/job.ts'
import { isFinished } from './wire/job-state.ts'
import type { ManyScoredImage } from './wire/many.ts'
import type { ScoredImage } from './wire/result.ts'

export { type CallOptions, ClientError, type ClientImage, type Transport } from './client/http.ts'
export type { OneclassClient } from './client/interface.ts'
export type { BackboneView } from './wire/backbone.ts'
export type { BatchLine, BatchOptions } from './wire/batch.ts'
export type { ImageByReference } from './wire/classify.ts'
export type {
  ComparisonOptions,
  ComparisonReport,
  ComparisonRequest,
  ComparisonResult,
  MethodReport,
} from './wire/comparison.ts'
export type { Decisions } from './wire/decisions.ts'
export type { ErrorBody } from './wire/error.ts'
export type { FaceSeen } from './wire/faces.ts'
export type { FitResult } from './wire/fit.ts'
export type { ExpectedRates, FitReport } from './wire/fit-report.ts'
export type { BatchJob, ClassifyJob, ClassifyManyJob, CompareJob, FitJob, Job, MapJob } from './wire/job.ts'
export type { JobState, JobType } from './wire/job-state.ts'
export type { FailedModel, ManyScored, ManyScoredImage } from './wire/many.ts'
export type { MapPoint, MapResult } from './wire/map.ts'
export type { Drift, Model, ModelChange, ModelWithDrift, ModelWithReport, Positives } from './wire/model.ts'
export type { DemoImage, Operations, Readiness, Service } from './wire/operations.ts'
export type { DetectorResult, Heatmap, ImageResult, Neighbour, Scored, ScoredImage } from './wire/result.ts'
export type { ReviewChange, ReviewLabel, Reviews } from './wire/review.ts'

const part = encodeURIComponent
/** Seconds that the service is asked to wait for a result at once. */
const waitAtOnce = 30

export function createClient(address: string, options: { key?: string; fetch?: Transport } = {}): OneclassClient {
  const { call, read, send } = createHttp(address, options.key, options.fetch ?? fetch)
  const post = <T>(path: string, body: FormData, more: Parameters<typeof read>[2]): Promise<T> =>
    read<T>(path, { method: 'POST', body }, more)

  /** The result of an image that was sent, as soon as there is one. */
  const resultOf = async <T extends object>(
    answer: T | ClassifyJob | ClassifyManyJob | FaceJob,
    waitSeconds: number,
    ends: number,
    signal: AbortSignal | undefined,
  ): Promise<T> => {
    if (!('state' in answer)) return answer
    let job: Job = answer
    while (!isFinished(job.state)) {
      if (performance.now() > ends)
        throw new ClientError('JOB_TIMEOUT', 504, `There was no result after ${waitSeconds} seconds.`)
      await pause(250, signal)
      job = await client.job(answer.id)
    }
    if (job.error) throw new ClientError(job.error.code, 422, job.error.message)
    return job.result as T
  }

  /** @param path with its query */
  const sendImage = async <T>(path: string, image: ClientImage | ImageByReference, more: CallOptions): Promise<T> => {
    if (!('bytes' in image)) return await send(path, image, more)
    // what it is, the service looks at itself
    const body = image.bytes as Blob | Uint8Array<ArrayBuffer>
    return await read(path, { method: 'POST', headers: { 'content-type': 'image/*' }, body }, more)
  }
  const imageName = (image: ClientImage | ImageByReference) => ('bytes' in image ? image.name : undefined)

  const ask = (
    model: string,
    image: ClientImage | ImageByReference,
    wait: number | undefined,
    { alpha, fdr, abstain, drift, explain = false, ...more }: Parameters<OneclassClient['classifyLater']>[2] & object,
  ): Promise<ScoredImage | ClassifyJob> => {
    const query = queryOf({
      wait,
      alpha,
      fdr,
      abstain,
      image: imageName(image),
      explain: explain || undefined,
      drift,
    })
    return sendImage(`/v1/models/${part(model)}/classify${query}`, image, more)
  }
  const askMany = (
    models: readonly string[] | 'all',
    image: ClientImage | ImageByReference,
    wait: number | undefined,
    { alpha, fdr, abstain, ...more }: Parameters<OneclassClient['classifyManyLater']>[2] & object,
  ): Promise<ManyScoredImage | ClassifyManyJob> => {
    const named = models === 'all' ? models : models.join()
    const query = queryOf({ wait, alpha, fdr, abstain, models: named, image: imageName(image) })
    return sendImage(`/v1/classify${query}`, image, more)
  }

  const { lines, stream, jobsAt } = createStreams(call, (id) => client.job(id))

  const client: OneclassClient = {
    models: async ({ versions = 'newest' } = {}) =>
      (await read<{ models: [] }>(`/v1/models${queryOf({ versions })}`)).models,
    model: (model) => read(`/v1/models/${part(model)}`),
    update: (model, change) => send(`/v1/models/${part(model)}`, change, {}, 'PATCH'),
    async remove(model) {
      await call(`/v1/models/${part(model)}`, { method: 'DELETE' })
    },
    exportModel: async (model) => new Uint8Array(await (await call(`/v1/models/${part(model)}/export`)).arrayBuffer()),
    importModel: (file, { name, ...more } = {}) => post('/v1/models/import', formOf('model', [file], { name }), more),
    positives: (model) => read(`/v1/models/${part(model)}/positives`),
    expectedFalseRejection: (n, alphas, calibration) =>
      read(`/v1/expected-false-rejection${queryOf({ n, alpha: alphas.join(), calibration })}`),

    fit: (name, images, options = {}) => {
      const { exclude, negatives = [], ...rest } = options
      const { alpha, seed, backbone, base, confidence, calibration, detail, patches, light, range, ...more } = rest
      const left = typeof exclude === 'string' ? exclude : exclude?.join()
      const ends = range && `${range.low},${range.high}`
      const fields = {
        name,
        alpha,
        seed,
        backbone,
        base,
        confidence,
        calibration,
        detail,
        patches,
        light,
        range: ends,
        exclude: left,
      }
      const form = formOf('images', images, fields)
      addFiles(form, 'negatives', negatives)
      return post('/v1/models', form, more)
    },
    fitFolder: (request, more) => send('/v1/models', request, more),

    async classify(model, image, { waitSeconds = 30, ...more } = {}) {
      const ends = performance.now() + waitSeconds * 1000
      const answer = await ask(model, image, Math.min(waitSeconds, waitAtOnce), more)
      return await resultOf<ScoredImage>(answer, waitSeconds, ends, more.signal)
    },
    classifyLater: async (model, image, more = {}) => (await ask(model, image, undefined, more)) as ClassifyJob,
    async classifyMany(models, image, { waitSeconds = 30, ...more } = {}) {
      const ends = performance.now() + waitSeconds * 1000
      const answer = await askMany(models, image, Math.min(waitSeconds, waitAtOnce), more)
      return await resultOf<ManyScoredImage>(answer, waitSeconds, ends, more.signal)
    },
    classifyManyLater: async (models, image, more = {}) =>
      (await askMany(models, image, undefined, more)) as ClassifyManyJob,
    async findFace(image, { waitSeconds = 30, ...more } = {}) {
      const ends = performance.now() + waitSeconds * 1000
      const query = queryOf({ wait: Math.min(waitSeconds, waitAtOnce), image: imageName(image) })
      return await resultOf<FaceSeen>(await sendImage(`/v1/faces${query}`, image, more), waitSeconds, ends, more.signal)
    },

    batch: (model, images, { alpha, fdr, abstain, also, thumbnails, map, results, ...more } = {}) =>
      post(
        `/v1/models/${part(model)}/batches`,
        formOf('images', images, { alpha, fdr, abstain, also, thumbnails, map, results }),
        more,
      ),
    batchFolder: (model, folder, { signal, onProgress: _, idempotencyKey, ...options } = {}) =>
      send(
        `/v1/models/${part(model)}/batches`,
        { folder, ...options },
        { ...(signal && { signal }), ...(idempotencyKey && { idempotencyKey }) },
      ),
    batches: async (query = {}) => (await read<{ batches: [] }>(`/v1/batches${queryOf({ ...query })}`)).batches,
    readBatch: (batch) => read(`/v1/batches/${part(batch)}`),
    stream,
    lines,
    async results(batch, decisions) {
      const all: BatchLine[] = []
      for await (const line of stream(batch, decisions)) all.push(line)
      return all
    },
    reviews: (batch, query = {}) => read(`/v1/batches/${part(batch)}/reviews${queryOf({ ...query })}`),
    review: (batch, change) => send(`/v1/batches/${part(batch)}/reviews`, change),
    resultsCsv: async (batch, decisions = {}) =>
      await (await call(`/v1/batches/${part(batch)}/results${queryOf({ format: 'csv', ...decisions })}`)).text(),

    jobs: async (query = {}) => (await read<{ jobs: [] }>(`/v1/jobs${queryOf({ ...query })}`)).jobs,
    job: (id) => read(`/v1/jobs/${part(id)}`),
    cancel: (id) => read(`/v1/jobs/${part(id)}`, { method: 'DELETE' }),
    events: (id, options) => jobsAt(`/v1/jobs/${part(id)}/events`, options),
    batchEvents: (batch, options) => jobsAt(`/v1/batches/${part(batch)}/events`, options),
    async finished(id, { everyMs = 250, signal } = {}) {
      for (;;) {
        signal?.throwIfAborted()
        const job = await client.job(id)
        if (isFinished(job.state)) return job
        await pause(everyMs, signal)
      }
    },

    map: (model, request = {}) => send(`/v1/models/${part(model)}/maps`, request),

    compare: (request) => send('/v1/comparisons', request),
    compareUploads: (images, { methods, quick, alpha, seed, ...more } = {}) =>
      post('/v1/comparisons', formOf('images', images, { methods: methods?.join(), quick, alpha, seed }), more),
    comparisons: async (query = {}) =>
      (await read<{ comparisons: [] }>(`/v1/comparisons${queryOf({ ...query })}`)).comparisons,
    comparison: (id) => read(`/v1/comparisons/${part(id)}`),
    report: (id) => read(`/v1/comparisons/${part(id)}/report?file=report.json`),
    reportFile: async (id, file) => await (await call(`/v1/comparisons/${part(id)}/report${queryOf({ file })}`)).blob(),

    demo: () => read('/v1/demo', { method: 'POST' }),
    demoImages: async () => (await read<{ images: [] }>('/v1/demo/images')).images,
    picture: async (path) => await (await call(path)).blob(),
    positivePicture: (model, index) => `/v1/models/${part(model)}/positives/${index}/thumbnail`,
    demoPicture: (id) => `/v1/demo/images/${part(id)}`,
    batchPicture: (batch, index) => `/v1/batches/${part(batch)}/images/${index}`,
    batchImage: (batch, index) => `/v1/batches/${part(batch)}/images/${index}/full`,

    service: () => read('/v1/service'),
    backbones: async () => (await read<{ backbones: [] }>('/v1/backbones')).backbones,
    operations: () => read('/v1/operations'),
    alive: () => read('/healthz'),
    ready: () => read('/readyz', {}, {}, 503),
    metrics: async () => await (await call('/metrics')).text(),
  }
  return client
}
