/**
 * The contract of every detector: `fit` makes a state of plain data and typed arrays, `score` reads it. There is no unfitted
 * detector, and one serialiser (store/artifact) serves every state.
 */
import type { Matrix } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'

export interface Detector<State, Options> {
  /** The detector's key in the registry, on the command line and in reports. */
  readonly key: string
  readonly defaults: Options
  /**
   * @param X embeddings of positives, shape (n, d), finite, n >= 2
   * @param random the only source of randomness; the same generator state gives the same bytes
   * @throws IMAGES_IDENTICAL when all rows are equal
   */
  fit(X: Matrix, options: Options, random: Random): Promise<State>
  /**
   * @param X shape (m, d); each row is scored on its own, so a subset scores as the whole does
   * @returns anomaly scores, length m, higher is more anomalous
   * @throws FEATURES_WRONG_WIDTH when X has another width than the training rows
   */
  score(state: State, X: Matrix): Float64Array
}
