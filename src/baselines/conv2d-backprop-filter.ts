/**
 * The gradient of a convolution with respect to its filter, the one kernel that TensorFlow.js' WebAssembly backend lacks to train
 * a CNN, written with operations that it has:
 *
 *   dW[i, j, c, o] = sum over n, y, x of  X[n, y s + i - top, x s + j - left, c] dY[n, y, x, o]
 *
 * Two ways of it, chosen by the number of input channels (measured at batch 8, ms of CPU an image):
 *                                            128 px, 3 -> 32    63 px, 32 -> 32    30 px, 32 -> 64
 *   im2col of the transposed input, matMul         5.1               14.1                4.8
 *   one conv2d of transposed X by transposed dY   11.8                7.3                3.5
 */
import type { NamedAttrMap, NamedTensorInfoMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { TensorFlow } from './tensorflow.ts'

type Padding = 'valid' | 'same' | number

/** Up to this many input channels im2col is the faster way. */
const im2colChannels = 8

/**
 * @param x (n, height, width, c)
 * @param dy gradient of the output, (n, outHeight, outWidth, o)
 * @param filter shape of the filter, [fh, fw, c, o]
 * @returns gradient of the filter, (fh, fw, c, o)
 */
export function conv2dBackpropFilter(
  tf: TensorFlow,
  x: Tensor4D,
  dy: Tensor4D,
  filter: readonly [number, number, number, number],
  strides: readonly [number, number] = [1, 1],
  padding: Padding = 'valid',
): Tensor4D {
  return tf.tidy(() => {
    const padded = pad(tf, x, dy, filter, strides, padding)
    return filter[2] <= im2colChannels
      ? byIm2col(tf, padded, dy, filter, strides)
      : byConvolution(tf, padded, dy, filter, strides)
  })
}

/** Registers the kernel under TensorFlow.js' own name, so that its gradients and ours find it. Registering twice is harmless. */
export function registerConv2dBackpropFilter(tf: TensorFlow, backendName: string): void {
  if (tf.getKernel('Conv2DBackpropFilter', backendName)) return
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as NamedTensorInfoMap
      const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as NamedAttrMap & {
        strides: [number, number] | number
        pad: Padding
        dataFormat: string
        dimRoundingMode?: string
        filterShape: [number, number, number, number]
      }
      if (dataFormat !== 'NHWC' || dimRoundingMode) {
        throw new Error(`Conv2DBackpropFilter is written for NHWC without rounding, not for ${dataFormat}`)
      }
      const step = typeof strides === 'number' ? ([strides, strides] as const) : strides
      return conv2dBackpropFilter(tf, x as Tensor4D, dy as Tensor4D, filterShape, step, pad)
    },
  })
}

/** X with its padding in place, cut to exactly what the strides reach: (out - 1) * stride + filter. */
function pad(
  tf: TensorFlow,
  x: Tensor4D,
  dy: Tensor4D,
  filter: readonly number[],
  strides: readonly number[],
  padding: Padding,
): Tensor4D {
  const sides = [0, 1].map((axis) => {
    const size = x.shape[axis + 1]!
    const reach = (dy.shape[axis + 1]! - 1) * strides[axis]! + filter[axis]!
    const total = padding === 'valid' ? 0 : padding === 'same' ? Math.max(0, reach - size) : 2 * padding
    const before = Math.floor(total / 2)
    return { before, after: Math.max(0, reach - size - before), reach }
  })
  const [vertical, horizontal] = sides as [(typeof sides)[0], (typeof sides)[0]]
  const padded = tf.pad(x, [
    [0, 0],
    [vertical.before, vertical.after],
    [horizontal.before, horizontal.after],
    [0, 0],
  ])
  return tf.slice(padded, [0, 0, 0, 0], [x.shape[0], vertical.reach, horizontal.reach, x.shape[3]]) as Tensor4D
}

/** (fh fw c, n oh ow) times (n oh ow, o): the input transposed to (c, n, h, w) first, so that each patch column is a slice. */
function byIm2col(
  tf: TensorFlow,
  x: Tensor4D,
  dy: Tensor4D,
  [fh, fw, c, o]: readonly [number, number, number, number],
  [sy, sx]: readonly [number, number],
): Tensor4D {
  const [n, oh, ow] = dy.shape
  const channelsFirst = tf.transpose(x, [3, 0, 1, 2])
  const columns: Tensor[] = []
  for (let i = 0; i < fh; i++) {
    for (let j = 0; j < fw; j++) {
      const end = [c, n, i + (oh - 1) * sy + 1, j + (ow - 1) * sx + 1]
      const patch = tf.stridedSlice(channelsFirst, [0, 0, i, j], end, [1, 1, sy, sx])
      columns.push(tf.reshape(patch, [c, n * oh * ow]))
    }
  }
  const product = tf.matMul(tf.concat(columns, 0) as never, tf.reshape(dy, [n * oh * ow, o]) as never)
  return tf.reshape(product, [fh, fw, c, o])
}

/** Channels as images and images as channels: dW is the convolution of X by dY, dilated by the strides. */
function byConvolution(
  tf: TensorFlow,
  x: Tensor4D,
  dy: Tensor4D,
  [fh, fw, c, o]: readonly [number, number, number, number],
  strides: readonly [number, number],
): Tensor4D {
  const images = tf.transpose(x, [3, 1, 2, 0]) as Tensor4D
  const filters = tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D
  const gradient = tf.conv2d(images, filters, 1, 'valid', 'NHWC', [strides[0], strides[1]])
  return tf.reshape(tf.transpose(gradient, [1, 2, 0, 3]), [fh, fw, c, o])
}
