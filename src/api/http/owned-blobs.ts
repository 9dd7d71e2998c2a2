/**
 * Bytes that a request stored in Redis belong to it until a job takes them over. Whatever way the request ends, refused, failed,
 * a replay of another, what it still owns then is removed: bytes that no job will fetch would fill the store for a day.
 */
import type { FastifyInstance } from 'fastify'
import type { BlobStore } from '../../queue/blobs.ts'
import { callerOf } from './access.ts'

export interface OwnedBlobs {
  /** Stores bytes that belong to this request. Errors as `BlobStore.put`. */
  put(bytes: Uint8Array, seconds: number): Promise<string>
  /** A job has them now. */
  handOver(): void
  /** Removes what is left. */
  release(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    owned: OwnedBlobs
  }
}

export function ownBlobs(app: FastifyInstance, blobs: BlobStore): void {
  app.decorateRequest('owned')
  app.addHook('onRequest', async (request) => {
    let ids: string[] = []
    request.owned = {
      async put(bytes, seconds) {
        const id = await blobs.put(bytes, seconds, callerOf(request))
        ids.push(id)
        return id
      },
      handOver() {
        ids = []
      },
      async release() {
        const left = ids
        ids = []
        await blobs.remove(left).catch(() => {}) // they expire
      },
    }
  })
}
