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
  const grey = new Float64Array(width * height)
  for (let i = 0, at = 0; i < grey.length; i++, at += 3)
    grey[i] = luma[0] * data[at]! + luma[1] * data[at + 1]! + luma[2] * data[at + 2]!
  blurRows(grey, width, height)
  const around = blurColumns(grey, width, height)
  const evened = new Uint8Array(data.length)
  for (let i = 0, at = 0; i < around.length; i++) {
    const factor = middle / (around[i]! + floor)
    // rounded: none is below 0
    for (let c = 0; c < 3; c++, at++) evened[at] = Math.min(255, ((data[at]! + floor) * factor + 0.5) | 0)
  }
  return { ...pixels, data: evened }
}

/** Box means after each other that are nearly a Gaussian. */
const passes = 3

/** Half of a box, without its middle, for so many pixels: three boxes of width w have the variance (w^2 - 1) / 4. */
function radiusFor(length: number): number {
  return Math.max(1, Math.round((Math.sqrt(4 * (reach * length) ** 2 + 1) - 1) / 2))
}

/** Along the rows, in place; ends are repeated. */
function blurRows(values: Float64Array, width: number, height: number): void {
  const radius = radiusFor(width)
  const box = 2 * radius + 1
  const line = new Float64Array(width + box)
  for (let from = 0; from < width * height; from += width) {
    for (let pass = 0; pass < passes; pass++) {
      line.fill(values[from]!, 0, radius)
      line.set(values.subarray(from, from + width), radius)
      line.fill(values[from + width - 1]!, radius + width)
      let sum = 0
      for (let i = 0; i < box; i++) sum += line[i]!
      for (let i = 0; i < width; i++) {
        values[from + i] = sum / box
        sum += line[i + box]! - line[i]!
      }
    }
  }
}

/** Along the columns, row by row, since rows lie together in memory; ends are repeated. @returns the blurred values; those given are lost */
function blurColumns(values: Float64Array, width: number, height: number): Float64Array {
  const radius = radiusFor(height)
  const box = 2 * radius + 1
  const sums = new Float64Array(width)
  const rowAt = (y: number) => Math.max(0, Math.min(height - 1, y)) * width
  let from = values
  let to: Float64Array = new Float64Array(values.length)
  for (let pass = 0; pass < passes; pass++) {
    sums.fill(0)
    for (let y = -radius; y <= radius; y++) for (let x = 0, at = rowAt(y); x < width; x++) sums[x]! += from[at++]!
    for (let y = 0; y < height; y++) {
      const [row, enters, leaves] = [y * width, rowAt(y + radius + 1), rowAt(y - radius)]
      for (let x = 0; x < width; x++) {
        to[row + x] = sums[x]! / box
        sums[x]! += from[enters + x]! - from[leaves + x]!
      }
    }
    ;[from, to] = [to, from]
  }
  return from
}
