/**
 * Perceptual hashes: near-duplicates (the same photo re-encoded, resized, slightly cropped or from one burst) differ in few bits.
 * Needed because near-duplicates on both sides of a split make held-out scores look better than they are.
 */
import { createGroups } from '../core/groups.ts'
import { shrinkToGrey } from './grey.ts'
import type { Pixels } from './pixels.ts'

/** 64 bits as two unsigned 32-bit halves. */
export interface PerceptualHash {
  readonly high: number
  readonly low: number
}

const grid = 32
const kept = 8

/** cosines[k * grid + x]: the k-th row of the type-II discrete cosine transform of 32 points, for k in 0..8. */
const cosines = Float64Array.from({ length: (kept + 1) * grid }, (_, i) => {
  const k = Math.floor(i / grid)
  return Math.cos((Math.PI * k * (2 * (i % grid) + 1)) / (2 * grid))
})

/**
 * The sign of the 64 lowest frequencies but the mean ones, relative to their median (Zauner 2010, "Implementation and
 * Benchmarking of Perceptual Image Hash Functions"): brightness, contrast, size and compression hardly change it.
 */
export function perceptualHash(pixels: Pixels): PerceptualHash {
  const grey = shrinkToGrey(pixels, grid)
  const rows = new Float64Array(kept * grid)
  for (let u = 0; u < kept; u++) {
    for (let y = 0; y < grid; y++) {
      let sum = 0
      for (let x = 0; x < grid; x++) sum += grey[y * grid + x]! * cosines[(u + 1) * grid + x]!
      rows[u * grid + y] = sum
    }
  }
  const frequencies = new Float64Array(kept * kept)
  for (let v = 0; v < kept; v++) {
    for (let u = 0; u < kept; u++) {
      let sum = 0
      for (let y = 0; y < grid; y++) sum += rows[u * grid + y]! * cosines[(v + 1) * grid + y]!
      // rounded: an image without structure must not hash the noise of the last digits
      frequencies[v * kept + u] = Math.round(sum * 1e3) / 1e3
    }
  }
  const sorted = frequencies.toSorted()
  const median = (sorted[31]! + sorted[32]!) / 2
  const bits = [0, 0]
  frequencies.forEach((value, i) => {
    if (value > median) bits[i >> 5] = (bits[i >> 5]! | (1 << (i & 31))) >>> 0
  })
  return { high: bits[0]!, low: bits[1]! }
}

/** Number of differing bits, 0 to 64. Unrelated images differ in about 32. */
export function hammingDistance(a: PerceptualHash, b: PerceptualHash): number {
  return popCount(a.high ^ b.high) + popCount(a.low ^ b.low)
}

/**
 * Groups images whose hashes are linked by steps of at most `maxDistance` bits.
 * @returns for each image the index of the first image of its group (its own index when it stands alone)
 */
export function groupByHash(hashes: readonly PerceptualHash[], maxDistance: number): Int32Array {
  const groups = createGroups(hashes.length)
  for (let i = 0; i < hashes.length; i++) {
    for (let j = 0; j < i; j++) {
      if (hammingDistance(hashes[i]!, hashes[j]!) <= maxDistance) groups.join(i, j)
    }
  }
  return groups.leaders()
}

function popCount(value: number): number {
  value -= (value >>> 1) & 0x55555555
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333)
  return (((value + (value >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}
