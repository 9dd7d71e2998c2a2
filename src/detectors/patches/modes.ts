/**
 * Modes: the few ways in which whole maps of good images vary together, such as light, pose or the tone of the material. They are the
 * leading principal components of whole maps (Turk and Pentland, "Eigenfaces for recognition", 1991). What a defect changes is in a few
 * places and hardly in any mode; so each map is judged by what its modes leave.
 *
 * Maps are measured in bytes times `steps`, so that axes weigh as in the network's maps. Modes come from inner products of the images.
 */
import { symmetricEigen } from '../../core/eigen.ts'
import { columnMeans, type Matrix, matrix } from '../../core/matrix.ts'
import { gram, timesTransposed } from '../../core/products.ts'
import { middle } from './places.ts'

export interface PlaceModes {
  /** Unit vectors over all places and axes, shape (r, places * d), in levels around 128. */
  readonly bytes: Uint8Array
  /** What one level stands for, length r. */
  readonly levels: Float32Array
}

/** As the fit needs them: not rounded. */
export interface FittedModes {
  /** Shape (r, places * d). */
  readonly vectors: readonly Float32Array[]
  /** Variance of the images along each, length r. */
  readonly variances: readonly number[]
}

/** Modes at most, and images that one of them takes at least. */
const modesAtMost = 16
const imagesOfMode = 12
/** Values of an image that are multiplied at once. */
const block = 4096

/** Inner products of images, shape (n, n), each measured from the middle byte. */
export function productsOfImages(images: readonly Uint8Array[], steps: Float32Array): Matrix {
  const n = images.length
  const size = images[0]!.length
  const d = steps.length
  const out = matrix(n, n)
  for (let from = 0; from < size; from += block) {
    const width = Math.min(block, size - from)
    const part = matrix(n, width)
    images.forEach((image, i) => {
      for (let x = 0; x < width; x++) part.data[i * width + x] = (image[from + x]! - middle) * steps[(from + x) % d]!
    })
    const { data } = gram(part)
    for (let k = 0; k < data.length; k++) out.data[k]! += data[k]!
  }
  return out
}

/** @param products of all images (`productsOfImages`) @param rows those whose modes are wanted */
export function fitModes(
  products: Matrix,
  images: readonly Uint8Array[],
  rows: readonly number[],
  steps: Float32Array,
): FittedModes {
  const m = rows.length
  const count = Math.min(modesAtMost, Math.floor(m / imagesOfMode))
  if (count === 0) return { vectors: [], variances: [] }
  const inner = matrix(m, m)
  rows.forEach((i, p) => {
    rows.forEach((j, q) => {
      inner.data[p * m + q] = products.data[i * products.cols + j]!
    })
  })
  // images that repeat leave fewer directions than images: what is left there is rounding
  const least = 1e-9 * Math.max(...rows.map((_, p) => inner.data[p * m + p]!))
  const means = columnMeans(inner)
  const mean = means.reduce((sum, value) => sum + value, 0) / m
  for (let p = 0; p < m; p++) for (let q = 0; q < m; q++) inner.data[p * m + q]! += mean - means[p]! - means[q]!
  const { values, vectors } = symmetricEigen(inner)
  const kept = Array.from({ length: count }, (_, r) => m - 1 - r).filter((at) => values[at]! > least)
  const d = steps.length
  const size = images[0]!.length
  const found = kept.map(() => new Float32Array(size))
  const weights = matrix(kept.length, m)
  kept.forEach((at, r) => {
    for (let p = 0; p < m; p++) weights.data[r * m + p] = vectors.data[at * m + p]! / Math.sqrt(values[at]!)
  })
  for (let from = 0; from < size; from += block) {
    const width = Math.min(block, size - from)
    const part = matrix(width, m)
    rows.forEach((i, p) => {
      const image = images[i]!
      for (let x = 0; x < width; x++) part.data[x * m + p] = image[from + x]!
    })
    // weights of a centred eigenvector sum to 0: the mean image drops out
    const { data } = timesTransposed(weights, part)
    found.forEach((vector, r) => {
      for (let x = 0; x < width; x++) vector[from + x] = data[r * width + x]! * steps[(from + x) % d]!
    })
  }
  return { vectors: found, variances: kept.map((at) => values[at]! / m) }
}

/** Rounded to bytes, as a model keeps them. */
export function roundModes({ vectors }: FittedModes): PlaceModes {
  const size = vectors[0]?.length ?? 0
  const bytes = new Uint8Array(vectors.length * size)
  const levels = Float32Array.from(vectors, (vector, r) => {
    let most = 0
    for (const value of vector) most = Math.max(most, Math.abs(value))
    const level = most / (middle - 1) || 1
    for (let x = 0; x < size; x++) bytes[r * size + x] = Math.round(vector[x]! / level) + middle
    return level
  })
  return { bytes, levels }
}

/** Takes the modes out of a map, in place. @param map differences from the mean image in bytes times steps */
export function removeModes({ bytes, levels }: PlaceModes, map: Float32Array): void {
  const size = map.length
  const parts = levels.map((level, r) => {
    let sum = 0
    for (let x = 0, at = r * size; x < size; x++, at++) sum += map[x]! * (bytes[at]! - middle)
    return sum * level * level
  })
  parts.forEach((part, r) => {
    for (let x = 0, at = r * size; x < size; x++, at++) map[x]! -= part * (bytes[at]! - middle)
  })
}
