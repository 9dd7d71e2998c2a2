/**
 * The three networks of the 2019 thread, trained in a thread of their own:
 * `naive` (the question: positives only, sigmoid, binary cross-entropy, Adam), `binary` (the accepted answer: a "0" class, SGD,
 * shuffled, shear, zoom and flip) and `distance` (the second answer: no last activation, squared error to the class).
 */
import { callInThread } from '../system/thread-call.ts'
import type { EpochRecord } from '../wire/comparison.ts'
import { questionAugmentation } from './augment.ts'
import type { CnnCalls, CnnResult, CnnTask } from './cnn-task.ts'

export type CnnRecipe = 'naive' | 'binary' | 'distance'

/** `quick` for minutes, `full` for patience. */
export type Effort = 'quick' | 'full'

export interface CnnData {
  /** Square RGB images of `imageSide` pixels, one after another. */
  readonly positives: Uint8Array
  readonly negatives: Uint8Array
  readonly toScore: Uint8Array
}

export interface CnnOptions {
  readonly effort: Effort
  readonly seed: number
  readonly timeBudgetSeconds: number
  readonly keepWeights?: boolean
  readonly onEpoch?: (record: EpochRecord, epochs: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Pixels. 96 were no better for `binary` in a cross-validation on training images, at 2.2 times the time. */
export const imageSide = 64

/** The settings of a recipe; none of them was chosen on a test set. */
export function cnnTask(recipe: CnnRecipe, data: CnnData, options: Omit<CnnOptions, 'onEpoch' | 'signal'>): CnnTask {
  const size = imageSide
  const quick = options.effort === 'quick'
  const perImage = size * size * 3
  const positives = data.positives.length / perImage
  const negatives = recipe === 'binary' ? data.negatives.length / perImage : 0
  const pixels = new Uint8Array((positives + negatives) * perImage)
  pixels.set(data.positives)
  if (recipe === 'binary') pixels.set(data.negatives, data.positives.length)
  const targets = new Uint8Array(positives + negatives).fill(1, 0, positives)
  const common = {
    size,
    batch: 16,
    pixels,
    targets,
    toScore: data.toScore,
    seed: options.seed,
    timeBudgetSeconds: options.timeBudgetSeconds,
    keepWeights: options.keepWeights ?? false,
  }
  if (recipe === 'binary') {
    return {
      ...common,
      head: 'sigmoid',
      optimizer: { kind: 'sgd', learningRate: 0.01, momentum: 0.9 },
      epochs: quick ? 15 : 60,
      augmentation: questionAugmentation,
      validationShare: 0.1,
      patience: quick ? 8 : 20,
      stopAtLoss: 0.005,
    }
  }
  const adam = { kind: 'adam', learningRate: 0.001 } as const
  if (recipe === 'distance') {
    return {
      ...common,
      head: 'linear',
      optimizer: adam,
      epochs: quick ? 8 : 15,
      augmentation: questionAugmentation,
      validationShare: 0.2,
      patience: null,
      stopAtLoss: 0,
    }
  }
  return {
    ...common,
    head: 'sigmoid',
    optimizer: adam,
    epochs: quick ? 10 : 25,
    augmentation: questionAugmentation,
    validationShare: 0,
    patience: null,
    stopAtLoss: 1e-7,
  }
}

/** @throws DEPENDENCY_MISSING without TensorFlow.js, CANCELLED when the signal says so, INTERNAL when the thread dies */
export async function trainInThread(
  task: CnnTask,
  { onEpoch, signal }: Pick<CnnOptions, 'onEpoch' | 'signal'> = {},
): Promise<CnnResult> {
  return await callInThread<CnnCalls, 'train'>(new URL('./cnn-thread.js', import.meta.url), 'train', task, {
    signal,
    onProgress: (record) => onEpoch?.(record as EpochRecord, task.epochs),
  })
}
