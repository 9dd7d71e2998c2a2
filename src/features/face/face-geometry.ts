/** Where faces are and how they are cut out: boxes from detector outputs, overlaps removed, upright square crops. */
import type { Pixels } from '../../images/pixels.ts'
import { anchorsPerCell, detectorStrides } from './face-networks.ts'

export interface Face {
  /** Centre and sides, in pixels of the image. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** 0 to 1 */
  readonly confidence: number
}

/** A square of an image, perhaps turned: `right` is the vector from its left to its right edge, in pixels. */
export interface Square {
  readonly x: number
  readonly y: number
  readonly right: readonly [number, number]
}

/** Height and width of each anchor of each feature map, in pixels of the detector's canvas. */
export type Anchors = readonly (readonly (readonly [number, number])[])[]

/** Side of the canvas for which the package stores its 5118 anchors (top, left, bottom, right, relative). */
const storedSide = 512

export function readAnchors(stored: Float32Array): Anchors {
  let from = 0
  return detectorStrides.map((stride, map) => {
    const cells = storedSide / stride
    const count = anchorsPerCell[map]!
    // a cell of the middle: at the edges, too, anchors are whole, but rounding is least here
    const first = from + Math.floor(cells / 2) * (cells + 1) * count
    from += cells * cells * count
    return Array.from({ length: count }, (_, i) => {
      const [top, left, bottom, right] = stored.subarray((first + i) * 4, (first + i) * 4 + 4)
      return [(bottom! - top!) * storedSide, (right! - left!) * storedSide] as const
    })
  })
}

/**
 * The faces in a detector's output, most confident first, in pixels of the canvas.
 * Codes as in SSD: centre offsets in tenths of the anchor, logarithms of the sides in fifths.
 */
export function decodeFaces(
  boxes: Float32Array,
  scores: Float32Array,
  canvas: { readonly width: number; readonly height: number },
  anchors: Anchors,
  minConfidence: number,
): Face[] {
  const found: Face[] = []
  let index = 0
  for (const [map, stride] of detectorStrides.entries()) {
    const rows = Math.ceil(canvas.height / stride)
    const columns = Math.ceil(canvas.width / stride)
    for (let cell = 0; cell < rows * columns; cell++) {
      for (const [anchorHeight, anchorWidth] of anchors[map]!) {
        const confidence = 1 / (1 + Math.exp(-scores[index * 3 + 1]!))
        if (confidence >= minConfidence) {
          const at = index * 4
          found.push({
            y: (Math.floor(cell / columns) + 0.5) * stride + (boxes[at]! / 10) * anchorHeight,
            x: ((cell % columns) + 0.5) * stride + (boxes[at + 1]! / 10) * anchorWidth,
            height: Math.exp(boxes[at + 2]! / 5) * anchorHeight,
            width: Math.exp(boxes[at + 3]! / 5) * anchorWidth,
            confidence,
          })
        }
        index++
      }
    }
  }
  return withoutOverlaps(found.sort((a, b) => b.confidence - a.confidence))
}

/** Greedy non-maximum suppression: a face that shares half its union, or lies in, a more confident one is the same face. */
function withoutOverlaps(faces: readonly Face[]): Face[] {
  const kept: Face[] = []
  for (const face of faces) {
    const same = kept.some((other) => {
      const width =
        Math.min(face.x + face.width / 2, other.x + other.width / 2) -
        Math.max(face.x - face.width / 2, other.x - other.width / 2)
      const height =
        Math.min(face.y + face.height / 2, other.y + other.height / 2) -
        Math.max(face.y - face.height / 2, other.y - other.height / 2)
      const shared = Math.max(0, width) * Math.max(0, height)
      const [a, b] = [face.width * face.height, other.width * other.height]
      return shared / (a + b - shared) > 0.5 || shared / Math.min(a, b) > 0.8
    })
    if (!same) kept.push(face)
  }
  return kept
}

/** The square about a detected face, from which landmarks are read. */
export function faceSquare(face: Face): Square {
  const side = Math.max(face.width, face.height)
  return { x: face.x - side / 2, y: face.y - side / 2, right: [side, 0] }
}

/**
 * The upright square that the descriptor was trained on, as dlib and face-api cut it: its side is the distance of eyes and
 * mouth over .45, and the mean of the two eyes and the mouth lies at its middle, 43 % from the top. The eyes are level.
 * @param points 68 x and y in turn, relative to `within`
 */
