/** One-class SVM over embeddings: a Gaussian kernel on whitened embeddings, trained on held-out views of the training rows. */
import { dot, type Matrix } from '../core/matrix.ts'
import type { Detector } from './detector.ts'
import { drawFolds, heldOutView } from './held-out.ts'
import { type KernelSvmState, scoreKernelSvm, trainKernelSvm } from './kernel-svm.ts'
import { applySymmetricWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export interface OneClassSvmOptions {
  /** See KernelSvmOptions. */
  readonly nu: number
  /** The kernel's gamma times the mean squared length of the training rows; 0.5 is one over the mean squared distance. */
  readonly relativeGamma: number
  readonly maxRows: number
  /** Folds of the held-out whitening. */
  readonly folds: number
}

export interface OneClassSvmState {
  readonly whitening: WhiteningState
  readonly svm: KernelSvmState
}

export const oneClassSvm: Detector<OneClassSvmState, OneClassSvmOptions> = {
  key: 'one-class-svm',
  defaults: { nu: 0.02, relativeGamma: 0.5, maxRows: 4000, folds: 10 },

  async fit(X: Matrix, options, random) {
    const whitening = fitWhitening(X)
    const view = heldOutView(X, drawFolds(X.rows, options.folds, random.fork('folds')))
    const gamma = kernelWidth(view, options.relativeGamma)
    return { whitening, svm: await trainKernelSvm(view, { ...options, gamma }, random.fork('rows')) }
  },

  score(state, X) {
    return scoreKernelSvm(state.svm, applySymmetricWhitening(state.whitening, X))
  },
}

/** gamma of the kernel, from `relativeGamma` and the rows that the kernel is trained on. */
export function kernelWidth(view: Matrix, relativeGamma: number): number {
  return (relativeGamma * view.rows) / dot(view.data, view.data, view.data.length)
}
