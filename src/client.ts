/** A client of the service: typed, no dependency, for Node and browsers. `import { createClient } from 'oneclass/client'` */
import type { BatchLine, BatchOptions } from './wire/batch.ts'
import type { BatchJob, FitJob, Job, MapJob } from './wire/job.ts'
import type { JobState, JobType } from './wire/job-state.ts'
import type { Model, ModelChange, Positives } from './wire/model.ts'
import type { DemoImage, Operations } from './wire/operations.ts'
import type { ScoredImage } from './wire/result.ts'

export type { BatchLine, BatchOptions } from './wire/batch.ts'
export type { ErrorBody } from './wire/error.ts'
export type { BatchJob, CompareJob, FitJob, Job, MapJob } from './wire/job.ts'
export type { JobState, JobType } from './wire/job-state.ts'
export type { MapPoint, MapResult } from './wire/map.ts'
export type { Drift, FitResult, Model, ModelChange, Positives } from './wire/model.ts'
export type { DemoImage, Operations, Service } from './wire/operations.ts'
export type { DetectorResult, Heatmap, ImageResult, Neighbour, Scored, ScoredImage } from './wire/result.ts'

export interface ClientImage {
  readonly name: string
  readonly bytes: Uint8Array
}

/** An answer that is no success: the problem's code, status and detail. */
export class ClientError extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.name = 'ClientError'
    this.code = code
    this.status = status
  }
}

export interface OneclassClient {
  /** The newest version of each, or all. */
  models(options?: { versions?: 'newest' | 'all' }): Promise<Model[]>
  /** `use`: the version that the bare name shall mean. */
  update(model: string, change: ModelChange): Promise<Model>
  remove(model: string): Promise<void>
  exportModel(model: string): Promise<Uint8Array>
  importModel(file: ClientImage, options?: { name?: string }): Promise<Model>
  positives(model: string): Promise<Positives>
  /** A fit job over uploaded images, which follow the positives of `base` where that is given. */
  fit(
    name: string,
    images: readonly ClientImage[],
    options?: { alpha?: number; seed?: number; base?: string; exclude?: readonly number[] },
  ): Promise<FitJob>
  /** The result, after at most `waitSeconds` (default 30; ClientError JOB_TIMEOUT then). */
  classify(
    model: string,
    image: ClientImage,
    options?: { alpha?: number; waitSeconds?: number; explain?: boolean },
  ): Promise<ScoredImage>
  batch(model: string, images: readonly ClientImage[], options?: BatchOptions): Promise<BatchJob>
  /** A folder on the service's machine, below one of its roots. */
  batchFolder(model: string, folder: string, options?: BatchOptions): Promise<BatchJob>
  /** Each result as it comes; a broken connection is taken up again where it broke. */
  stream(batch: string): AsyncGenerator<BatchLine>
  results(batch: string): Promise<BatchLine[]>
  /** Newest first, without the results of classify, map and compare jobs. */
  jobs(options?: { type?: JobType; state?: JobState; limit?: number }): Promise<Job[]>
  /** A job whose result is a `MapResult`; the batch was made with `map: true`. */
  map(model: string, options?: { batch?: string }): Promise<MapJob>
  /** Fits the demo model. */
  demo(): Promise<FitJob>
  demoImages(): Promise<DemoImage[]>
  operations(): Promise<Operations>
  job(id: string): Promise<Job>
  cancel(id: string): Promise<Job>
  /** The job when it is done, failed or cancelled. */
  finished(id: string, options?: { everyMs?: number; signal?: AbortSignal }): Promise<Job>
}

