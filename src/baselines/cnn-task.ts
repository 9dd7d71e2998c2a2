/** What goes to a training thread and what comes back: plain data and typed arrays, so it crosses threads as it is. */
import type { EpochRecord } from '../wire/comparison.ts'
import type { Augmentation } from './augment.ts'
import type { Head } from './network.ts'

export interface CnnTask {
  /** Side of the square images, pixels. */
  readonly size: number
  readonly head: Head
  readonly optimizer: { readonly kind: 'adam' | 'sgd'; readonly learningRate: number; readonly momentum?: number }
  readonly epochs: number
  readonly batch: number
  readonly augmentation: Augmentation | null
  /** Share of the training images that is kept for validation (early stopping, or calibration); 0 for none. */
  readonly validationShare: number
  /** Epochs without validation accuracy as good as the best before training stops, and returns to that epoch; null never stops so. */
  readonly patience: number | null
  /** Training stops when the mean loss of an epoch is at most this. */
  readonly stopAtLoss: number
  /** Training stops after the epoch in which this runs out. */
  readonly timeBudgetSeconds: number
  readonly seed: number
  /** Images to train on, n x size x size x 3 bytes, and their targets (0 or 1), length n. */
  readonly pixels: Uint8Array
  readonly targets: Uint8Array
  /** Images to score, m x size x size x 3 bytes. */
  readonly toScore: Uint8Array
  /** Return the trained weights too. */
  readonly keepWeights?: boolean
}

export interface CnnResult {
  readonly backend: 'tensorflow' | 'wasm'
  readonly history: readonly EpochRecord[]
  readonly stopped: 'epochs' | 'patience' | 'loss' | 'time'
  /** Outputs before the activation, one an image of `toScore`. */
  readonly outputs: Float32Array
  /** The same for the training images, in their order, and which of them were for validation (1). */
  readonly trainOutputs: Float32Array
  readonly validation: Uint8Array
  readonly parameters: number
  /** Weights in the order of `weightShapes`; empty unless asked for. */
  readonly weights: readonly Float32Array[]
  readonly fitSeconds: number
  readonly scoreMs: number
  /** Bytes of tensors at the peak, and of the images. */
  readonly peakBytes: number
}

/** `train` reports an `EpochRecord` after each epoch. */
export type CnnCalls = {
  readonly train: { input: CnnTask; output: CnnResult }
}
