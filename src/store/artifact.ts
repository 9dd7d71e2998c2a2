/**
 * A fitted model as bytes. Little-endian:
 *
 *   8 bytes "ONECLASS" | uint32 format version | uint32 length of the tree | 32 bytes sha256 of all that follows | tree | padding | arrays
 *
 * No name, no date and no machine is in it: the same positives, options and seed give the same bytes.
 */
import { createHash } from 'node:crypto'
import type { EnsembleState } from '../detectors/ensemble.ts'
import type { PositiveRows } from '../detectors/similarity.ts'
import { OneclassError } from '../errors.ts'
import { checkArtifact } from './check-artifact.ts'
import { fromVersion1 } from './format-1.ts'
import { flatten, type Plain, unflatten } from './plain-data.ts'

export interface Artifact {
  /** What made the embeddings; null when the model was fitted on a feature file. */
  readonly backbone: { readonly id: string; readonly hash: string } | null
  /** Width of the embeddings. */
  readonly dim: number
  /** Positives it was fitted and calibrated on. */
  readonly n: number
  /** The false-rejection rate that decisions use unless another is asked for. */
  readonly alpha: number
  readonly seed: number
  readonly ensemble: EnsembleState
  /** The positives, for nearest neighbours, and their names (null for feature rows). */
  readonly positives: PositiveRows & { readonly images: readonly string[] | null }
}

const magic = 'ONECLASS'
const formatVersion = 2
const fixedLength = 8 + 4 + 4 + 32
/** A model is some megabytes; no file beyond this is looked at. */
export const maxArtifactBytes = 512 * 2 ** 20

export function encodeArtifact(artifact: Artifact): Uint8Array {
  const { tree, data } = flatten(artifact as unknown as Plain)
  const text = Buffer.from(tree)
  const dataAt = align(fixedLength + text.length)
  const bytes = Buffer.alloc(dataAt + data.length)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(text.length, 12)
  text.copy(bytes, fixedLength)
  bytes.set(data, dataAt)
  createHash('sha256').update(bytes.subarray(fixedLength)).digest().copy(bytes, 16)
  return bytes
}

/** @throws MODEL_CORRUPT (not a model, cut short, altered, inconsistent), MODEL_INCOMPATIBLE (another format version) */
export function decodeArtifact(input: Uint8Array): Artifact {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  if (bytes.length < fixedLength || bytes.toString('latin1', 0, 8) !== magic) throw corrupt('it is not a model file')
  const version = bytes.readUInt32LE(8)
  if (version !== formatVersion && version !== 1) {
    throw new OneclassError(
      'MODEL_INCOMPATIBLE',
      `The model file has format version ${version}, this oneclass reads versions 1 to ${formatVersion}: fit it again, or use the version that made it.`,
    )
  }
  if (bytes.length > maxArtifactBytes) throw corrupt(`it has ${bytes.length} bytes`)
  const dataAt = align(fixedLength + bytes.readUInt32LE(12))
  if (dataAt > bytes.length) throw corrupt('it is cut short')
  const hash = createHash('sha256').update(bytes.subarray(fixedLength)).digest()
  if (!hash.equals(bytes.subarray(16, fixedLength))) throw corrupt('its content does not match its hash')
  try {
    const tree = bytes.toString('utf8', fixedLength, fixedLength + bytes.readUInt32LE(12))
    const state = unflatten(tree, bytes.subarray(dataAt))
    return checkArtifact(version === 1 ? fromVersion1(state) : state)
  } catch (error) {
    throw corrupt(error instanceof Error ? error.message : 'it is malformed', error)
  }
}

function align(length: number): number {
  return Math.ceil(length / 8) * 8
}

function corrupt(why: string, cause?: unknown): OneclassError {
  return new OneclassError(
    'MODEL_CORRUPT',
    `The model file cannot be used: ${why}. Take a fresh copy, or fit the model again.`,
    { cause },
  )
}
