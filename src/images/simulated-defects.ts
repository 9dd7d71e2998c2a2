/**
 * Small defects drawn on good images, to see what a model would find without a single bad image: scratches, spots, and pieces from
 * another place of the same image (Li et al., "CutPaste", CVPR 2021). They are no picture of real defects; they say which member and
 * which detail sees small things on these images at all.
 */
import type { Random } from '../core/random.ts'
import type { Pixels } from './pixels.ts'

/** How far colours are moved, in levels. */
const contrast = { least: 20, most: 60 } as const

/** A copy of the image with one defect. */
export function drawDefect(image: Pixels, random: Random): Pixels {
  const copy = { ...image, data: Uint8Array.from(image.data) }
  const draw = [scratch, spot, paste][random.int(3)]!
  draw(copy, random)
  return copy
}

/** A thin, slightly bent line. */
function scratch(image: Pixels, random: Random): void {
  const side = Math.min(image.width, image.height)
  const length = between(0.08, 0.3, random) * side
  const thickness = between(0.006, 0.014, random) * side
  let [x, y] = somewhere(image, random)
  let angle = 2 * Math.PI * random.next()
  const bend = (random.next() - 0.5) / (0.3 * side)
  const change = changeOf(random)
  const touched = new Set<number>()
  for (let step = 0; step < length; step += 0.5) {
    blend(image, x, y, thickness, change, touched)
    x += 0.5 * Math.cos(angle)
    y += 0.5 * Math.sin(angle)
    angle += bend
  }
}

/** A soft-edged ellipse. */
function spot(image: Pixels, random: Random): void {
  const side = Math.min(image.width, image.height)
  const [cx, cy] = somewhere(image, random)
  const [a, b] = [between(0.012, 0.04, random) * side, between(0.012, 0.04, random) * side]
  const change = changeOf(random)
  for (let y = Math.max(0, Math.floor(cy - 2 * b)); y < Math.min(image.height, cy + 2 * b); y++) {
    for (let x = Math.max(0, Math.floor(cx - 2 * a)); x < Math.min(image.width, cx + 2 * a); x++) {
      const distance = Math.hypot((x - cx) / a, (y - cy) / b)
      const share = Math.min(1, Math.max(0, 1.5 - distance))
      if (share > 0) move(image, x, y, change * share)
    }
  }
}

/** A piece of the image, somewhere else. */
function paste(image: Pixels, random: Random): void {
  const { width, height, data } = image
  const side = Math.min(width, height)
  const w = Math.max(2, Math.round(between(0.04, 0.12, random) * side))
  const h = Math.max(2, Math.round(between(0.04, 0.12, random) * side))
  const corner = () => [random.int(width - w), random.int(height - h)] as const
  const [fromX, fromY] = corner()
  const [toX, toY] = corner()
  const piece = new Uint8Array(w * h * 3)
  for (let y = 0; y < h; y++) {
    const at = ((fromY + y) * width + fromX) * 3
    piece.set(data.subarray(at, at + w * 3), y * w * 3)
  }
  for (let y = 0; y < h; y++) data.set(piece.subarray(y * w * 3, (y + 1) * w * 3), ((toY + y) * width + toX) * 3)
}

function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random.next()
}

/** Not at the border, where a photo seldom shows its subject. */
function somewhere({ width, height }: Pixels, random: Random): [number, number] {
  return [between(0.1, 0.9, random) * width, between(0.1, 0.9, random) * height]
}

function changeOf(random: Random): number {
  return between(contrast.least, contrast.most, random) * (random.next() < 0.5 ? -1 : 1)
}

/** Moves the pixels around (x, y) that have not been moved. */
function blend(image: Pixels, x: number, y: number, radius: number, change: number, touched: Set<number>): void {
  for (let v = Math.round(y - radius); v <= Math.round(y + radius); v++) {
    for (let u = Math.round(x - radius); u <= Math.round(x + radius); u++) {
      const at = v * image.width + u
      if (u < 0 || v < 0 || u >= image.width || v >= image.height || touched.has(at)) continue
      touched.add(at)
      move(image, u, v, change)
    }
  }
}

function move({ width, data }: Pixels, x: number, y: number, change: number): void {
  const at = (y * width + x) * 3
  for (let c = 0; c < 3; c++) data[at + c] = Math.max(0, Math.min(255, Math.round(data[at + c]! + change)))
}
