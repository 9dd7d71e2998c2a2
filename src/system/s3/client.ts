/**
 * A client of S3 and of what speaks like it (MinIO, Ceph, Garage, R2): pages of keys, objects of bounded size, and nothing else.
 * Requests name the bucket in the path and are signed (`sign.ts`); what passes by itself is tried again, further and further apart.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { OneclassError } from '../../errors.ts'
import { type Proxies, proxyFor } from '../proxy.ts'
import { withoutSecrets } from '../secrets.ts'
import { errorOf, isPassing, type Refusal, readPage, readRefusal, type S3Page, unavailable } from './answers.ts'
import { type Credentials, encodePath, encodeQuery, signedHeaders } from './sign.ts'

export interface S3Options {
  readonly credentials: Credentials
  readonly region: string
  /** `http://127.0.0.1:9000`. Default: that of AWS in the region. */
  readonly endpoint?: string | undefined
  readonly proxy?: Proxies
  /** Milliseconds without a byte after which a request is given up. Default 20 s. */
  readonly timeoutMs?: number
  /** Tries of a request. Default 6, over some 6 s. */
  readonly tries?: number
  /** Milliseconds before the second try; doubled for each further one. Default 200. */
  readonly pauseMs?: number
}

export interface ListOptions {
  /** Keys behind this one only. */
  readonly after?: string | undefined
  /** `next` of the page before. */
  readonly token?: string | undefined
  /** Keys of a page; 1,000 at most. */
  readonly most?: number
  readonly signal?: AbortSignal
}

export interface GetOptions {
  /** More is IMAGE_TOO_LARGE. */
  readonly maxBytes: number
  /** Only so many bytes from its beginning. */
  readonly first?: number
  readonly signal?: AbortSignal
}

export interface S3Client {
  /** @throws BUCKET_NOT_FOUND, STORAGE_REFUSED, STORAGE_UNAVAILABLE */
  list(bucket: string, prefix: string, options?: ListOptions): Promise<S3Page>
  /**
   * @param name in messages
   * @throws IMAGE_NOT_FOUND, IMAGE_TOO_LARGE, and as `list`
   */
  get(bucket: string, key: string, name: string, options: GetOptions): Promise<Buffer>
  put(bucket: string, key: string, bytes: Uint8Array, options: { type: string; signal?: AbortSignal }): Promise<void>
  close(): Promise<void>
}

/** A page of a thousand keys of 1,024 bytes, each byte as %XX. */
const maxAnswerBytes = 8 * 1024 ** 2
const longestPauseMs = 5000

interface Request {
  readonly method: 'GET' | 'PUT'
  readonly bucket: string
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  /** For messages. */
  readonly what: string
  readonly maxBytes: number
  readonly first?: number | undefined
}

