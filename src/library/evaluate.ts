/** `evaluate`: a fitted model on labelled images, in a thread of its own. */
import type { Evaluation } from '../wire/evaluation.ts'
import * as check from './arguments.ts'
import { type Cancellable, homeOf, type Place } from './place.ts'
import { callOnce } from './thread.ts'

export interface EvaluateCall extends Place, Cancellable {
  /** Another model on the same images. */
  readonly against?: string | undefined
  /** Another alpha than the model's. */
  readonly alpha?: number | undefined
  /** Of the bootstrap. Default 1. */
  readonly seed?: number | undefined
  /** A folder that gets report.html, evaluation.json and scores.csv. */
  readonly out?: string | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const options = {
  ...check.common,
  against: check.modelRef,
  alpha: check.alpha,
  seed: check.seed,
  out: check.text('a folder to write to'),
}

/**
 * A fitted model on labelled images, without refitting.
 * @param ref NAME or NAME@VERSION
 * @param folder holds positive/ and negative/, or labels.csv with the columns image,label
 * @throws MODEL_NOT_FOUND, MODEL_INCOMPATIBLE (fitted on features), FOLDER_NOT_FOUND, FOLDER_EMPTY, INVALID_ARGUMENT, TOO_FEW_IMAGES
 */
export async function evaluate(ref: string, folder: string, call: EvaluateCall = {}): Promise<Evaluation> {
  check.checkArgument('the model', ref, check.modelRef)
  check.checkArgument('the folder', folder, check.text('a folder of labelled images'))
  check.checkOptions(call, options)
  const { against, alpha, seed, out } = call
  return await callOnce('evaluate', { home: homeOf(call), ref, folder, against, alpha, seed, out }, call)
}
