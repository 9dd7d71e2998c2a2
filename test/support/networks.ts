/** Small ONNX networks and pixels for the tests, made here. */
import { OnnxWriter } from '../../src/features/onnx/onnx-writer.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { noise } from './image-files.ts'

export interface Shape {
  readonly output?: string
  readonly side?: number | string
  readonly batch?: number | string
  readonly classifier?: boolean
  /** Also the map "blocks": the mean colour of each block of 4 x 4 pixels. */
  readonly blocks?: boolean
}

/** Mean colour through a 3 x dim matrix of ones counting up; with `classifier`, a further linear layer and softmax. */
export function meanColourNetwork({
  output = 'embedding',
  side = 8,
  batch = 'n',
  classifier = false,
  blocks = false,
}: Shape = {}): Uint8Array {
  const net = new OnnxWriter()
  const image = net.input('image', [batch, 3, side, side])
  const pooled = net.node('Flatten', [net.node('GlobalAveragePool', [image])])
  const matrix = net.constant(
    [3, 4],
    Float32Array.from({ length: 12 }, (_, i) => i),
  )
  const features = net.node('MatMul', [pooled, matrix], {}, classifier ? 'features' : output)
  if (classifier) {
    const logits = net.node('MatMul', [features, net.constant([4, 10], new Float32Array(40).fill(0.1))])
    net.node('Softmax', [logits], { axis: 1 }, output)
  }
  if (blocks) {
    net.node('AveragePool', [image], { kernel_shape: [4, 4], strides: [4, 4] }, 'blocks')
    const places = typeof side === 'number' ? side / 4 : 'places'
    net.output('blocks', [batch, 3, places, places])
  }
  net.output(output, [batch, classifier ? 10 : 4])
  return net.finish()
}

export function pixels(width: number, height: number, seed: number): Pixels {
  return { width, height, data: noise(width * height * 3, seed) }
}

/** What `meanColourNetwork` must give for an image, by plain arithmetic. */
export function expectedMean({ data }: Pixels, mean: number, std: number): number[] {
  const means = [0, 1, 2].map((channel) => {
    let sum = 0
    for (let i = channel; i < data.length; i += 3) sum += (data[i]! / 255 - mean) / std
    return sum / (data.length / 3)
  })
  return [0, 1, 2, 3].map((column) => means.reduce((sum, value, i) => sum + value * (i * 4 + column), 0))
}

export function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void {
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i]!)))
  if (found.length !== expected.length || !(worst <= tolerance)) {
    throw new Error(
      `expected ${Array.from(expected).slice(0, 4)} but found ${Array.from(found).slice(0, 4)}, off by ${worst}`,
    )
  }
}