export function alignedSquare(points: Float32Array, within: Square): Square {
  const centre = (from: number, to: number): [number, number] => {
    let [x, y] = [0, 0]
    for (let i = from; i < to; i++) {
      x += points[i * 2]! / (to - from)
      y += points[i * 2 + 1]! / (to - from)
    }
    const side = within.right[0]
    return [within.x + x * side, within.y + y * side]
  }
  const [left, right, mouth] = [centre(36, 42), centre(42, 48), centre(48, 68)]
  const toMouth = (eye: readonly [number, number]) => Math.hypot(mouth[0] - eye[0], mouth[1] - eye[1])
  const side = Math.max(1, (toMouth(left) + toMouth(right)) / 2 / 0.45)
  const eyes = Math.hypot(right[0] - left[0], right[1] - left[1]) || 1
  const [cos, sin] = [(right[0] - left[0]) / eyes, (right[1] - left[1]) / eyes]
  const middle = [(left[0] + right[0] + mouth[0]) / 3, (left[1] + right[1] + mouth[1]) / 3] as const
  return {
    x: middle[0] - 0.5 * side * cos + 0.43 * side * sin,
    y: middle[1] - 0.5 * side * sin - 0.43 * side * cos,
    right: [side * cos, side * sin],
  }
}

/**
 * A square of the image as a (3, side, side) tensor, `(value - mean) / scale`, bilinear; black beyond the image's edges.
 * @param mirrored left and right exchanged
 */
export function cutSquare(
  image: Pixels,
  square: Square,
  side: number,
  mean: readonly number[],
  scale: number,
  mirrored = false,
): Float32Array {
  const { width, height, data } = image
  const [stepX, stepY] = [square.right[0] / side, square.right[1] / side]
  const tensor = new Float32Array(3 * side * side)
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const right = (mirrored ? side - 1 - column : column) + 0.5
      const down = row + 0.5
      const x = square.x + right * stepX - down * stepY - 0.5
      const y = square.y + right * stepY + down * stepX - 0.5
      const left = Math.floor(x)
      const top = Math.floor(y)
      const [fx, fy] = [x - left, y - top]
      const at = row * side + column
      for (let channel = 0; channel < 3; channel++) {
        let value = 0
        for (let corner = 0; corner < 4; corner++) {
          const px = left + (corner & 1)
          const py = top + (corner >> 1)
          if (px < 0 || py < 0 || px >= width || py >= height) continue
          const weight = ((corner & 1) === 1 ? fx : 1 - fx) * (corner > 1 ? fy : 1 - fy)
          value += weight * data[(py * width + px) * 3 + channel]!
        }
        tensor[channel * side * side + at] = (value - mean[channel]!) / scale
      }
    }
  }
  return tensor
}

/**
 * The image scaled to `longest`, on a canvas whose sides are multiples of 32, in -1..1. It is never left at its own scale: pixels
 * straight from a JPEG, their blocks lying on the network's grid, lost a face in twenty (confidence .2 to .45 instead of .97).
 */
export function detectorCanvas(
  image: Pixels,
  longest: number,
): { tensor: Float32Array; width: number; height: number; scale: number } {
  const fit = longest / Math.max(image.width, image.height)
  const scale = Math.abs(fit - 1) < 0.06 ? 0.875 : fit
  const [usedWidth, usedHeight] = [
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
  ]
  const [width, height] = [Math.ceil(usedWidth / 32) * 32, Math.ceil(usedHeight / 32) * 32]
  const area = width * height
  // what lies beyond the image is black, as the network was trained
  const tensor = new Float32Array(3 * area).fill(-1)
  const { data } = image
  for (let row = 0; row < usedHeight; row++) {
    const y = Math.min(image.height - 1, Math.max(0, (row + 0.5) / scale - 0.5))
    const top = Math.floor(y)
    const below = Math.min(top + 1, image.height - 1)
    const fy = y - top
    for (let column = 0; column < usedWidth; column++) {
      const x = Math.min(image.width - 1, Math.max(0, (column + 0.5) / scale - 0.5))
      const left = Math.floor(x)
      const beside = Math.min(left + 1, image.width - 1)
      const fx = x - left
      for (let channel = 0; channel < 3; channel++) {
        const a = data[(top * image.width + left) * 3 + channel]!
        const b = data[(top * image.width + beside) * 3 + channel]!
        const c = data[(below * image.width + left) * 3 + channel]!
        const d = data[(below * image.width + beside) * 3 + channel]!
        const upper = a + (b - a) * fx
        const lower = c + (d - c) * fx
        tensor[channel * area + row * width + column] = (upper + (lower - upper) * fy) / 127.5 - 1
      }
    }
  }
  return { tensor, width, height, scale }
}
