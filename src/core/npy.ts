/** NumPy's array file (NEP 1, format 1.0 to 3.0): little-endian float32 or float64, C order, two dimensions. */
import { OneclassError } from '../errors.ts'
import { type Matrix, matrix, type Rows } from './matrix.ts'

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/**
 * @returns the matrix, float32 widened
 * @throws FEATURES_UNREADABLE
 */
export function readNpy(bytes: Uint8Array): Matrix {
  const { rows, cols, data } = readNpyRows(bytes)
  return matrix(rows, cols, Float64Array.from(data))
}

/**
 * The same in the type of the file. Where numbers lie as they must (as NumPy writes them, they do), the rows are a view of the bytes.
 * @throws FEATURES_UNREADABLE
 */
export function readNpyRows(bytes: Uint8Array): Rows {
  const fail = (why: string): never => {
    throw new OneclassError('FEATURES_UNREADABLE', `Expected a float32 or float64 NPY matrix of shape (n, d): ${why}.`)
  }
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) fail(whatItIs(bytes))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes[6]! >= 2
  const headerAt = wide ? 12 : 10
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  const dataAt = headerAt + headerLength
  if (dataAt > bytes.length) fail('the header is cut short')
  const header = String.fromCharCode(...bytes.subarray(headerAt, Math.min(dataAt, headerAt + 4096)))
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  if (type !== '<f4' && type !== '<f8') fail(`its type is ${type ?? 'unknown'}, save it as float32`)
  if (/'fortran_order':\s*True/.test(header)) fail('it is in Fortran order, save it with numpy.ascontiguousarray')
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1]
  // Python 2 wrote long numbers as 60L
  const sizes = (shape ?? '')
    .replace(/(\d)L/g, '$1')
    .split(',')
    .flatMap((size) => (size.trim() ? [Number(size)] : []))
  const [rows = 0, cols = 0] = sizes
  if (sizes.length === 1)
    // one row of d columns, or n rows of one?
    fail(
      `its shape is (${rows},), save it as X.reshape(1, -1) where it is one row, or X.reshape(-1, 1) where it is one column`,
    )
  if (sizes.length !== 2 || !sizes.every((s) => Number.isSafeInteger(s) && s >= 0))
    fail(`its shape is (${shape ?? ''})`)
  const width = type === '<f4' ? 4 : 8
  if (bytes.length - dataAt < rows * cols * width) fail(`it holds fewer than ${rows} x ${cols} numbers`)
  if (rows === 0 || cols === 0) fail('it is empty')
  const numbers = bytes.subarray(dataAt, dataAt + rows * cols * width)
  const aligned = numbers.byteOffset % width === 0 ? numbers : Uint8Array.from(numbers)
  const Numbers = width === 4 ? Float32Array : Float64Array
  return { rows, cols, data: new Numbers(aligned.buffer as ArrayBuffer, aligned.byteOffset, rows * cols) }
}

/** Of a file that does not begin as NPY, with what to do. */
function whatItIs(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty'
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return 'it is an archive (NPZ): save the matrix alone, with numpy.save'
  const isText = bytes.subarray(0, 512).every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13)
  return isText
    ? 'it is text, such as CSV: read it with numpy.loadtxt, and save it with numpy.save'
    : 'the file does not begin as NPY: save it with numpy.save'
}

export type NpyType = 'float32' | 'float64'

/**
 * Format 1.0: what stands before the numbers.
 * @param length of the header in bytes, a multiple of 64 with room for the text (128 is enough for any shape)
 */
export function npyHeader(rows: number, cols: number, type: NpyType, length?: number): Uint8Array {
  const text = `{'descr': '<f${widthOf(type)}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`
  const size = length ?? Math.ceil((10 + text.length + 1) / 64) * 64
  const header = `${text.padEnd(size - 11)}\n`
  const bytes = new Uint8Array(size)
  bytes.set(magic)
  bytes.set([1, 0, header.length & 255, header.length >> 8], 6)
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i)
  return bytes
}

/** Numbers as they stand in the file: little-endian. */
export function npyNumbers(numbers: ArrayLike<number>, type: NpyType): Uint8Array {
  const width = widthOf(type)
  const bytes = new Uint8Array(numbers.length * width)
  const view = new DataView(bytes.buffer)
  for (let k = 0; k < numbers.length; k++) {
    if (width === 4) view.setFloat32(k * width, numbers[k]!, true)
    else view.setFloat64(k * width, numbers[k]!, true)
  }
  return bytes
}

/** Format 1.0, float32 or float64. */
export function writeNpy(m: Matrix, type: NpyType = 'float64'): Uint8Array {
  const header = npyHeader(m.rows, m.cols, type)
  const numbers = npyNumbers(m.data, type)
  const bytes = new Uint8Array(header.length + numbers.length)
  bytes.set(header)
  bytes.set(numbers, header.length)
  return bytes
}

function widthOf(type: NpyType): 4 | 8 {
  return type === 'float32' ? 4 : 8
}
