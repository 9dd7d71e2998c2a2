/**
 * Plain data with typed arrays to bytes and back, without code: a JSON tree in which each typed array is replaced by its type, offset
 * and length, and after it the arrays' own bytes, little-endian, each aligned to 8 (the idea of safetensors).
 */
import { refuseJson } from '../system/json-shape.ts'
import { longestPath } from '../wire/names.ts'

type TypedArray = Float64Array | Float32Array | Int32Array | Uint8Array
export type Plain = null | boolean | number | string | TypedArray | readonly Plain[] | { readonly [key: string]: Plain }

/** Names of 100,000 images and what belongs to them; numbers are in arrays. */
const shape = { maxDepth: 16, maxValues: 2_000_000 }

const kinds = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const
type Kind = keyof typeof kinds

interface Reference {
  readonly $array: Kind
  readonly at: number
  readonly length: number
}

export interface Flat {
  /** JSON text. */
  readonly tree: string
  /** Bytes of all arrays. */
  readonly length: number
  /** These bytes in order, `length` together: views of the arrays and what fills them up. Nothing is copied, for models are large. */
  readonly parts: readonly Uint8Array[]
}

export function flatten(value: Plain): Flat {
  const parts: Uint8Array[] = []
  let size = 0
  const replace = (node: Plain): unknown => {
    if (ArrayBuffer.isView(node)) {
      const reference: Reference = { $array: kindOf(node as TypedArray), at: size, length: (node as TypedArray).length }
      const filling = -node.byteLength & 7
      parts.push(new Uint8Array(node.buffer, node.byteOffset, node.byteLength), new Uint8Array(filling))
      size += node.byteLength + filling
      return reference
    }
    if (Array.isArray(node)) return node.map(replace)
    if (typeof node === 'object' && node !== null) {
      return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, replace(child)]))
    }
    return node
  }
  const tree = JSON.stringify(replace(value))
  return { tree, length: size, parts }
}

/** The inverse of `flatten`; arrays are copies. @throws RangeError or SyntaxError when they do not fit together */
export function unflatten(tree: string, data: Uint8Array): unknown {
  // arrays are copied, so a small file that describes the same bytes a million times would fill the memory
  let left = data.length
  const restore = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(restore)
    if (typeof node !== 'object' || node === null) return node
    const { $array, at, length } = node as Partial<Reference>
    if ($array === undefined) {
      // no prototype: a key such as "__proto__" is data like any other
      const copy = Object.create(null) as Record<string, unknown>
      for (const [key, child] of Object.entries(node)) copy[key] = restore(child)
      return copy
    }
    const type = Object.hasOwn(kinds, $array) ? kinds[$array] : undefined
    if (!type || !isCount(at) || !isCount(length)) throw new RangeError('an array is described wrongly')
    const bytes = length * type.BYTES_PER_ELEMENT
    if (at + bytes > data.length) throw new RangeError('an array lies outside of the file')
    left -= bytes
    if (left < 0) throw new RangeError('its arrays overlap')
    // copied by hand: the slice of a Buffer shares its memory
    return new type(new Uint8Array(data.subarray(at, at + bytes)).buffer)
  }
  const refusal = refuseJson(tree, shape)
  if (refusal !== undefined) throw new RangeError(`its description is too large: ${refusal}`)
  return restore(JSON.parse(tree))
}

function kindOf(array: TypedArray): Kind {
  if (array instanceof Float64Array) return 'f64'
  if (array instanceof Float32Array) return 'f32'
  return array instanceof Int32Array ? 'i32' : 'u8'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** A name or a sentence of a file: none is longer than a path may be. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestPath
}
