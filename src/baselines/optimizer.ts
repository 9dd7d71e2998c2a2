/** SGD with momentum, and Adam (Kingma and Ba, arXiv 1412.6980), over a list of weight tensors that they replace in place. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { CnnTask } from './cnn-task.ts'
import type { TensorFlow } from './tensorflow.ts'

export interface Optimizer {
  /** Replaces each weight by its next value and disposes the old one; `slowing` multiplies the learning rate. */
  apply(weights: Tensor[], gradients: readonly Tensor[], slowing: number): void
  dispose(): void
}

export function createOptimizer(tf: TensorFlow, { kind, learningRate, momentum = 0 }: CnnTask['optimizer']): Optimizer {
  return kind === 'sgd' ? sgd(tf, learningRate, momentum) : adam(tf, learningRate)
}

function sgd(tf: TensorFlow, learningRate: number, momentum: number): Optimizer {
  let velocity: Tensor[] | undefined
  return {
    apply(weights, gradients, slowing) {
      velocity ??= weights.map((weight) => tf.zerosLike(weight))
      gradients.forEach((gradient, k) => {
        const next = tf.tidy(() => tf.sub(tf.mul(velocity![k]!, momentum), tf.mul(gradient, learningRate * slowing)))
        replace(tf, velocity!, k, next)
        replace(
          tf,
          weights,
          k,
          tf.tidy(() => tf.add(weights[k]!, next)),
        )
      })
    },
    dispose: () => tf.dispose(velocity ?? []),
  }
}

function adam(tf: TensorFlow, learningRate: number): Optimizer {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-7]
  let first: Tensor[] | undefined
  let second: Tensor[] | undefined
  let step = 0
  return {
    apply(weights, gradients, slowing) {
      first ??= weights.map((weight) => tf.zerosLike(weight))
      second ??= weights.map((weight) => tf.zerosLike(weight))
      step++
      const rate = (slowing * learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step)
      gradients.forEach((gradient, k) => {
        replace(
          tf,
          first!,
          k,
          tf.tidy(() => tf.add(tf.mul(first![k]!, beta1), tf.mul(gradient, 1 - beta1))),
        )
        replace(
          tf,
          second!,
          k,
          tf.tidy(() => tf.add(tf.mul(second![k]!, beta2), tf.mul(tf.square(gradient), 1 - beta2))),
        )
        const next = tf.tidy(() =>
          tf.sub(weights[k]!, tf.div(tf.mul(first![k]!, rate), tf.add(tf.sqrt(second![k]!), epsilon))),
        )
        replace(tf, weights, k, next)
      })
    },
    dispose: () => tf.dispose([...(first ?? []), ...(second ?? [])]),
  }
}

function replace(tf: TensorFlow, list: Tensor[], k: number, next: Tensor): void {
  tf.dispose(list[k]!)
  list[k] = next
}
