/** Heat maps laid over images, in colours that the colour-blind tell apart: dark blue over green to yellow, lighter all the way. */
import type { Pixels } from './pixels.ts'

/** Points of viridis (van der Walt and Smith, 2015): lightness rises evenly, so it reads in grey too. */
const ramp = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const

/** The colour of a value in [0, 1]. */
export function heatColour(value: number): [number, number, number] {
  const at = Math.max(0, Math.min(1, value)) * (ramp.length - 1)
  const i = Math.min(ramp.length - 2, Math.floor(at))
  const share = at - i
  const channel = (c: 0 | 1 | 2) => Math.round(ramp[i]![c] * (1 - share) + ramp[i + 1]![c] * share)
  return [channel(0), channel(1), channel(2)]
}

export interface Heat {
  readonly width: number
  readonly height: number
  /** In [0, 1], row by row; 0 stays clear. */
  readonly values: ArrayLike<number>
}

const strongest = 0.75
const barHeight = 10

/** The image with heat over it, and a bar of the colours below: from typical at the left to most unlike at the right. */
export function overlayHeat(image: Pixels, heat: Heat): Pixels {
  const { width } = image
  const height = image.height + barHeight
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const value = between(
        heat,
        ((x + 0.5) * heat.width) / width - 0.5,
        ((y + 0.5) * heat.height) / image.height - 0.5,
      )
      const at = (y * width + x) * 3
      const colour = heatColour(value)
      const share = strongest * Math.min(1, 2 * value)
      for (let c = 0; c < 3; c++) data[at + c] = Math.round(image.data[at + c]! * (1 - share) + colour[c]! * share)
    }
  }
  for (let y = image.height; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(heatColour(x / (width - 1)), (y * width + x) * 3)
  }
  return { width, height, data }
}

/** Bilinear, at (x, y) in cells. */
function between({ width, height, values }: Heat, x: number, y: number): number {
  const u = Math.max(0, Math.min(width - 1, x))
  const v = Math.max(0, Math.min(height - 1, y))
  const [i, j] = [Math.min(width - 1, Math.floor(u)), Math.min(height - 1, Math.floor(v))]
  const [k, l] = [Math.min(width - 1, i + 1), Math.min(height - 1, j + 1)]
  const [fu, fv] = [u - i, v - j]
  const top = values[j * width + i]! * (1 - fu) + values[j * width + k]! * fu
  const below = values[l * width + i]! * (1 - fu) + values[l * width + k]! * fu
  return top * (1 - fv) + below * fv
}
