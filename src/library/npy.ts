/** `readNpy` and `writeNpy`: matrices as files of NumPy. */
import type { Matrix } from '../core/matrix.ts'
import * as npy from '../core/npy.ts'
import * as check from './arguments.ts'

/**
 * @param bytes of a file of float32 or float64
 * @returns the matrix, float32 widened
 * @throws FEATURES_UNREADABLE, INVALID_ARGUMENT
 */
export function readNpy(bytes: Uint8Array): Matrix {
  check.checkArgument('the file', bytes, (value) => (value instanceof Uint8Array ? undefined : 'its bytes'))
  return npy.readNpy(bytes)
}

/** The bytes of a file that NumPy reads. @throws INVALID_ARGUMENT */
export function writeNpy(m: Matrix, type: npy.NpyType = 'float64'): Uint8Array {
  check.checkArgument('the matrix', m, check.features)
  check.checkArgument('its type', type, check.among(['float32', 'float64']))
  return npy.writeNpy(m, type)
}
