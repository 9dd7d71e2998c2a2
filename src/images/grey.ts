/** Grey images as small grids, for hashes and fingerprints. */
import type { Pixels } from './pixels.ts'

/** Luma (Rec. 601) averaged over a grid of `side` x `side` cells, 0 to 255, row by row; small images repeat pixels. */
export function shrinkToGrey({ width, height, data }: Pixels, side: number): Float64Array {
  const grey = new Float64Array(side * side)
  for (let gy = 0; gy < side; gy++) {
    const top = Math.floor((gy * height) / side)
    const bottom = Math.max(top + 1, Math.floor(((gy + 1) * height) / side))
    for (let gx = 0; gx < side; gx++) {
      const left = Math.floor((gx * width) / side)
      const right = Math.max(left + 1, Math.floor(((gx + 1) * width) / side))
      let sum = 0
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const at = (y * width + x) * 3
          sum += 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
        }
      }
      grey[gy * side + gx] = sum / ((bottom - top) * (right - left))
    }
  }
  return grey
}