export function createClient(address: string, options: { key?: string; fetch?: typeof fetch } = {}): OneclassClient {
  const base = address.replace(/\/+$/, '')
  const request = options.fetch ?? fetch

  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (options.key !== undefined) headers.set('authorization', `Bearer ${options.key}`)
    const response = await request(base + path, { ...init, headers })
    if (response.ok) return response
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
    throw new ClientError(
      problem.code ?? 'INTERNAL',
      response.status,
      problem.detail ?? `The service answered with status ${response.status}.`,
    )
  }
  const read = async <T>(path: string, init?: RequestInit): Promise<T> => (await (await call(path, init)).json()) as T
  const send = <T>(path: string, body: unknown, method = 'POST'): Promise<T> =>
    read<T>(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const form = (
    field: string,
    images: readonly ClientImage[],
    fields: Readonly<Record<string, string | number | boolean | undefined>>,
  ): FormData => {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) data.append(name, String(value))
    for (const { name, bytes } of images) data.append(field, new Blob([bytes as Uint8Array<ArrayBuffer>]), name)
    return data
  }
  const part = encodeURIComponent

  async function* stream(batch: string): AsyncGenerator<BatchLine> {
    let received = 0
    for (;;) {
      try {
        const response = await call(`/v1/batches/${part(batch)}/results?from=${received}`)
        let rest = ''
        const decoder = new TextDecoder()
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) {
            received++
            yield JSON.parse(line) as BatchLine
          }
        }
      } catch (error) {
        if (error instanceof ClientError && error.status !== 503) throw error
        await pause(500)
      }
      const { state, progress } = await client.job(batch).catch((error: unknown) => {
        if (error instanceof ClientError && error.status !== 503) throw error
        return { state: 'running', progress: { done: received + 1 } }
      })
      if ((state === 'done' || state === 'cancelled' || state === 'failed') && received >= progress.done) return
    }
  }

  const client: OneclassClient = {
    models: async ({ versions = 'newest' } = {}) =>
      (await read<{ models: Model[] }>(`/v1/models?versions=${versions}`)).models,
    update: (model, change) => send(`/v1/models/${part(model)}`, change, 'PATCH'),
    async remove(model) {
      await call(`/v1/models/${part(model)}`, { method: 'DELETE' })
    },
    exportModel: async (model) => new Uint8Array(await (await call(`/v1/models/${part(model)}/export`)).arrayBuffer()),
    importModel: (file, { name } = {}) =>
      read('/v1/models/import', { method: 'POST', body: form('model', [file], { name }) }),
    positives: (model) => read(`/v1/models/${part(model)}/positives`),
    fit: (name, images, { exclude, ...fields } = {}) =>
      read('/v1/models', {
        method: 'POST',
        body: form('images', images, { name, ...fields, exclude: exclude?.join() }),
      }),
    async classify(model, image, { alpha, waitSeconds = 30, explain = false } = {}) {
      const query = new URLSearchParams({ wait: String(waitSeconds), image: image.name })
      if (explain) query.set('explain', 'true')
      if (alpha !== undefined) query.set('alpha', String(alpha))
      const response = await call(`/v1/models/${part(model)}/classify?${query}`, {
        method: 'POST',
        headers: { 'content-type': 'image/*' }, // what it is, the service looks at itself
        body: image.bytes as Uint8Array<ArrayBuffer>,
      })
      if (response.status === 202)
        throw new ClientError('JOB_TIMEOUT', 504, `There was no result after ${waitSeconds} seconds.`)
      return (await response.json()) as ScoredImage
    },
    batch: (model, images, { alpha, thumbnails, map } = {}) =>
      read(`/v1/models/${part(model)}/batches`, {
        method: 'POST',
        body: form('images', images, { alpha, thumbnails, map }),
      }),
    batchFolder: (model, folder, options = {}) => send(`/v1/models/${part(model)}/batches`, { folder, ...options }),
    stream,
    async results(batch) {
      const lines: BatchLine[] = []
      for await (const line of stream(batch)) lines.push(line)
      return lines
    },
    jobs: async (options = {}) => {
      const query = new URLSearchParams(
        Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]),
      )
      return (await read<{ jobs: Job[] }>(`/v1/jobs?${query}`)).jobs
    },
    map: (model, options = {}) => send(`/v1/models/${part(model)}/maps`, options),
    demo: () => read('/v1/demo', { method: 'POST' }),
    demoImages: async () => (await read<{ images: DemoImage[] }>('/v1/demo/images')).images,
    operations: () => read('/v1/operations'),
    job: (id) => read(`/v1/jobs/${part(id)}`),
    cancel: (id) => read(`/v1/jobs/${part(id)}`, { method: 'DELETE' }),
    async finished(id, { everyMs = 250, signal } = {}) {
      for (;;) {
        signal?.throwIfAborted()
        const job = await client.job(id)
        if (job.state === 'done' || job.state === 'failed' || job.state === 'cancelled') return job
        await pause(everyMs)
      }
    },
  }
  return client
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
