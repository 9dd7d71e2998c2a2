/**
 * Modes: the few ways in which whole maps of good images vary together, such as light, pose or the tone of the material. They are the
 * leading principal components of maps averaged over blocks of places (Turk and Pentland, "Eigenfaces for recognition", 1991, on whole
 * images). What a defect changes is in a few places and hardly in any mode; so each place is judged by what the modes of its block leave.
 *
 * Blocks are places at detail 1, 2 x 2 places at detail 2: as many of them, and the same parts of the image. They are measured in bytes
 * times `steps`, so that axes weigh as in the network's maps.
 */
import { symmetricEigen } from '../../core/eigen.ts'
import { columnMeans, type Matrix, matrix } from '../../core/matrix.ts'
import { gram, timesTransposed } from '../../core/products.ts'
import { middle } from './places.ts'

export interface PlaceModes {
  /** Unit vectors over all blocks and axes, shape (r, blocks * d), in levels around 128. */
  readonly bytes: Uint8Array
  /** What one level stands for, length r. */
  readonly levels: Float32Array
}

/** As the fit needs them: not rounded. */
export interface FittedModes {
  /** Shape (r, blocks * d). */
  readonly vectors: readonly Float32Array[]
  /** Variance of the images along each, length r. */
  readonly variances: readonly number[]
}

/** Modes at most, and images that one of them takes at least. */
const modesAtMost = 16
const imagesOfMode = 12

/**
 * Mean of each block, shape (blocks, d).
 * @param map shape (places, d) @param blocks of each place
 */
export function blockMeans(map: ArrayLike<number>, blocks: Int32Array): Float32Array {
  const d = map.length / blocks.length
  const count = blocks.at(-1)! + 1
  const sizes = new Int32Array(count)
  const sums = new Float64Array(count * d)
  for (let p = 0, at = 0; p < blocks.length; p++) {
    const block = blocks[p]!
    sizes[block]!++
    for (let k = 0, to = block * d; k < d; k++) sums[to++]! += map[at++]!
  }
  const out = new Float32Array(sums.length)
  for (let block = 0, at = 0; block < count; block++) {
    const size = sizes[block]!
    for (let k = 0; k < d; k++, at++) out[at] = sums[at]! / size
  }
  return out
}

/** Inner products of images, shape (n, n). @param images block means of each, in any unit around any point */
export function productsOfImages(images: readonly Float32Array[]): Matrix {
  const size = images[0]!.length
  const all = matrix(images.length, size)
  images.forEach((image, i) => {
    all.data.set(image, i * size)
  })
  return gram(all)
}

/** @param products of all images (`productsOfImages`) @param rows those whose modes are wanted */
export function fitModes(products: Matrix, images: readonly Float32Array[], rows: readonly number[]): FittedModes {
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
  const size = images[0]!.length
  const weights = matrix(kept.length, m)
  kept.forEach((at, r) => {
    for (let p = 0; p < m; p++) weights.data[r * m + p] = vectors.data[at * m + p]! / Math.sqrt(values[at]!)
  })
  const part = matrix(size, m)
  rows.forEach((i, p) => {
    const image = images[i]!
    for (let x = 0; x < size; x++) part.data[x * m + p] = image[x]!
  })
  // weights of a centred eigenvector sum to 0: the mean image drops out
  const { data } = timesTransposed(weights, part)
  const found = kept.map((_, r) => Float32Array.from(data.subarray(r * size, (r + 1) * size)))
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

/** What the modes account for in an image, shape (blocks, d). @param means its block means, less those of the mean image */
export function modesIn({ bytes, levels }: PlaceModes, means: Float32Array): Float32Array {
  const size = means.length
  const out = new Float32Array(size)
  const count = levels.length
  const rowOf = (r: number) => bytes.subarray(Math.min(r, count - 1) * size, Math.min(r + 1, count) * size)
  // four modes at a time, since additions wait for each other; each one's run in their own order, and one that is not there adds nothing
  for (let r = 0; r < count; r += 4) {
    const [b0, b1, b2, b3] = [rowOf(r), rowOf(r + 1), rowOf(r + 2), rowOf(r + 3)]
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let x = 0; x < size; x++) {
      const value = means[x]!
      s0 += value * (b0[x]! - middle)
      s1 += value * (b1[x]! - middle)
      s2 += value * (b2[x]! - middle)
      s3 += value * (b3[x]! - middle)
    }
    const partOf = (sum: number, q: number): number => {
      const level = levels[r + q] ?? 0
      return sum * level * level
    }
    const [p0, p1, p2, p3] = [partOf(s0, 0), partOf(s1, 1), partOf(s2, 2), partOf(s3, 3)]
    for (let x = 0; x < size; x++) {
      const one = Math.fround(out[x]! + p0 * (b0[x]! - middle))
      const two = Math.fround(one + p1 * (b1[x]! - middle))
      const three = Math.fround(two + p2 * (b2[x]! - middle))
      out[x] = three + p3 * (b3[x]! - middle)
    }
  }
  return out
}
