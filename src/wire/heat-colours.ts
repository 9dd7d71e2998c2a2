/**
 * How heat is shown, the same on the page and in the files of `score --explain`: colours that the colour-blind tell apart, dark blue over
 * green to yellow, lighter all the way.
 */

/** Points of viridis (van der Walt and Smith, 2015): lightness rises evenly, so it reads in grey too. */
export const heatRamp = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
] as const

/** Values row by row. */
export interface HeatGrid {
  readonly width: number
  readonly height: number
  readonly values: ArrayLike<number>
}

/** A cell's value, 0 at the mark, as a place on the ramp: clear up to half the height of the mark, full colour at one and a half times. */
export function heatLevel(value: number): number {
  return Math.min(1, Math.max(0, value + 0.5))
}

/** The colour of a level in [0, 1]. */
export function heatColour(level: number): [number, number, number] {
  const at = Math.max(0, Math.min(1, level)) * (heatRamp.length - 1)
  const i = Math.min(heatRamp.length - 2, Math.floor(at))
  const share = at - i
  const channel = (c: 0 | 1 | 2) => Math.round(heatRamp[i]![c] * (1 - share) + heatRamp[i + 1]![c] * share)
  return [channel(0), channel(1), channel(2)]
}

/** How much of the image a level hides: what is marked shows its colour fully. */
export function heatOpacity(level: number): number {
  return 0.75 * Math.min(1, 2 * level)
}

/** Bilinear, at (u, v) in shares of the grid's sides. */
export function heatAt({ width, height, values }: HeatGrid, u: number, v: number): number {
  const x = Math.max(0, Math.min(width - 1, u * width - 0.5))
  const y = Math.max(0, Math.min(height - 1, v * height - 0.5))
  const [i, j] = [Math.floor(x), Math.floor(y)]
  const [k, l] = [Math.min(width - 1, i + 1), Math.min(height - 1, j + 1)]
  const [fx, fy] = [x - i, y - j]
  const top = values[j * width + i]! * (1 - fx) + values[j * width + k]! * fx
  const below = values[l * width + i]! * (1 - fx) + values[l * width + k]! * fx
  return top * (1 - fy) + below * fy
}
