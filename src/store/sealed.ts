/**
 * Plain data as a file that tells what it is and whether it is whole. Little-endian:
 *
 *   8 bytes magic | uint32 format version | uint32 length of the tree | 32 bytes sha256 of all that follows | tree | padding | arrays
 */
import { createHash } from 'node:crypto'
import { OneclassError } from '../errors.ts'
import { flatten, type Plain, unflatten } from './plain-data.ts'

export interface SealedFormat {
  /** 8 ASCII characters. */
  readonly magic: string
  readonly version: number
  readonly maxBytes: number
  /** As messages call it: "model file". */
  readonly name: string
  /** What files of earlier versions hold, made into what this version holds; its result is as unchecked as its argument. */
  readonly older?: Readonly<Record<number, (value: unknown) => unknown>>
}

const fixedLength = 8 + 4 + 4 + 32
/** Names and numbers of some 100,000 images; the weight of a file is in its arrays. Objects take many times the memory of their text. */
const maxTreeBytes = 32 * 2 ** 20

/**
 * The file in parts that follow each other; those of the arrays are views, which must not change until it is written.
 * @throws INVALID_ARGUMENT when it would be larger than what is read back
 */
export function sealInParts(format: SealedFormat, value: Plain): readonly Uint8Array[] {
  const parts = sealIfReadable(format, value)
  if (parts) return parts
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `The ${format.name} would be larger than what is read back (${format.maxBytes / 2 ** 20} MiB): fit on fewer images or rows.`,
  )
}

/** The same; undefined where it would be too large. */
export function sealIfReadable(format: SealedFormat, value: Plain): readonly Uint8Array[] | undefined {
  const { tree, parts } = flatten(value)
  const text = Buffer.from(tree)
  const head = Buffer.alloc(align(fixedLength + text.length))
  if (text.length > maxTreeBytes || lengthOf([head, ...parts]) > format.maxBytes) return undefined
  head.write(format.magic, 0, 'latin1')
  head.writeUInt32LE(format.version, 8)
  head.writeUInt32LE(text.length, 12)
  text.copy(head, fixedLength)
  const hash = createHash('sha256').update(head.subarray(fixedLength))
  for (const part of parts) hash.update(part)
  hash.digest().copy(head, 16)
  return [head, ...parts]
}

/** Errors as `sealInParts`. */
export function seal(format: SealedFormat, value: Plain): Uint8Array {
  return joined(sealInParts(format, value))
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(lengthOf(parts)) // memory of its own, no shared pool
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/**
 * @param check throws when the content is not what it should be
 * @throws MODEL_CORRUPT (not such a file, cut short, altered, inconsistent), MODEL_INCOMPATIBLE (another format version)
 */
export function unseal<T>(format: SealedFormat, input: Uint8Array, check: (value: unknown) => T): T {
  const { magic, version, maxBytes, name, older = {} } = format
  const corrupt = (why: string, cause?: unknown) =>
    new OneclassError(
      'MODEL_CORRUPT',
      `The ${name} cannot be used: ${why}. Take a fresh copy, or fit the model again.`,
      { cause },
    )
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  if (bytes.length < fixedLength || bytes.toString('latin1', 0, 8) !== magic) throw corrupt(`it is not a ${name}`)
  const found = bytes.readUInt32LE(8)
  const upgrade = Object.hasOwn(older, found) ? older[found] : undefined
  if (found !== version && upgrade === undefined) {
    const readable = [...Object.keys(older), version].join(' and ')
    throw new OneclassError(
      'MODEL_INCOMPATIBLE',
      `The ${name} has format version ${found}, this oneclass reads ${readable}: fit it again, or use the version that made it.`,
    )
  }
  if (bytes.length > maxBytes) throw corrupt(`it has ${bytes.length} bytes`)
  const treeLength = bytes.readUInt32LE(12)
  if (treeLength > maxTreeBytes) throw corrupt('its description is too long')
  const dataAt = align(fixedLength + treeLength)
  if (dataAt > bytes.length) throw corrupt('it is cut short')
  const hash = createHash('sha256').update(bytes.subarray(fixedLength)).digest()
  if (!hash.equals(bytes.subarray(16, fixedLength))) throw corrupt('its content does not match its hash')
  try {
    const tree = bytes.toString('utf8', fixedLength, fixedLength + treeLength)
    const value = unflatten(tree, bytes.subarray(dataAt))
    return check(upgrade === undefined ? value : upgrade(value))
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : 'it is malformed', error)
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}

function align(length: number): number {
  return Math.ceil(length / 8) * 8
}
