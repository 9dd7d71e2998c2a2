/** Files of features: one NPY matrix, a row an image. */
import { readFile } from 'node:fs/promises'
import type { Matrix } from '../core/matrix.ts'
import { readNpy } from '../core/npy.ts'
import { OneclassError } from '../errors.ts'

/** The bytes are let go at once: a caller that held them through a fit would need half as much memory again. @throws FEATURES_UNREADABLE */
export async function readFeatures(path: string): Promise<Matrix> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new OneclassError('FEATURES_UNREADABLE', `"${path}" cannot be read (${error.code ?? error.message}).`)
  })
  return readNpy(bytes)
}
