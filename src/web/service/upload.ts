/**
 * Forms with many files, with progress, which `fetch` does not tell. When the service goes away in the middle, the form is sent
 * again under the same Idempotency-Key, so it counts once however often it arrives.
 */
import { authorization, connected, errorOf, noteAnswer, noteLost, serviceAddress } from './connection.ts'

export interface UploadOptions {
  readonly signal: AbortSignal
  /** @param share of the bytes that are sent, in [0, 1] */
  readonly onProgress: (share: number) => void
}

export async function upload<T>(path: string, form: FormData, { signal, onProgress }: UploadOptions): Promise<T> {
  const idempotencyKey = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
  for (;;) {
    const answer = await sendOnce(path, form, idempotencyKey, signal, onProgress)
    if (answer !== 'lost') {
      const body = parse(answer.text)
      if (answer.status < 300) return body as T
      if (answer.status !== 503) throw errorOf(answer.status, body)
      await new Promise((resolve) => setTimeout(resolve, 1000)) // Redis or the whole service is starting
    }
    await connected(signal)
    signal.throwIfAborted()
  }
}

function sendOnce(
  path: string,
  form: FormData,
  idempotencyKey: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<{ status: number; text: string } | 'lost'> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    request.open('POST', serviceAddress + path)
    request.setRequestHeader('idempotency-key', idempotencyKey)
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value)
    const abort = () => {
      request.abort()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => {
      noteAnswer(request.status)
      resolve({ status: request.status, text: request.responseText })
    }
    request.onerror = () => {
      noteLost()
      resolve('lost')
    }
    request.onloadend = () => signal.removeEventListener('abort', abort)
    request.send(form)
  })
}

function parse(text: string): { code?: string; detail?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string }
  } catch {
    return {}
  }
}