export function openS3(options: S3Options): S3Client {
  const { credentials, region, timeoutMs = 20_000, tries = 6, pauseMs = 200 } = options
  const endpoint = readEndpoint(options.endpoint ?? `https://s3.${region}.amazonaws.com`)
  // not undici's EnvHttpProxyAgent, which tells whoever reads the log that it is experimental
  const proxy = proxyFor(endpoint.origin, options.proxy ?? {})
  const settings = {
    connections: 64,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: Math.min(timeoutMs, 10_000) },
  }
  const agent = proxy === undefined ? new Agent(settings) : new ProxyAgent({ ...settings, uri: proxy })
  /** What the store's clock is ahead of ours. */
  let clockOffset = 0

  /** The bytes, or why they are refused. Throws where there is no whole answer. */
  const once = async (request: Request): Promise<Buffer | Refusal> => {
    const { method, query = {}, body, signal } = request
    const path = endpoint.path + encodePath(request.bucket, request.key)
    const headers = signedHeaders(
      { method, host: endpoint.host, path, query, headers: request.headers ?? {}, ...(body && { body }) },
      credentials,
      region,
      Date.now() + clockOffset,
    )
    const text = encodeQuery(query)
    const response = await agent.request({
      origin: endpoint.origin,
      path: text === '' ? path : `${path}?${text}`,
      method,
      headers,
      body: body ?? null,
      signal: signal ?? null,
    })
    const { statusCode: status } = response
    if (status >= 200 && status < 300) return await bodyOf(response, request)
    const said = (await bodyOf(response, { what: request.what, maxBytes: maxAnswerBytes })).toString('utf8')
    if (status === 416) return Buffer.alloc(0) // an object without a byte has no first one
    const refusal = readRefusal(status, said, textOf(response.headers['x-amz-bucket-region']))
    if (refusal.code === 'RequestTimeTooSkewed') {
      const offset = Date.parse(textOf(response.headers['date']) ?? '') - Date.now()
      // once: with the store's own time it is accepted, or it is not about the time
      if (clockOffset === 0 && Number.isFinite(offset)) {
        clockOffset = offset
        return await once(request)
      }
    }
    return refusal
  }

  const send = async (request: Request): Promise<Buffer> => {
    if (request.signal) setMaxListeners(0, request.signal) // every request under way listens to it
    for (let attempt = 1; ; attempt++) {
      let error: OneclassError
      try {
        const answer = await once(request)
        if (Buffer.isBuffer(answer)) return answer
        error = errorOf(answer, request.what, request.bucket, request.method === 'GET' && request.key !== '')
        if (!isPassing(answer)) throw error
      } catch (thrown) {
        if (thrown instanceof OneclassError) throw thrown
        request.signal?.throwIfAborted()
        error = unavailable(request.what, reasonOf(thrown), thrown)
      }
      if (attempt >= tries) throw error
      const pause = Math.min(longestPauseMs, pauseMs * 2 ** (attempt - 1))
      // half of it by chance: many readers that were refused together do not come back together
      await sleep(pause * (0.5 + Math.random() / 2), undefined, request.signal ? { signal: request.signal } : {})
    }
  }

  return {
    async list(bucket, prefix, { after, token, most = 1000, signal } = {}) {
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        'max-keys': String(most),
        prefix,
        ...(after === undefined ? {} : { 'start-after': after }),
        ...(token === undefined ? {} : { 'continuation-token': token }),
      }
      const what = `s3://${bucket}/${prefix}`
      const xml = await send({ method: 'GET', bucket, key: '', query, signal, what, maxBytes: maxAnswerBytes })
      return readPage(xml.toString('utf8'), what)
    },
    async get(bucket, key, name, { maxBytes, first, signal }) {
      const headers = first === undefined ? {} : { range: `bytes=0-${first - 1}` }
      return await send({ method: 'GET', bucket, key, headers, signal, what: name, maxBytes, first })
    },
    async put(bucket, key, bytes, { type, signal }) {
      const headers = { 'content-type': type }
      const what = `s3://${bucket}/${key}`
      await send({ method: 'PUT', bucket, key, headers, body: bytes, signal, what, maxBytes: maxAnswerBytes })
    },
    close: () => agent.close(),
  }
}

function readEndpoint(text: string): { origin: string; host: string; path: string } {
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {}
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.search)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `AWS_ENDPOINT_URL is no address such as https://s3.example.org: "${withoutSecrets(text)}".`,
    )
  return { origin: url.origin, host: url.host, path: url.pathname.replace(/\/+$/, '') }
}

/** @throws IMAGE_TOO_LARGE before more than `maxBytes` are in memory */
async function bodyOf(
  { headers, body }: Dispatcher.ResponseData,
  { maxBytes, first, what }: Pick<Request, 'maxBytes' | 'first' | 'what'>,
): Promise<Buffer> {
  const tooLarge = (bytes: string) =>
    new OneclassError('IMAGE_TOO_LARGE', `"${what}" has ${bytes} bytes, more than the ${maxBytes} accepted.`)
  const said = Number(textOf(headers['content-length']) ?? 0)
  const parts: Buffer[] = []
  let length = 0
  if (said > maxBytes && first === undefined) {
    body.on('error', () => {}).destroy()
    throw tooLarge(String(said))
  }
  // leaving the loop ends the body: a store that knows no ranges sends all of the object
  for await (const part of body as AsyncIterable<Buffer>) {
    parts.push(part)
    length += part.length
    if (first !== undefined && length >= first) return Buffer.concat(parts).subarray(0, first)
    if (length > maxBytes) throw tooLarge(`at least ${length}`)
  }
  return Buffer.concat(parts)
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? code : String(message ?? thrown)
}
