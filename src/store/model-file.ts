/**
 * Model files from outside and to outside, and galleries, in a thread of their own: to hash, parse and check one takes tens of
 * milliseconds to seconds, which a server's event loop has not got, and a hostile one may ask for any amount of memory.
 */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { OneclassError } from '../errors.ts'
import { atMost } from '../system/at-most.ts'
import { callInThread } from '../system/thread-call.ts'
import { maxArtifactBytes } from './artifact.ts'
import type { Gallery } from './gallery.ts'
import type { ModelFacts } from './registry.ts'

export interface ModelFile {
  /** As `encodeArtifact` writes it, whatever the input's own order of fields. */
  readonly bytes: Uint8Array
  readonly facts: ModelFacts
}

export interface ReadOptions {
  /** Takes the place of the file's own. */
  readonly alpha?: number | undefined
  /** Bytes that came with it: read too, and refused where they are no gallery or that of another model. */
  readonly gallery?: Uint8Array | undefined
}

/** What is looked at of a gallery: without the embeddings and places, which are most of it. */
export type SeenGallery = Pick<Gallery, 'images' | 'leaders' | 'thumbnails' | 'rejected' | 'heldOut'>

export type ModelFileCalls = {
  readonly read: { input: { readonly bytes: Uint8Array } & ReadOptions; output: ModelFile }
  readonly gallery: { input: Uint8Array; output: SeenGallery }
}

/** Models that are read at once: a thread takes several times the bytes of its model. */
const reading = atMost(2)

const threadFile = new URL('./model-file-thread.js', import.meta.url)
const limits = { resourceLimits: { maxOldGenerationSizeMb: 1024 } }

/** @throws MODEL_CORRUPT, MODEL_INCOMPATIBLE */
export async function readModelFile(bytes: Uint8Array, options: ReadOptions = {}): Promise<ModelFile> {
  try {
    const input = { bytes, ...options }
    return await reading(() => callInThread<ModelFileCalls, 'read'>(threadFile, 'read', input, limits))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
    throw new OneclassError('MODEL_CORRUPT', 'The model file cannot be used: it asks for more memory than a model has.')
  }
}

/** @param bytes are given away. @throws MODEL_CORRUPT, MODEL_INCOMPATIBLE */
export async function readGallery(bytes: Uint8Array<ArrayBuffer>): Promise<SeenGallery> {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength // else others have a part of its memory
  const transfer = isWhole ? [bytes.buffer] : []
  return await callInThread<ModelFileCalls, 'gallery'>(threadFile, 'gallery', bytes, { ...limits, transfer })
}

/** The name that a model gets of its file: what stands before the first "@" or ".". */
export function modelNameOf(file: string): string {
  return basename(file).replace(/[@.].*$/s, '')
}

/** The bytes of a model's file or pipe. @throws MODEL_NOT_FOUND, MODEL_CORRUPT */
export async function readModelBytes(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined)
    throw new OneclassError('MODEL_NOT_FOUND', `The model file "${path}" does not exist or cannot be read.`)
  if (!found.isFile() && !found.isFIFO()) throw new OneclassError('MODEL_NOT_FOUND', `"${path}" is no file.`)
  if (found.size > maxArtifactBytes)
    throw new OneclassError('MODEL_CORRUPT', `"${path}" is larger than a model can be.`)
  return await readFile(path)
}
