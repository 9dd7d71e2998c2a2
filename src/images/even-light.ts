/**
 * Evens out light: what a lamp adds from one side to the other, or from one shot to the next, is divided out, and what is small stays.
 * A pixel is divided by the brightness around it (a Gaussian of an eighth of the side, as three box means: Kovesi, "Fast almost-Gaussian
 * filtering", DICTA 2010). Retinex and flat-field correction do the same (Land and McCann, 1971).
 */
import type { Pixels } from './pixels.ts'

/** Standard deviation of the surroundings, in sides of the image. */
const reach = 1 / 8
/** The level that everything is brought to, and what keeps the noise of dark places small. */
const [middle, floor] = [128, 8]
/** Luma, ITU-R BT.601. */
const luma = [0.299, 0.587, 0.114] as const

/** @returns the same size; colours stay what they are beside each other */
export function evenLight(pixels: Pixels): Pixels {
  const { width, height, data } = pixels
  const around = new Float64Array(width * height)
  for (let i = 0; i < around.length; i++)
    around[i] = luma[0] * data[3 * i]! + luma[1] * data[3 * i + 1]! + luma[2] * data[3 * i + 2]!
  const line = new Float64Array(Math.max(width, height))
  for (let y = 0; y < height; y++) blurLine(around, y * width, 1, width, line)
  for (let x = 0; x < width; x++) blurLine(around, x, width, height, line)
  const evened = new Uint8Array(data.length)
  for (let i = 0; i < around.length; i++) {
    const factor = middle / (around[i]! + floor)
    for (let c = 3 * i; c < 3 * i + 3; c++) evened[c] = Math.min(255, Math.round((data[c]! + floor) * factor))
  }
  return { ...pixels, data: evened }
}

/** Three box means along `length` values that lie `step` apart; ends are repeated. */
function blurLine(values: Float64Array, from: number, step: number, length: number, line: Float64Array): void {
  // three boxes of width w have the variance (w^2 - 1) / 4
  const radius = Math.max(1, Math.round((Math.sqrt(4 * (reach * length) ** 2 + 1) - 1) / 2))
  const at = (i: number) => line[Math.max(0, Math.min(length - 1, i))]!
  for (let pass = 0; pass < 3; pass++) {
    for (let i = 0; i < length; i++) line[i] = values[from + i * step]!
    let sum = 0
    for (let i = -radius; i <= radius; i++) sum += at(i)
    for (let i = 0; i < length; i++) {
      values[from + i * step] = sum / (2 * radius + 1)
      sum += at(i + radius + 1) - at(i - radius)
    }
  }
}
