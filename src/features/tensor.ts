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
  // source channel of each tensor channel
  const order = input.channels === 'BGR' ? [2, 1, 0] : [0, 1, 2]
  const [channelStep, pixelStep] = layout === 'NCHW' ? [area, 1] : [1, 3]
  images.forEach((image, index) => {
    if (image.width !== width || image.height !== height) {
      throw new OneclassError(
        'INTERNAL',
        `A ${image.width} x ${image.height} image was given where ${width} x ${height} is needed.`,
      )
    }
    for (let channel = 0; channel < 3; channel++) {
      const scaled = table.subarray(channel * 256, channel * 256 + 256)
      const plain = index * size + channel * channelStep
      const mirrored = plain + images.length * size
      for (let y = 0, from = order[channel]!; y < height; y++) {
        for (let x = 0; x < width; x++, from += 3) {
          const value = scaled[image.data[from]!]!
          tensor[plain + (y * width + x) * pixelStep] = value
          if (flip) tensor[mirrored + (y * width + width - 1 - x) * pixelStep] = value
        }
      }
    }
  })
  return tensor
}

/** table[channel * 256 + byte] = (byte / 255 - mean) / std */
function scaleTable({ mean, std }: Input): Float32Array {
  return Float32Array.from({ length: 768 }, (_, i) => ((i & 255) / 255 - mean[i >> 8]!) / std[i >> 8]!)
}
