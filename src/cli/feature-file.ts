/** Files of features: one NPY matrix, a row an image. */
import { readFile } from 'node:fs/promises'
import type { Matrix, Rows } from '../core/matrix.ts'
import { readNpy, readNpyRows } from '../core/npy.ts'
import { OneclassError } from '../errors.ts'

/** The bytes are let go at once. @throws FEATURES_UNREADABLE */
export async function readFeatures(path: string): Promise<Matrix> {
  return readNpy(await read(path))
}

/** In the file's own type, over the bytes that were read: what a fit of many rows wants. @throws FEATURES_UNREADABLE */
export async function readFeatureRows(path: string): Promise<Rows> {
  return readNpyRows(await read(path))
}

async function read(path: string): Promise<Uint8Array> {
  return await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = { ENOENT: 'does not exist', EISDIR: 'is a folder: name one file' }[error.code ?? '']
    const why = reason ?? `cannot be read (${error.code ?? error.message})`
    throw new OneclassError('FEATURES_UNREADABLE', `"${path}" ${why}.`)
  })
}
