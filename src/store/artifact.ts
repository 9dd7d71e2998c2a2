/**
 * A fitted model as bytes: a sealed file (`sealed.ts`) with the magic "ONECLASS".
 *
 * No name, no date and no machine is in it: the same positives, options and seed give the same bytes.
 */
import type { DiscriminativeState } from '../detectors/discriminative.ts'
import type { EnsembleState } from '../detectors/ensemble.ts'
import type { PatchState } from '../detectors/patches/patch-member.ts'
import type { PositiveRows } from '../detectors/similarity.ts'
import type { SampleRange } from '../images/sample-range.ts'
import type { Preprocess } from '../wire/preprocess.ts'
import { checkArtifact } from './check-artifact.ts'
import type { FitFacts } from './fit-facts.ts'
import { fromVersion1 } from './format-1.ts'
import type { Plain } from './plain-data.ts'
import { seal, sealInParts, unseal } from './sealed.ts'

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
  /** What is black and white in images of more than 8 bits a sample; absent where none had more, or used them all. */
  readonly range?: SampleRange
  /** There where the light of images is evened out before they are looked at. */
  readonly light?: 'even'
  /**
   * Times the network's side: whole images are judged at that size as well as at the network's own. Absent: at its own only, as in models
   * of earlier builds, whatever the detail of their places.
   */
  readonly enlarged?: 2 | 3
  /** There where, at the network's own size, they are judged mirrored left to right as well; never without `enlarged`. */
  readonly mirrored?: true
  /** Where rows keep their lengths; absent where each is scaled to length 1. */
  readonly preprocess?: Preprocess
  readonly ensemble: EnsembleState
  /** There where places tell something: a further member. */
  readonly patches?: PatchState
  /** There where negatives were given: a further member. */
  readonly discriminative?: DiscriminativeState
  /** What the fit found out; absent in models of earlier builds. */
  readonly facts?: FitFacts
  /**
   * The positives, for nearest neighbours, and their names (null for feature rows). `rows`: the numbers that feature rows have in their
   * file, where some of it were left out.
   */
  readonly positives: PositiveRows & { readonly images: readonly string[] | null; readonly rows?: Int32Array }
}

const asItIs = (value: unknown): unknown => value

/** A model is some megabytes; no file beyond this is looked at. */
export const maxArtifactBytes = 512 * 2 ** 20
const format = {
  magic: 'ONECLASS',
  version: 8,
  maxBytes: maxArtifactBytes,
  name: 'model file',
  // these only add: further members and their weights (3); a forest of rotated rows (4); the light of images (5);
  // places of one map (6); whole images at two sizes (7), and mirrored (8)
  older: { 1: fromVersion1, 2: asItIs, 3: asItIs, 4: asItIs, 5: asItIs, 6: asItIs, 7: asItIs },
} as const

/** Format versions that this build reads. */
export const readableFormats: readonly number[] = [...Object.keys(format.older).map(Number), format.version]

/** The format version of a model file, which may be of a later build; undefined for what is no model file. */
export function artifactFormat(bytes: Uint8Array): number | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12))
  return head.length === 12 && head.toString('latin1', 0, 8) === format.magic ? head.readUInt32LE(8) : undefined
}

/** The bytes of `encodeArtifact`, not copied: see `sealInParts`. */
export function artifactInParts(artifact: Artifact): readonly Uint8Array[] {
  return sealInParts(format, artifact as unknown as Plain)
}

export function encodeArtifact(artifact: Artifact): Uint8Array {
  return seal(format, artifact as unknown as Plain)
}

/** @throws MODEL_CORRUPT (not a model, cut short, altered, inconsistent), MODEL_INCOMPATIBLE (another format version) */
export function decodeArtifact(bytes: Uint8Array): Artifact {
  return unseal(format, bytes, checkArtifact)
}
