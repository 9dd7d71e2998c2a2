/**
 * Model files from outside and to outside, in a thread of their own: to hash, parse and check one takes tens of milliseconds to
 * seconds, which a server's event loop has not got, and a hostile one may ask for any amount of memory.
 */
import { Worker } from 'node:worker_threads'
import { OneclassError } from '../errors.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { ModelFacts } from './registry.ts'

export interface ModelFile {
  /** As `encodeArtifact` writes it, whatever the input's own order of fields. */
  readonly bytes: Uint8Array
  readonly facts: ModelFacts
}

export interface ModelFileWork {
  readonly bytes: Uint8Array
  readonly alpha: number | undefined
}
export type ModelFileReply = ModelFile | { readonly error: ErrorBody }

/**
 * @param alpha takes the place of the file's own
 * @throws MODEL_CORRUPT, MODEL_INCOMPATIBLE
 */
export function readModelFile(bytes: Uint8Array, alpha?: number): Promise<ModelFile> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./model-file-thread.js', import.meta.url), {
      workerData: { bytes, alpha } satisfies ModelFileWork,
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    })
    thread.once('message', (reply: ModelFileReply) => {
      if ('error' in reply) reject(new OneclassError(reply.error.code, reply.error.message))
      else resolve(reply)
    })
    thread.once('error', (error: NodeJS.ErrnoException) => {
      const isTooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(
        isTooLarge
          ? new OneclassError(
              'MODEL_CORRUPT',
              'The model file cannot be used: it asks for more memory than a model has.',
            )
          : error,
      )
    })
    thread.once('exit', (code) => reject(new Error(`the model file thread ended (${code})`))) // nothing, when it replied
  })
}
