/**
 * One-class SVM over embeddings: a Gaussian kernel on whitened embeddings. Its default bandwidth is 1, that is, the kernel is a
 * Gaussian with the (shrunk) covariance of the positives themselves, exp(-(x - y)ᵀ Σ⁻¹ (x - y) / 2).
 */
import type { Matrix } from '../core/matrix.ts'
import type { Detector } from './detector.ts'
import { type KernelSvmOptions, type KernelSvmState, scoreKernelSvm, trainKernelSvm } from './kernel-svm.ts'
import { applyWhitening, fitWhitening, type WhiteningState } from './whitening.ts'

export interface OneClassSvmState {
  readonly whitening: WhiteningState
  readonly svm: KernelSvmState
}

export const oneClassSvm: Detector<OneClassSvmState, KernelSvmOptions> = {
  key: 'one-class-svm',
  defaults: { nu: 0.02, gamma: 0.5, maxRows: 2500 },

  async fit(X: Matrix, options, random) {
    const whitening = fitWhitening(X)
    return { whitening, svm: await trainKernelSvm(applyWhitening(whitening, X), options, random) }
  },

  score(state, X) {
    return scoreKernelSvm(state.svm, applyWhitening(state.whitening, X))
  },
}
