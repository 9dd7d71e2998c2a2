/** What is known of a version without its artifact. */
import { createHash } from 'node:crypto'
import type { Artifact } from './artifact.ts'

export interface ModelInfo {
  readonly name: string
  readonly version: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly alpha: number
  readonly n: number
  /** Held-out scores that p-values count among: n, or fewer where part of the positives was set aside for them. */
  readonly calibrationScores: number
  readonly dim: number
  readonly backbone: { readonly id: string; readonly hash: string } | null
  readonly seed: number
  /** Of the artifact's bytes. */
  readonly sha256: string
  readonly bytes: number
  /** sha256 of the gallery's bytes; null without one. */
  readonly gallery: string | null
  /** Is this the version that the bare name means: the one that was fitted last, unless `use` chose another? */
  readonly serving: boolean
  /** How it came from an earlier version; absent where it was fitted on its own. */
  readonly growth?: Growth
}

/** From one version to the next. */
export interface Growth {
  /** NAME@VERSION whose positives came first. */
  readonly base: string
  /** Positives taken over from it, new ones, and those of it that were left out. */
  readonly kept: number
  readonly added: number
  readonly excluded: number
  /** Images that were given again, exactly as they are among the positives: they count once. */
  readonly repeated: number
}

/** What is read off an artifact. */
export type ModelFacts = Omit<ModelInfo, 'name' | 'version' | 'createdAt' | 'gallery' | 'serving' | 'growth'>

/** @param bytes the artifact as encoded */
export function factsOf({ alpha, n, dim, backbone, seed, ensemble }: Artifact, bytes: Uint8Array): ModelFacts {
  const calibrationScores = ensemble.calibration.heldOut.ensemble.length
  return { alpha, n, calibrationScores, dim, backbone, seed, sha256: sha256(bytes), bytes: bytes.length }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
