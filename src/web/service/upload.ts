/**
 * Forms with many files, with progress. When the service goes away in the middle, the form is sent again under the same
 * Idempotency-Key, so it counts once however often it arrives.
 */
import { type CallOptions, ClientError } from '../../client.ts'
import { connected, isLost } from './connection.ts'

export interface UploadOptions {
  readonly signal: AbortSignal
  /** @param share of the bytes that are sent, in [0, 1] */
  readonly onProgress: (share: number) => void
}

/** @param send a call of the client with these options */
export async function upload<T>(send: (options: CallOptions) => Promise<T>, options: UploadOptions): Promise<T> {
  const idempotencyKey = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
  for (;;) {
    try {
      return await send({ ...options, idempotencyKey })
    } catch (error) {
      options.signal.throwIfAborted()
      const isStarting = error instanceof ClientError && error.status === 503 // Redis, or the whole service
      if (!isStarting && !isLost(error)) throw error
      if (isStarting) await new Promise((resolve) => setTimeout(resolve, 1000))
    }
    await connected(options.signal)
    options.signal.throwIfAborted()
  }
}
