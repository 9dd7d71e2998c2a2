/** The contract of a row of the report: what it is given, and what it hands back. */
import type { CnnRecipe, Effort } from '../baselines/cnn.ts'
import type { CnnResult } from '../baselines/cnn-task.ts'
import type { TrainedNetwork } from '../baselines/save-network.ts'
import type { Matrix } from '../core/matrix.ts'
import type { EnsembleState } from '../detectors/ensemble.ts'
import type { JoinedScores } from '../detectors/join.ts'
import type { EpochRecord } from '../wire/comparison.ts'
import type { Served } from './served.ts'

export interface ReferenceSet {
  readonly embeddings: Matrix
  /** Kind of each row. */
  readonly kinds: Int32Array
  /** What it is, for the notes. */
  readonly description: string
}

/** What every method of one comparison shares. Embeddings have one image a row. */
export interface MethodContext {
  readonly positives: Matrix
  readonly negatives: Matrix
  /** Test positives, then test negatives. */
  readonly test: Matrix
  /** Near-duplicates among the training positives, as `groupNearDuplicates` returns them. */
  readonly groups: Int32Array
  readonly alpha: number
  readonly effort: Effort
  /** The ensemble fitted with a seed, made once and shared by the rows that are part of it. */
  ensemble(seed: number): Promise<{ state: EnsembleState; scores: JoinedScores; fitSeconds: number; scoreMs: number }>
  /** What a fit with this seed serves where it looks at places; undefined where it judges whole images, as `ensemble` does. */
  served(seed: number): Promise<Served | undefined>
  reference(): Promise<ReferenceSet>
  /** Trains in a thread. */
  train(recipe: CnnRecipe, seed: number): Promise<CnnResult>
}

export interface Outcome {
  /** Anomaly score of each test image. */
  readonly scores: Float64Array
  /** 1 where the method takes a test image for one of the class. */
  readonly accepted: Uint8Array
  /** How it decides. */
  readonly decision: string
  /** Of what comes after the embeddings; for a CNN, of everything after decoding. */
  readonly fitSeconds: number
  readonly scoreMs: number
  readonly memoryBytes: number
  /** Whether it works on the backbone's embeddings, whose time is then added. */
  readonly usesBackbone: boolean
  readonly notes: readonly string[]
  readonly history?: readonly EpochRecord[]
  /** What it trained, where that is of use as a backbone. */
  readonly network?: TrainedNetwork
}

export interface Method {
  readonly key: string
  readonly title: string
  readonly needs: 'positives' | 'negatives' | 'reference'
  /** How many seeds to repeat it over. A method without randomness has one. */
  readonly seeds: Readonly<Record<Effort, number>>
  /** In which lane it runs: networks train in threads beside the rest. */
  readonly lane: 'thread' | 'main'
  run(context: MethodContext, seed: number): Promise<Outcome>
}
