/** The augmentation of the question: random shear, zoom and horizontal flip, bilinear, edges repeated. */
import type { Random } from '../core/random.ts'

export interface Augmentation {
  /** Largest shear angle, radians. */
  readonly shear: number
  /** Zoom in [1 - zoom, 1 + zoom] on each axis. */
  readonly zoom: number
  readonly flip: boolean
}

export const questionAugmentation: Augmentation = { shear: 0.2, zoom: 0.2, flip: true }

/** One square RGB image of `size` pixels at `from` of `source`, as [0, 1] floats at `to` of `target`, unchanged. */
export function copyImage(source: Uint8Array, from: number, target: Float32Array, to: number, size: number): void {
  const length = size * size * 3
  for (let i = 0; i < length; i++) target[to + i] = source[from + i]! / 255
}

/** As `copyImage`, through a random affine map about the centre. */
export function augmentImage(
  source: Uint8Array,
  from: number,
  target: Float32Array,
  to: number,
  size: number,
  { shear, zoom, flip }: Augmentation,
  random: Random,
): void {
  const angle = (2 * random.next() - 1) * shear
  const zoomX = 1 + (2 * random.next() - 1) * zoom
  const zoomY = 1 + (2 * random.next() - 1) * zoom
  const mirrored = flip && random.next() < 0.5 ? -1 : 1
  // target -> source: x' = mirror * zoomX * x - sin(angle) * y, y' = zoomY * cos(angle) * y
  const a = mirrored * zoomX
  const b = -Math.sin(angle) * zoomY
  const d = Math.cos(angle) * zoomY
  const centre = (size - 1) / 2
  const last = size - 1
  for (let y = 0; y < size; y++) {
    const sy = clamp(d * (y - centre) + centre, last)
    const y0 = Math.floor(sy)
    const y1 = Math.min(y0 + 1, last)
    const fy = sy - y0
    for (let x = 0; x < size; x++) {
      const sx = clamp(a * (x - centre) + b * (y - centre) + centre, last)
      const x0 = Math.floor(sx)
      const x1 = Math.min(x0 + 1, last)
      const fx = sx - x0
      const out = to + (y * size + x) * 3
      for (let c = 0; c < 3; c++) {
        const top = mix(source[from + (y0 * size + x0) * 3 + c]!, source[from + (y0 * size + x1) * 3 + c]!, fx)
        const bottom = mix(source[from + (y1 * size + x0) * 3 + c]!, source[from + (y1 * size + x1) * 3 + c]!, fx)
        target[out + c] = mix(top, bottom, fy) / 255
      }
    }
  }
}

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(last, value))
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share
}
