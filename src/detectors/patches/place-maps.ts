/** Maps of distances: averaged over neighbours, and brought to each place's own unit. */
import type { PlaceGrid } from './place-gaussians.ts'

/** Weights of a place and of its neighbours along a line: nearly a Gaussian with a deviation of one place, in exact binary fractions. */
const binomial = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16] as const

/**
 * Each place's mean of squared distances with its neighbours, 5 x 5, by these weights; beyond the border lies what is on it. For models of
 * earlier builds, whose places were half as wide: at those of today it finds no more, and makes marks wider (bench/results/places.md).
 */
export function smoothSquares(map: Float64Array, { height, width }: Pick<PlaceGrid, 'height' | 'width'>): Float64Array {
  const along = (from: Float64Array, length: number, step: number, lines: number, between: number) => {
    const out = new Float64Array(from.length)
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0
        for (let k = 0; k < 5; k++) {
          const at = Math.max(0, Math.min(length - 1, i + k - 2))
          sum += binomial[k]! * from[line * between + at * step]!
        }
        out[line * between + i * step] = sum
      }
    }
    return out
  }
  const squares = map.map((distance) => distance * distance)
  return along(along(squares, width, 1, height, width), height, width, width, 1)
}

/** A place's deviation is drawn to that of all places as if so many images had the latter. */
const priorImages = 8

/** What a place's distance is counted in. */
export interface Units {
  readonly mean: Float32Array
  readonly deviation: Float32Array
}

/** Mean and deviation of each place over the maps, and those without one of them. */
export function unitsOf(
  distances: readonly Float64Array[],
  places: number,
): { readonly all: Units; without(one: Float64Array): Units } {
  const sum = new Float64Array(places)
  const squares = new Float64Array(places)
  let n = 0
  for (const distance of distances) {
    if (distance === undefined) continue
    n++
    for (let p = 0; p < places; p++) {
      sum[p]! += distance[p]!
      squares[p]! += distance[p]! ** 2
    }
  }
  let shared = 0
  for (let p = 0; p < places; p++) shared += Math.max(0, squares[p]! / n - (sum[p]! / n) ** 2) / places
  const unitsFrom = (count: number, sumAt: (p: number) => number, squaresAt: (p: number) => number): Units => {
    const mean = Float32Array.from({ length: places }, (_, p) => sumAt(p) / count)
    const deviation = mean.map((m, p) => {
      const variance = Math.max(0, squaresAt(p) / count - m * m)
      return Math.sqrt((count * variance + priorImages * shared) / (count + priorImages)) || 1
    })
    return { mean, deviation }
  }
  return {
    all: unitsFrom(
      n,
      (p) => sum[p]!,
      (p) => squares[p]!,
    ),
    without: (one) =>
      unitsFrom(
        n - 1,
        (p) => sum[p]! - one[p]!,
        (p) => squares[p]! - one[p]! ** 2,
      ),
  }
}

export function inUnits(distance: Float64Array, { mean, deviation }: Units): Float64Array {
  return distance.map((value, p) => (value - mean[p]!) / deviation[p]!)
}
