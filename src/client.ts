/** A client of the service: typed, no dependency, for Node and browsers. `import { createClient } from 'oneclass/client'` */
import type { ErrorBody } from './errors.ts'
import type { ImageResult, Scored } from './pipeline/result.ts'

export interface ClientJob {
  readonly id: string
  readonly type: 'classify' | 'batch' | 'fit' | 'compare' | 'map'
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  /** The version that it asks, or the name of the model that it makes. */
  readonly model: string | null
  readonly progress: {
    readonly done: number
    readonly total: number
    readonly stage?: string
    readonly errors?: number
  }
  /** Of a batch: are there pictures, can it be on a map, can its images be added to a model by index. */
  readonly keeps?: { readonly thumbnails: boolean; readonly map: boolean; readonly folder: boolean }
  /** Of a batch: the last name of its folder; null for uploads. */
  readonly folder?: string | null
  readonly result: unknown
  readonly error: ErrorBody | null
  /** ISO 8601. */
  readonly createdAt: string | null
  readonly finishedAt: string | null
}

export interface ClientModel {
  readonly name: string
  readonly version: number
  readonly createdAt: string
  readonly alpha: number
  /** Positives that it was fitted on. */
  readonly n: number
  /** Held-out scores that p-values count among. */
  readonly calibrationScores: number
  readonly dim: number
  /** Null for a model of feature files. */
  readonly backbone: { readonly id: string; readonly hash: string } | null
  readonly seed: number
  readonly sha256: string
  readonly bytes: number
  /** Null: its positives cannot be shown or added to. */
  readonly gallery: string | null
  /** Is this the version that the bare name means? */
  readonly serving: boolean
}

export interface ClientPositives {
  readonly model: string
  readonly gallery: boolean
  readonly images: readonly {
    readonly index: number
    readonly image: string
    /** By a model that had not seen it; null where it was not held out. */
    readonly score: number | null
    readonly pValue: number | null
    readonly sameAs: number | null
    /** A path of the service. */
    readonly thumbnail: string | null
  }[]
  readonly rejected: readonly { readonly image: string; readonly error: ErrorBody }[]
}

interface ClientDriftReport {
  readonly images: number
  readonly log10Capital: number
  readonly maxLog10Capital: number
  readonly falseAlarmBound: number
  readonly alarm: boolean
}

/** Of all images, and of the accepted ones only. */
export interface ClientDrift {
  readonly all: ClientDriftReport
  readonly accepted: ClientDriftReport
}

export interface ClientOperations {
  readonly workers: readonly {
    readonly id: string
    readonly host: string
    readonly pid: number
    readonly concurrency: number
    readonly startedAt: string
    readonly lastSeen: string
    readonly images: number
    readonly errors: number
    readonly inferences: number
  }[]
  readonly queues: Readonly<
    Record<
      string,
      { readonly waiting: number; readonly active: number; readonly delayed: number; readonly failed: number }
    >
  >
  readonly storedBytes: number
  readonly maxStoredBytes: number
  /** Mean of the last minute. */
  readonly imagesPerSecond: number
  readonly images: number
  readonly inferences: number
  readonly errors: Readonly<Record<string, number>>
  readonly models: readonly {
    readonly label: string
    readonly drift: ClientDrift
  }[]
}

export interface ClientMap {
  readonly points: readonly {
    readonly kind: 'positive' | 'batch'
    readonly index: number
    readonly image: string
    readonly isPositive?: boolean
    readonly error?: ErrorBody
    readonly pca: readonly [number, number]
    readonly umap: readonly [number, number] | null
  }[]
  readonly omitted: { readonly positives: number; readonly batch: number }
}

export interface ClientDemoImage {
  readonly id: string
  readonly kind: 'positive' | 'negative'
  readonly what: string
  /** A path of the service. */
  readonly url: string
}

export interface ClientBatchOptions {
  readonly alpha?: number
  /** Keep small pictures of the images. */
  readonly thumbnails?: boolean
  /** Keep what a map needs. */
  readonly map?: boolean
}

/** A result of a batch. */
export type ClientLine = ImageResult & { readonly index: number }

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
  models(options?: { versions?: 'newest' | 'all' }): Promise<ClientModel[]>
  /** `use`: the version that the bare name shall mean. */
  update(model: string, change: { alpha?: number; name?: string; use?: number }): Promise<ClientModel>
  remove(model: string): Promise<void>
  exportModel(model: string): Promise<Uint8Array>
  importModel(file: ClientImage, options?: { name?: string }): Promise<ClientModel>
  positives(model: string): Promise<ClientPositives>
  /** A fit job over uploaded images, which follow the positives of `base` where that is given. */
  fit(
    name: string,
    images: readonly ClientImage[],
    options?: { alpha?: number; seed?: number; base?: string; exclude?: readonly number[] },
  ): Promise<ClientJob>
  /** The result, after at most `waitSeconds` (default 30; ClientError JOB_TIMEOUT then). */
  classify(
    model: string,
    image: ClientImage,
    options?: { alpha?: number; waitSeconds?: number; explain?: boolean },
  ): Promise<{ readonly image: string } & Scored>
  batch(model: string, images: readonly ClientImage[], options?: ClientBatchOptions): Promise<ClientJob>
  /** A folder on the service's machine, below one of its roots. */
  batchFolder(model: string, folder: string, options?: ClientBatchOptions): Promise<ClientJob>
  /** Each result as it comes; a broken connection is taken up again where it broke. */
  stream(batch: string): AsyncGenerator<ClientLine>
  results(batch: string): Promise<ClientLine[]>
  /** Newest first, without the results of classify, map and compare jobs. */
  jobs(options?: { type?: ClientJob['type']; state?: ClientJob['state']; limit?: number }): Promise<ClientJob[]>
  /** A job whose result is a `ClientMap`; the batch was made with `map: true`. */
  map(model: string, options?: { batch?: string }): Promise<ClientJob>
  /** Fits the demo model. */
  demo(): Promise<ClientJob>
  demoImages(): Promise<ClientDemoImage[]>
  operations(): Promise<ClientOperations>
  job(id: string): Promise<ClientJob>
  cancel(id: string): Promise<ClientJob>
  /** The job when it is done, failed or cancelled. */
  finished(id: string, options?: { everyMs?: number; signal?: AbortSignal }): Promise<ClientJob>
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

  async function* stream(batch: string): AsyncGenerator<ClientLine> {
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
            yield JSON.parse(line) as ClientLine
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
      (await read<{ models: ClientModel[] }>(`/v1/models?versions=${versions}`)).models,
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
      return (await response.json()) as { image: string } & Scored
    },
    batch: (model, images, { alpha, thumbnails, map } = {}) =>
      read(`/v1/models/${part(model)}/batches`, {
        method: 'POST',
        body: form('images', images, { alpha, thumbnails, map }),
      }),
    batchFolder: (model, folder, options = {}) => send(`/v1/models/${part(model)}/batches`, { folder, ...options }),
    stream,
    async results(batch) {
      const lines: ClientLine[] = []
      for await (const line of stream(batch)) lines.push(line)
      return lines
    },
    jobs: async (options = {}) => {
      const query = new URLSearchParams(
        Object.entries(options).map(([name, value]): [string, string] => [name, String(value)]),
      )
      return (await read<{ jobs: ClientJob[] }>(`/v1/jobs?${query}`)).jobs
    },
    map: (model, options = {}) => send(`/v1/models/${part(model)}/maps`, options),
    demo: () => read('/v1/demo', { method: 'POST' }),
    demoImages: async () => (await read<{ images: ClientDemoImage[] }>('/v1/demo/images')).images,
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
