/**
 * The three networks of `@vladmandic/face-api` as ONNX graphs over that package's weights: ONNX Runtime runs them some ten
 * times faster than TensorFlow.js on WebAssembly, and needs no TensorFlow.js.
 *
 * - detector: SSD on MobileNet v1 (Liu et al., arXiv 1512.02325), fully convolutional, here on a canvas of any size
 * - landmarks: 68 points from densely connected separable convolutions
 * - descriptor: the 29-layer residual network of dlib (King, 2017), 128 values
 */
import { OnnxWriter } from '../onnx/onnx-writer.ts'
import type { FaceWeights } from './face-weights.ts'

/** Side of the face crop that each network takes. */
export const landmarkSide = 112
export const descriptorSide = 150

/** What is subtracted from 0..255 before the division by 255, for landmarks and descriptor. */
export const faceMean = [122.782, 117.001, 104.298] as const

/** Cells per side of a feature map for each stride, with the strides' anchors a cell. */
export const detectorStrides = [16, 32, 64, 128, 256, 512] as const
export const anchorsPerCell = [3, 6, 6, 6, 6, 6] as const

/** Input `image` (1, 3, h, w) in -1..1; outputs `boxes` (1, n, 4) box codes and `scores` (1, n, 3) class logits, face second. */
export function detectorNetwork(weights: FaceWeights): Uint8Array {
  const net = new Layers(weights)
  const relu6 = (x: string) => net.writer.node('Clip', [x, net.scalar(0), net.scalar(6)])
  const pointwise = (x: string, name: string, stride: number) =>
    relu6(net.conv(x, `${name}/weights`, net.vector(`${name}/convolution_bn_offset`), stride))

  let x = pointwise(net.writer.input('image', [1, 3, 'height', 'width']), 'MobilenetV1/Conv2d_0_pointwise', 2)
  let layer11 = x
  for (let layer = 1; layer <= 13; layer++) {
    const name = `MobilenetV1/Conv2d_${layer}`
    x = relu6(net.depthwiseNormed(x, `${name}_depthwise`, [2, 4, 6, 12].includes(layer) ? 2 : 1))
    x = pointwise(x, `${name}_pointwise`, 1)
    if (layer === 11) layer11 = x
  }
  const maps = [layer11, x]
  for (let layer = 0; layer < 8; layer++) {
    x = pointwise(x, `Prediction/Conv2d_${layer}_pointwise`, layer % 2 === 0 ? 1 : 2)
    if (layer % 2 === 1) maps.push(x)
  }
  const heads = (kind: string, values: number) =>
    maps.map((map, i) => {
      const name = `Prediction/BoxPredictor_${i}/${kind}`
      const out = net.conv(map, `${name}/weights`, net.vector(`${name}/biases`), 1)
      return net.writer.node('Reshape', [
        net.writer.node('Transpose', [out], { perm: [0, 2, 3, 1] }),
        net.writer.integers([1, -1, values]),
      ])
    })
  net.writer.node('Concat', heads('BoxEncodingPredictor', 4), { axis: 1 }, 'boxes')
  net.writer.node('Concat', heads('ClassPredictor', 3), { axis: 1 }, 'scores')
  net.writer.output('boxes', [1, 'anchors', 4])
  net.writer.output('scores', [1, 'anchors', 3])
  return net.writer.finish()
}

/** Input `image` (n, 3, 112, 112), `(x - faceMean) / 255`; output `points` (n, 136): x and y in turn, relative to the crop. */
export function landmarkNetwork(weights: FaceWeights): Uint8Array {
  const net = new Layers(weights)
  const { writer } = net
  const relu = (x: string) => writer.node('Relu', [x])
  let x = writer.input('image', ['n', 3, landmarkSide, landmarkSide])
  for (let block = 0; block < 4; block++) {
    const name = `dense${block}`
    const first =
      block === 0
        ? net.conv(x, `${name}/conv0/filters`, net.vector(`${name}/conv0/bias`), 2)
        : net.separable(x, `${name}/conv0`, 2)
    let sum = relu(first)
    for (let layer = 1; layer < 4; layer++) {
      sum = writer.node('Add', [sum, net.separable(relu(sum), `${name}/conv${layer}`, 1)])
    }
    x = relu(sum)
  }
  x = writer.node('AveragePool', [x], { kernel_shape: [7, 7], strides: [2, 2] })
  x = writer.node('Flatten', [x])
  const fc = weights.get('fc/weights')
  writer.node('Gemm', [x, writer.constant(fc.shape, fc.values), net.vector('fc/bias')], {}, 'points')
  writer.output('points', ['n', 136])
  return writer.finish()
}

/** Input `image` (n, 3, 150, 150), `(x - faceMean) / 255`; output `descriptor` (n, 128). */
export function descriptorNetwork(weights: FaceWeights): Uint8Array {
  const net = new Layers(weights)
  const { writer } = net
  const relu = (x: string) => writer.node('Relu', [x])
  let x = relu(net.scaled(writer.input('image', ['n', 3, descriptorSide, descriptorSide]), 'conv32_down', 2))
  x = writer.node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2] })
  let channels = 32
  // sides after each halving, which decide where zeros fill up the convolution's side
  let side = 35
  for (const [width, blocks] of [
    [32, 3],
    [64, 3],
    [128, 2],
    [256, 2],
  ] as const) {
    if (width !== channels) [x, side, channels] = net.halve(x, `conv${width}_down`, side, channels, width)
    for (let block = 1; block <= blocks; block++) {
      const inner = relu(net.scaled(x, `conv${width}_${block}/conv1`, 1))
      x = relu(writer.node('Add', [net.scaled(inner, `conv${width}_${block}/conv2`, 1), x]))
    }
  }
  ;[x] = net.halve(x, 'conv256_down_out', side, channels, 256)
  x = writer.node('Flatten', [writer.node('GlobalAveragePool', [x])])
  const fc = weights.get('fc')
  writer.node('MatMul', [x, writer.constant(fc.shape, fc.values)], {}, 'descriptor')
  writer.output('descriptor', ['n', 128])
  return writer.finish()
}

