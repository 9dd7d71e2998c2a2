/** The calls of the page, by name. */
import { type ClientError, createClient } from '../../client.ts'
import { problemOf, send, serviceAddress } from './connection.ts'
import type {
  Batch,
  ClassifyResult,
  CompareRow,
  DemoImage,
  Drift,
  Job,
  Model,
  Operations,
  Positives,
  Service,
} from './types.ts'

export const client = createClient(serviceAddress, { fetch: send })

const part = encodeURIComponent

async function call(path: string, init?: RequestInit): Promise<Response> {
  const response = await send(path, init)
  if (!response.ok) throw await problemOf(response)
  return response
}

const read = async <T>(path: string, init?: RequestInit): Promise<T> => (await (await call(path, init)).json()) as T

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const api = {
  service: () => read<Service>('/v1/service'),
  models: async () => (await read<{ models: Model[] }>('/v1/models?versions=all')).models,
  model: (ref: string) => read<Model & { drift: Drift }>(`/v1/models/${part(ref)}`),
  setAlpha: (ref: string, alpha: number) => read<Model>(`/v1/models/${part(ref)}`, json('PATCH', { alpha })),
  rename: (name: string, to: string) => read<Model>(`/v1/models/${part(name)}`, json('PATCH', { name: to })),
  remove: (ref: string) => call(`/v1/models/${part(ref)}`, { method: 'DELETE' }),
  exportModel: async (ref: string) => (await call(`/v1/models/${part(ref)}/export`)).blob(),
  positives: (ref: string) => read<Positives>(`/v1/models/${part(ref)}/positives`),
  fitFolder: (body: object) => read<Job>('/v1/models', json('POST', body)),

  async classify(ref: string, file: Blob, name: string, explain: boolean, signal?: AbortSignal) {
    const form = new FormData()
    form.append('image', file, name)
    const query = `wait=60${explain ? '&explain=true' : ''}`
    const init = { method: 'POST', body: form, ...(signal ? { signal } : {}) }
    const answer = await read<ClassifyResult | Job>(`/v1/models/${part(ref)}/classify?${query}`, init)
    if ('isPositive' in answer) return answer
    const job = await client.finished(answer.id, signal ? { signal } : {})
    if (job.error) throw errorOfJob(job.error)
    return job.result as ClassifyResult
  },

  batches: async () => (await read<{ batches: Batch[] }>('/v1/batches')).batches,
  batch: (id: string) => read<Batch>(`/v1/batches/${part(id)}`),
  batchFolder: (ref: string, body: object) => read<Batch>(`/v1/models/${part(ref)}/batches`, json('POST', body)),
  job: (id: string) => read<Job>(`/v1/jobs/${part(id)}`),
  jobs: async (type: string) => (await read<{ jobs: Job[] }>(`/v1/jobs?type=${part(type)}`)).jobs,
  cancel: (id: string) => read<Job>(`/v1/jobs/${part(id)}`, { method: 'DELETE' }),

  map: (ref: string, batch?: string) =>
    read<Job>(`/v1/models/${part(ref)}/maps`, json('POST', batch === undefined ? {} : { batch })),

  comparisons: async () => (await read<{ comparisons: Job[] }>('/v1/comparisons')).comparisons,
  compare: (body: object) => read<Job>('/v1/comparisons', json('POST', body)),
  report: (id: string) => read<{ methods: CompareRow[] }>(`/v1/comparisons/${part(id)}/report?file=report.json`),
  reportFile: async (id: string, file: string) =>
    (await call(`/v1/comparisons/${part(id)}/report?file=${part(file)}`)).blob(),

  operations: () => read<Operations>('/v1/operations'),
  demo: () => read<Job>('/v1/demo', { method: 'POST' }),
  demoImages: async () => (await read<{ images: DemoImage[] }>('/v1/demo/images')).images,
}

export const batchPicture = (id: string, index: number) => `/v1/batches/${part(id)}/images/${index}`
export const batchesOf = (ref: string) => `/v1/models/${part(ref)}/batches`

export function errorOfJob(error: { code: string; message: string }): ClientError {
  return Object.assign(new Error(error.message), { name: 'ClientError', code: error.code, status: 0 })
}
