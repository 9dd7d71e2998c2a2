/**
 * Downloads one file: resumed where it broke off, through a proxy where one is set, checked by its hash. The file has its
 * final name only when it is whole.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Agent, type Dispatcher, fetch, ProxyAgent } from 'undici'
import { OneclassError } from '../../errors.ts'
import { makeFolder } from '../../system/files.ts'
import { type Proxies, proxyFor } from '../../system/proxy.ts'

export interface DownloadOptions {
  /** Hex; null: not known, so anything is taken. */
  readonly sha256: string | null
  /** Called as bytes come; `total` is undefined where the server does not say. */
  readonly onProgress?: (received: number, total: number | undefined) => void
  readonly signal?: AbortSignal
  /** Longest silence of the server. Default 30,000. */
  readonly timeoutMs?: number
  /** Tries in all, each going on where the last one stopped. Default 3. */
  readonly attempts?: number
  /** Default: direct connections. */
  readonly proxies?: Proxies
  /** Default 2 GiB. */
  readonly maxBytes?: number
}

/** Trying again cannot help. */
class Refused extends Error {}

/** @returns the file's hex sha256. @throws DOWNLOAD_FAILED, CANCELLED */
export async function download(url: string, path: string, options: DownloadOptions): Promise<string> {
  const timeout = options.timeoutMs ?? 30_000
  const settings = { headersTimeout: timeout, bodyTimeout: timeout, connect: { timeout } }
  const proxy = proxyFor(url, options.proxies ?? {})
  const dispatcher = proxy === undefined ? new Agent(settings) : new ProxyAgent({ ...settings, uri: proxy })
  const part = `${path}.part`
  await makeFolder(dirname(path))
  const attempts = options.attempts ?? 3
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await receive(url, part, dispatcher, options)
        const hash = await hashFile(part)
        if (options.sha256 !== null && hash !== options.sha256) {
          await rm(part, { force: true })
          throw new Error(`its sha256 is ${hash.slice(0, 12)}…, expected ${options.sha256.slice(0, 12)}…`)
        }
        await rename(part, path)
        return hash
      } catch (error) {
        if (options.signal?.aborted)
          throw new OneclassError('CANCELLED', 'The download was cancelled; what came is kept.')
        if (attempt >= attempts || error instanceof Refused) throw failure(url, error)
      }
    }
  } finally {
    await dispatcher.destroy().catch(() => {})
  }
}

/** Appends to the part file what is missing of it. */
async function receive(url: string, part: string, dispatcher: Dispatcher, options: DownloadOptions): Promise<void> {
  const have = await stat(part).then(
    ({ size }) => size,
    () => 0,
  )
  const response = await fetch(url, {
    dispatcher,
    headers: { 'accept-encoding': 'identity', ...(have > 0 ? { range: `bytes=${have}-` } : {}) },
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (response.status === 416) {
    await response.body?.cancel()
    // whole already, or another file than the one that was begun: its hash tells; without one, begin again
    if (options.sha256 !== null && (await hashFile(part)) === options.sha256) return
    await rm(part, { force: true })
    throw new Error('the partial file did not fit')
  }
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    const message = `the server answered ${response.status} ${response.statusText}`.trim()
    throw response.status < 500 && response.status !== 429 ? new Refused(message) : new Error(message)
  }
  const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`)
  const start = resumed ? have : 0
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  const total = Number.isFinite(length) ? start + length : undefined
  const limit = options.maxBytes ?? 2 * 1024 ** 3
  const file = await open(part, resumed ? 'a' : 'w')
  let received = start
  try {
    for await (const chunk of response.body) {
      const bytes = chunk as Uint8Array
      received += bytes.length
      if (received > limit) throw new Refused(`it is larger than ${limit} bytes`)
      await file.writeFile(bytes)
      options.onProgress?.(received, total)
    }
  } finally {
    await file.close()
  }
  if (total !== undefined && received !== total)
    throw new Error(`the connection broke off after ${received} of ${total} bytes`)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function failure(url: string, error: unknown): OneclassError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as NodeJS.ErrnoException).code
  const host = new URL(url).host
  const offline =
    code !== undefined &&
    ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)
  const reason = offline
    ? `${host} cannot be reached (${code}). Offline? Copy the .onnx file here and name it as the backbone; behind a proxy, set HTTPS_PROXY.`
    : `${cause instanceof Error ? cause.message : String(cause)}.`
  return new OneclassError('DOWNLOAD_FAILED', `Downloading ${url} failed: ${reason}`, { cause: error })
}