/** Layers whose weights come in the (height, width, in, out) order of TensorFlow. */
class Layers {
  readonly writer = new OnnxWriter()
  readonly #weights: FaceWeights

  constructor(weights: FaceWeights) {
    this.#weights = weights
  }

  scalar(value: number): string {
    return this.writer.constant([], Float32Array.of(value))
  }

  vector(name: string): string {
    const { shape, values } = this.#weights.get(name)
    return this.writer.constant(shape, values)
  }

  /** Convolution with TensorFlow's SAME padding, or VALID. */
  conv(
    x: string,
    filters: string,
    bias: string,
    stride: number,
    padding: 'SAME_UPPER' | 'VALID' = 'SAME_UPPER',
  ): string {
    const { shape, values } = this.#weights.get(filters)
    const [height, width, from, to] = shape as [number, number, number, number]
    const filter = this.writer.constant([to, from, height, width], outFirst(values, height * width, from, to))
    return this.writer.node('Conv', [x, filter, bias], {
      auto_pad: padding,
      kernel_shape: [height, width],
      strides: [stride, stride],
    })
  }

  /** A convolution followed by a learned scale and shift a channel. */
  scaled(x: string, name: string, stride: number): string {
    const { shape, values } = this.#weights.get(`${name}/conv/filters`)
    const [height, width, from, to] = shape as [number, number, number, number]
    const scale = this.#weights.get(`${name}/scale/weights`).values
    const shift = this.#weights.get(`${name}/scale/biases`).values
    const bias = this.#weights.get(`${name}/conv/bias`).values
    const filters = outFirst(values, height * width, from, to)
    const each = filters.length / to
    const folded = this.writer.constant(
      [to, from, height, width],
      filters.map((value, i) => value * scale[Math.floor(i / each)]!),
    )
    const offset = this.writer.constant(
      [to],
      bias.map((value, i) => value * scale[i]! + shift[i]!),
    )
    const padding = stride === 1 ? 'SAME_UPPER' : 'VALID'
    return this.writer.node('Conv', [x, folded, offset], {
      auto_pad: padding,
      kernel_shape: [height, width],
      strides: [stride, stride],
    })
  }

  /** Depthwise then pointwise convolution with one bias. */
  separable(x: string, name: string, stride: number): string {
    return this.conv(
      this.#depthwise(x, `${name}/depthwise_filter`, stride),
      `${name}/pointwise_filter`,
      this.vector(`${name}/bias`),
      1,
    )
  }

  /** Depthwise convolution with its batch normalisation folded in. */
  depthwiseNormed(x: string, name: string, stride: number): string {
    const part = (norm: string) => this.#weights.get(`${name}/BatchNorm/${norm}`).values
    const [mean, variance, gamma, beta] = [part('moving_mean'), part('moving_variance'), part('gamma'), part('beta')]
    const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + 0.0010000000474974513))
    const bias = beta.map((value, i) => value - mean[i]! * scale[i]!)
    return this.#depthwise(x, `${name}/depthwise_weights`, stride, scale, bias)
  }

  /** A residual block that halves the sides: average pooling beside two convolutions, zeros where sizes differ. */
  halve(x: string, name: string, side: number, channels: number, width: number): [string, number, number] {
    const { writer } = this
    const inner = writer.node('Relu', [this.scaled(x, `${name}/conv1`, 2)])
    let out = this.scaled(inner, `${name}/conv2`, 1)
    let pooled = writer.node('AveragePool', [x], { kernel_shape: [2, 2], strides: [2, 2] })
    const pooledSide = Math.floor(side / 2)
    const missing = pooledSide - Math.floor((side - 1) / 2)
    if (missing > 0) out = writer.node('Pad', [out, writer.integers([0, 0, 0, 0, 0, 0, missing, missing])])
    if (width > channels)
      pooled = writer.node('Pad', [pooled, writer.integers([0, 0, 0, 0, 0, width - channels, 0, 0])])
    return [writer.node('Relu', [writer.node('Add', [pooled, out])]), pooledSide, width]
  }

  #depthwise(x: string, name: string, stride: number, scale?: Float32Array, bias?: Float32Array): string {
    const { shape, values } = this.#weights.get(name)
    const [height, width, channels] = shape as [number, number, number]
    const filters = outFirst(values, height * width, 1, channels)
    const each = height * width
    const folded = scale ? filters.map((value, i) => value * scale[Math.floor(i / each)]!) : filters
    const inputs = [x, this.writer.constant([channels, 1, height, width], folded)]
    if (bias) inputs.push(this.writer.constant([channels], bias))
    return this.writer.node('Conv', inputs, {
      auto_pad: 'SAME_UPPER',
      group: channels,
      kernel_shape: [height, width],
      strides: [stride, stride],
    })
  }
}

/** (area, from, to) to (to, from, area). */
function outFirst(values: Float32Array, area: number, from: number, to: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let p = 0; p < area; p++) {
    for (let i = 0; i < from; i++) {
      for (let o = 0; o < to; o++) result[(o * from + i) * area + p] = values[(p * from + i) * to + o]!
    }
  }
  return result
}
