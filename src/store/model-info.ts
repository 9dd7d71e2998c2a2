/** What is known of a version without its artifact. */
import { sha256 } from '../system/sha256.ts'
import type { Bytes } from '../system/whole-file.ts'
import type { Model } from '../wire/model.ts'
import type { Artifact } from './artifact.ts'

/** What is read off an artifact. */
export type ModelFacts = Omit<Model, 'name' | 'version' | 'createdAt' | 'gallery' | 'serving' | 'growth'>

/** @param bytes the artifact as encoded */
export function factsOf(
  {
    alpha,
    n,
    dim,
    backbone,
    seed,
    range,
    light,
    enlarged,
    mirrored,
    preprocess,
    ensemble,
    patches,
    discriminative,
    facts,
  }: Artifact,
  bytes: Bytes,
): ModelFacts {
  const calibrationScores = ensemble.calibration.heldOut.ensemble.length
  const negatives = discriminative && { negatives: discriminative.negatives }
  const known = {
    alpha,
    n,
    calibrationScores,
    calibration: ensemble.calibration.method,
    ...negatives,
    dim,
    backbone,
    seed,
    sha256: sha256(bytes),
    bytes: [bytes].flat().reduce((sum, { length }) => sum + length, 0),
    facts: facts ?? null,
    ...(range && { range }),
    ...(light && { light }),
    ...(enlarged && { enlarged }),
    ...(mirrored && { mirrored }),
    ...(preprocess && { preprocess }),
  }
  return { ...known, ...(patches && { detail: patches.detail }) }
}
