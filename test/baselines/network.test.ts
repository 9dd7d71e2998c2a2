/** Gradients against numeric ones, kernel against the definition, training repeats with a seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import { trainInThread } from '../../src/baselines/cnn.ts'
import type { CnnTask } from '../../src/baselines/cnn-task.ts'
import { conv2dBackpropFilter } from '../../src/baselines/conv2d-backprop-filter.ts'
import { forward, initialWeights, lossAndGradients } from '../../src/baselines/network.ts'
import { loadTensorFlow, type TensorFlow } from '../../src/baselines/tensorflow.ts'
import { createRandom } from '../../src/core/random.ts'

const { tf } = await loadTensorFlow()
const random = createRandom(7)
const normals = (n: number) => Float32Array.from({ length: n }, () => random.normal())
const tensor4 = (shape: [number, number, number, number]) => tf.tensor4d(normals(shape.reduce((a, b) => a * b)), shape)

const cases = [
  { name: 'im2col, valid', c: 3, stride: 1, padding: 'valid' },
  { name: 'im2col, same, stride 2', c: 2, stride: 2, padding: 'same' },
  { name: 'im2col, padding 1', c: 3, stride: 1, padding: 1 },
  { name: 'convolution, valid', c: 12, stride: 1, padding: 'valid' },
  { name: 'convolution, same, stride 2', c: 9, stride: 2, padding: 'same' },
] as const

for (const { name, c, stride, padding } of cases) {
  test(`the filter gradient matches numeric gradients to 1e-3 (${name})`, () => {
    const x = tensor4([2, 8, 7, c])
    const filter = tensor4([3, 3, c, 4])
    const out = tf.conv2d(x, filter, stride, padding)
    const dy = tensor4(out.shape)
    const gradient = conv2dBackpropFilter(tf, x, dy, [3, 3, c, 4], [stride, stride], padding).dataSync()
    // L = sum(conv2d(x, filter) * dy) is linear in the filter: a central difference with a wide step is exact but for rounding
    const values = filter.dataSync() as Float32Array
    const loss = (shifted: Float32Array) => {
      const y = tf.conv2d(x, tf.tensor4d(shifted, filter.shape), stride, padding).dataSync()
      const d = dy.dataSync()
      return (y as Float32Array).reduce((sum: number, value, i) => sum + value * d[i]!, 0)
    }
    for (let k = 0; k < values.length; k += 7) {
      const numeric = difference((h) => {
        const shifted = Float32Array.from(values)
        shifted[k]! += h
        return loss(shifted)
      }, 0.5)
      assertClose(gradient[k]!, numeric, 1e-3)
    }
  })
}

test('the registered kernel is what TensorFlow.js finds under its own name', () => {
  const x = tensor4([1, 6, 6, 3])
  const dy = tensor4([1, 4, 4, 2])
  const attributes = { strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [3, 3, 3, 2] }
  const out = tf.engine().runKernel('Conv2DBackpropFilter', { x, dy } as never, attributes as never) as Tensor
  const expected = conv2dBackpropFilter(tf, x, dy, [3, 3, 3, 2])
  assert.deepEqual([...out.dataSync()], [...expected.dataSync()])
})

for (const head of ['sigmoid', 'linear'] as const) {
  test(`the whole backward pass matches numeric gradients (${head})`, () => {
    const size = 22
    const weights = initialWeights(size, createRandom(3)).map(({ shape, values }) => tf.tensor(values, shape))
    const x = tf.tensor4d(
      Float32Array.from({ length: 3 * size * size * 3 }, () => random.next()),
      [3, size, size, 3],
    )
    const y = tf.tensor2d([1, 0, 1], [3, 1])
    const dropout = tf.ones([3, 64]) as Tensor2D
    const { gradients, loss } = lossAndGradients(tf, weights, x, y, dropout, head)
    assert.ok(Math.abs(loss.dataSync()[0]! - exactLoss(tf, weights, x, [1, 0, 1], head)) < 1e-5)
    gradients.forEach((gradient, layer) => {
      const analytic = gradient.dataSync() as Float32Array
      const values = weights[layer]!.dataSync()
      // the entry with the largest gradient: there rounding matters least
      const k = analytic.reduce((best, value, i) => (Math.abs(value) > Math.abs(analytic[best]!) ? i : best), 0)
      const numeric = difference((h) => {
        const shifted = Float32Array.from(values)
        shifted[k]! += h
        const moved = weights.map((weight, i) => (i === layer ? tf.tensor(shifted, weight.shape) : weight))
        return exactLoss(tf, moved, x, [1, 0, 1], head)
      }, 1e-3)
      assert.ok(
        Math.abs(analytic[k]! - numeric) <= 2e-2 * Math.abs(numeric) + 1e-3,
        `layer ${layer}: ${analytic[k]} against ${numeric}`,
      )
    })
  })
}

test('training in a thread learns bright from dark, repeats with its seed, and reports its epochs', async () => {
  const size = 22
  const bytes = size * size * 3
  const draw = createRandom(11)
  const images = 24
  const pixels = new Uint8Array(images * bytes)
  const targets = Uint8Array.from({ length: images }, (_, i) => i % 2)
  targets.forEach((target, i) => {
    for (let k = 0; k < bytes; k++) pixels[i * bytes + k] = draw.int(100) + (target === 1 ? 150 : 0)
  })
  const task: CnnTask = {
    size,
    head: 'sigmoid',
    optimizer: { kind: 'sgd', learningRate: 0.02, momentum: 0.9 },
    epochs: 12,
    batch: 8,
    augmentation: { shear: 0.1, zoom: 0.1, flip: true },
    validationShare: 0.2,
    patience: null,
    stopAtLoss: 0,
    timeBudgetSeconds: 100,
    seed: 5,
    pixels,
    targets,
    toScore: pixels,
    keepWeights: true,
  }
  const epochs: number[] = []
  const first = await trainInThread(task, { onEpoch: (record) => epochs.push(record.epoch) })
  const second = await trainInThread(task)
  assert.deepEqual(first.outputs, second.outputs)
  assert.deepEqual(first.weights, second.weights)
  assert.equal(epochs.length, 12)
  assert.equal(first.stopped, 'epochs')
  assert.deepEqual(
    Array.from(first.outputs, (z) => (z > 0 ? 1 : 0)),
    [...targets],
  )
  assert.equal(
    first.validation.reduce((a, b) => a + b),
    4,
  )
})

test('a training that is cancelled rejects with CANCELLED', async () => {
  const stop = new AbortController()
  const size = 22
  const pixels = new Uint8Array(40 * size * size * 3)
  const running = trainInThread(
    {
      size,
      head: 'linear',
      optimizer: { kind: 'adam', learningRate: 1e-3 },
      epochs: 100000,
      batch: 8,
      augmentation: null,
      validationShare: 0,
      patience: null,
      stopAtLoss: -1,
      timeBudgetSeconds: 1000,
      seed: 1,
      pixels,
      targets: new Uint8Array(40).fill(1),
      toScore: new Uint8Array(0),
    },
    { signal: stop.signal, onEpoch: () => stop.abort() },
  )
  await assert.rejects(running, { code: 'CANCELLED' })
})

function difference(f: (h: number) => number, h: number): number {
  return (f(h) - f(-h)) / (2 * h)
}

function assertClose(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} against ${expected}`)
}

function exactLoss(tf: TensorFlow, weights: Tensor[], x: Tensor4D, y: number[], head: 'sigmoid' | 'linear'): number {
  const z = forward(tf, weights, x).output.dataSync()
  const losses = y.map((target, i) =>
    head === 'linear'
      ? (z[i]! - target) ** 2
      : Math.max(z[i]!, 0) - z[i]! * target + Math.log1p(Math.exp(-Math.abs(z[i]!))),
  )
  return losses.reduce((a, b) => a + b) / y.length
}
