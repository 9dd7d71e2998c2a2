/** Heat maps laid over images (`wire/heat-colours.ts`). */
import { type HeatGrid, heatAt, heatColour, heatOpacity } from '../wire/heat-colours.ts'
import type { Pixels } from './pixels.ts'

/** The part of the image that the heat covers, in shares of its sides. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const whole: Area = { x: 0, y: 0, width: 1, height: 1 }
const barHeight = 10

/**
 * @param heat levels in [0, 1] (`heatLevel`).
 * @returns the image with heat over it, and a bar of the colours below: from typical at the left to most unlike at the right.
 */
export function overlayHeat(image: Pixels, heat: HeatGrid, area: Area = whole): Pixels {
  const { width } = image
  const height = image.height + barHeight
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) / width - area.x) / area.width
      const v = ((y + 0.5) / image.height - area.y) / area.height
      const isSeen = u >= 0 && u <= 1 && v >= 0 && v <= 1
      const level = isSeen ? heatAt(heat, u, v) : 0
      const at = (y * width + x) * 3
      const colour = heatColour(level)
      const share = heatOpacity(level)
      for (let c = 0; c < 3; c++) data[at + c] = Math.round(image.data[at + c]! * (1 - share) + colour[c]! * share)
    }
  }
  for (let y = image.height; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(heatColour(width > 1 ? x / (width - 1) : 0), (y * width + x) * 3)
  }
  return { width, height, data }
}
