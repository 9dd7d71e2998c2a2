/** One way to the service: requests with the key, answers that are no success as errors. */

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

/** What a request may carry besides: a way to stop it, the share of its body that is sent, and a key that makes a repeat the same job. */
export interface CallOptions {
  readonly signal?: AbortSignal
  /** @param share of the bytes that are sent, in [0, 1]; heard only where `fetch` of the client tells it */
  readonly onProgress?: (share: number) => void
  readonly idempotencyKey?: string
}

/** As `fetch`; one that can tell how much is sent takes `onProgress`. */
export type Transport = (
  address: string,
  init: RequestInit & { readonly onProgress?: (share: number) => void },
) => Promise<Response>

export interface Http {
  /** @throws ClientError for an answer that is no success; what `fetch` throws when there is none */
  call(path: string, init?: RequestInit, options?: CallOptions, also?: number): Promise<Response>
  /** @param also a status that is an answer of this form too */
  read<T>(path: string, init?: RequestInit, options?: CallOptions, also?: number): Promise<T>
  /** Sends JSON, POST unless told otherwise. */
  send<T>(path: string, body: unknown, options?: CallOptions, method?: string): Promise<T>
}

export function createHttp(address: string, key: string | undefined, transport: Transport): Http {
  const base = address.replace(/\/+$/, '')

  const call: Http['call'] = async (path, init = {}, { signal, onProgress, idempotencyKey } = {}, also) => {
    const headers = new Headers(init.headers)
    if (key !== undefined) headers.set('authorization', `Bearer ${key}`)
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey)
    const response = await transport(base + path, {
      ...init,
      headers,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    })
    if (response.ok || response.status === also) return response
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
    throw new ClientError(
      problem.code ?? 'INTERNAL',
      response.status,
      problem.detail ?? `The service answered with status ${response.status}.`,
    )
  }
  const read = async <T>(path: string, init?: RequestInit, options?: CallOptions, also?: number): Promise<T> =>
    (await (await call(path, init, options, also)).json()) as T
  return {
    call,
    read,
    send: <T>(path: string, body: unknown, options?: CallOptions, method = 'POST') =>
      read<T>(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, options),
  }
}

export interface ClientImage {
  readonly name: string
  readonly bytes: Uint8Array | Blob
}

/** A form of text fields (those that are undefined are left out) and files. */
export function formOf(
  field: string,
  images: readonly ClientImage[],
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) data.append(name, String(value))
  addFiles(data, field, images)
  return data
}

export function addFiles(form: FormData, field: string, images: readonly ClientImage[]): void {
  for (const { name, bytes } of images)
    form.append(field, bytes instanceof Blob ? bytes : new Blob([bytes as Uint8Array<ArrayBuffer>]), name)
}

/** ?name=value for what is defined, nothing where nothing is. */
export function queryOf(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** Pieces of a text answer between `separator`s, as they come; what follows the last one is not whole and is left out. */
export async function* piecesOf(response: Response, separator: string): AsyncGenerator<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  if (reader === undefined) return // an answer without a body
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const pieces = (rest + decoder.decode(value, { stream: true })).split(separator)
      rest = pieces.pop() ?? ''
      yield* pieces
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
