/** Pixels to the numbers a network takes: one batch, laid out and scaled as the manifest says. */
import { OneclassError } from '../errors.ts'
import type { Pixels } from '../images/pixels.ts'
import type { BackboneManifest } from './backbone.ts'

type Input = BackboneManifest['input']

/**
 * @param images all of the input's width and height
 * @param flip also append every image mirrored left to right, after the plain ones
 * @returns (n or 2n, 3, height, width) or (n or 2n, height, width, 3), row-major
 */
export function toTensor(images: readonly Pixels[], input: Input, flip: boolean): Float32Array {
  const { width, height, layout } = input
  const area = width * height
  const size = area * 3
  const tensor = new Float32Array(images.length * size * (flip ? 2 : 1))
  const table = scaleTable(input)
  // source channel of the first and of the third tensor channel
  const [first, third] = input.channels === 'BGR' ? [2, 0] : [0, 2]
  const [channelStep, pixelStep] = layout === 'NCHW' ? [area, 1] : [1, 3]
  const toMirrored = images.length * size
  for (const [index, { data, ...image }] of images.entries()) {
    if (image.width !== width || image.height !== height) {
      throw new OneclassError(
        'INTERNAL',
        `A ${image.width} x ${image.height} image was given where ${width} x ${height} is needed.`,
      )
    }
    for (let y = 0, from = 0, to = index * size; y < height; y++) {
      let mirrored = toMirrored + to + (width - 1) * pixelStep
      for (let x = 0; x < width; x++, from += 3, to += pixelStep, mirrored -= pixelStep) {
        const a = table[data[from + first]!]!
        const b = table[256 + data[from + 1]!]!
        const c = table[512 + data[from + third]!]!
        tensor[to] = a
        tensor[to + channelStep] = b
        tensor[to + 2 * channelStep] = c
        if (!flip) continue
        tensor[mirrored] = a
        tensor[mirrored + channelStep] = b
        tensor[mirrored + 2 * channelStep] = c
      }
    }
  }
  return tensor
}

/** table[channel * 256 + byte] = (byte / 255 - mean) / std */
function scaleTable({ mean, std }: Input): Float32Array {
  return Float32Array.from({ length: 768 }, (_, i) => ((i & 255) / 255 - mean[i >> 8]!) / std[i >> 8]!)
}
