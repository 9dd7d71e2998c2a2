/**
 * What `oneclass` serves: an isolation forest and a one-class SVM over one whitening (`pooled-fit.ts`), their scores brought to a
 * common scale and averaged, and the average calibrated last. Further members may stand beside the two.
 */
import type { Matrix } from '../core/matrix.ts'
import type { Random } from '../core/random.ts'
import {
  type ByMember,
  type Calibration,
  calibrateMembers,
  type ExtraKey,
  type JoinedScores,
  joinScores,
} from './join.ts'
import { type Members, scoreMembers } from './members.ts'
import { type EnsembleOptions, fitPooled, type PooledFit } from './pooled-fit.ts'
import { type Whitened, type WhiteningState, whiten } from './whitening.ts'

export interface EnsembleState extends Members {
  readonly whitening: WhiteningState
  /** Of these two and of the members that stand beside the ensemble. */
  readonly calibration: Calibration
}

/**
 * @param X embeddings of positives, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE
 */
export async function fitEnsemble(X: Matrix, options: EnsembleOptions, random: Random): Promise<EnsembleState> {
  return joinMembers(await fitPooled(X, options, random)).state
}

/**
 * The ensemble of a pooled fit and of further members.
 * @param extra held-out raw scores of each row by each further member, from the rounds of `pooled.holdOut`
 * @returns the state, and each row's joint raw score by models that had not seen it (NaN for rows that were not held out)
 */
export function joinMembers(
  { folds, holdOut, heldOut, whitening, isolationForest, oneClassSvm }: PooledFit,
  extra: Partial<Record<ExtraKey, Float64Array>> = {},
  weight?: ByMember<number>,
): { state: EnsembleState; heldOut: Float64Array } {
  const { calibration, joint } = calibrateMembers(holdOut, folds, { ...heldOut, ...extra }, weight)
  return { state: { whitening, isolationForest, oneClassSvm, calibration }, heldOut: joint }
}

/** Raw scores of each row of X, each on its own, by an ensemble without further members. @throws FEATURES_WRONG_WIDTH */
export function scoreEnsemble(state: EnsembleState, X: Matrix): JoinedScores {
  return scoreWhitened(state, whiten(state.whitening, X))
}

/**
 * Raw scores of rows that the state's own whitening has whitened.
 * @param extra raw scores of the same images by each further member
 */
export function scoreWhitened(
  state: EnsembleState,
  { symmetric, principal }: Whitened,
  extra: Partial<Record<ExtraKey, Float64Array>> = {},
): JoinedScores {
  const scores = { ...scoreMembers(state, symmetric, principal), ...extra }
  return { ...scores, ensemble: joinScores(state.calibration, scores) }
}
