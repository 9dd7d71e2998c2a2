/**
 * A Gaussian for each place of aligned images: Defard et al., "PaDiM: a patch distribution modeling framework for anomaly detection and
 * localization", ICPR 2021. What is new: neighbouring places, a block, have a mean each and one covariance. Against a covariance for each
 * place (PaDiM) that loses .004 on cells, .03 on screws and nothing on castings and tiles, and takes a quarter of the room at detail 2
 * (bench/results/places.md). Each is shrunk towards that of all places in the weight of d images (the mean of an inverse Wishart
 * distribution whose prior is worth d observations), so that few images do.
 *
 * Sums of bytes are whole numbers: adding and subtracting them loses nothing, and a fold is left out by subtracting its sums.
 */
import { cholesky } from '../../core/cholesky.ts'
import { matrix } from '../../core/matrix.ts'
import { blockMeans, type FittedModes, modesIn, type PlaceModes } from './modes.ts'
import { middle } from './places.ts'

/** How the places of a map lie. */
export interface PlaceGrid {
  readonly height: number
  readonly width: number
  /** Side of a block, in places; the last ones of a row or column may be smaller. Absent in models of earlier builds: 1. */
  readonly block?: number | undefined
}

/** Sums over images. */
export interface PlaceSums {
  readonly n: number
  /** Of each place's vectors, shape (places, d). */
  readonly first: Float64Array
  /** Of their products over the places of a block, the lower triangle row by row, shape (blocks, d (d + 1) / 2). */
  readonly second: Float64Array
}

export interface PlaceGaussians {
  /** Mean byte of each place, shape (places, d). */
  readonly means: Float32Array
  /** Inverse of each covariance's Cholesky factor, the lower triangle row by row, shape (blocks, d (d + 1) / 2). */
  readonly factors: Float32Array
}

/** The number of each place's block, length places. */
export function blocksOf({ height, width, block = 1 }: PlaceGrid): Int32Array {
  const columns = Math.ceil(width / block)
  const blockOf = (p: number) => Math.floor(p / width / block) * columns + Math.floor((p % width) / block)
  return Int32Array.from({ length: height * width }, (_, p) => blockOf(p))
}

/** Share of the mean variance that every direction has at least, so that covariances can be inverted. */
const floor = 0.02
/** The same of the mean variance before modes are taken out. */
const roundingFloor = 1e-6

/** @param images the places of each image, d bytes a place @param blocks of each place (`blocksOf`) */
export function sumPlaces(images: readonly Uint8Array[], d: number, blocks: Int32Array): PlaceSums {
  const places = blocks.length
  const triangle = (d * (d + 1)) / 2
  const first = new Float64Array(places * d)
  const second = new Float64Array((blocks.at(-1)! + 1) * triangle)
  const x = new Float64Array(d)
  for (const image of images) {
    for (let p = 0; p < places; p++) {
      for (let k = 0; k < d; k++) {
        x[k] = image[p * d + k]! - middle
        first[p * d + k]! += x[k]!
      }
      for (let i = 0, at = blocks[p]! * triangle; i < d; i++) {
        const value = x[i]!
        for (let j = 0; j <= i; j++) second[at++]! += value * x[j]!
      }
    }
  }
  return { n: images.length, first, second }
}

export function subtractSums(all: PlaceSums, part: PlaceSums): PlaceSums {
  return {
    n: all.n - part.n,
    first: all.first.map((value, i) => value - part.first[i]!),
    second: all.second.map((value, i) => value - part.second[i]!),
  }
}

/**
 * @param steps what one level of a byte stands for, length d
 * @param modes of the same images: the covariances are those of what the modes leave
 */
export function fitPlaceGaussians(
  { n, first, second }: PlaceSums,
  steps: Float32Array,
  blocks: Int32Array,
  { vectors, variances }: FittedModes = { vectors: [], variances: [] },
): PlaceGaussians {
  const d = steps.length
  const triangle = (d * (d + 1)) / 2
  const covariances = Float64Array.from(second, (sum) => sum / n)
  const sizes = new Float64Array(second.length / triangle)
  /** Less weight * vector vectorᵀ, for the d entries of `vector` that begin at `from`. */
  const take = (block: number, vector: { readonly [k: number]: number }, from: number, weight: number) => {
    for (let i = 0, at = block * triangle; i < d; i++) {
      const value = weight * vector[from + i]!
      for (let j = 0; j <= i; j++, at++) covariances[at]! -= value * vector[from + j]!
    }
  }
  blocks.forEach((block, p) => {
    sizes[block]!++
    take(block, first, p * d, 1 / (n * n))
  })
  sizes.forEach((size, block) => {
    for (let i = 0, at = block * triangle; i < d; i++)
      for (let j = 0; j <= i; j++, at++) covariances[at]! *= (steps[i]! * steps[j]!) / size
  })
  /** Mean over the places, the lower triangle row by row. */
  const meanOf = (of: Float64Array) => {
    const mean = new Float64Array(triangle)
    sizes.forEach((size, block) => {
      for (let k = 0, at = block * triangle; k < triangle; k++, at++) mean[k]! += (of[at]! * size) / blocks.length
    })
    return mean
  }
  const traceOf = (of: Float64Array) => {
    let trace = 0
    for (let i = 0; i < d; i++) trace += of[(i * (i + 3)) / 2]!
    return trace
  }
  const whole = traceOf(meanOf(covariances))
  vectors.forEach((vector, r) => {
    for (let block = 0; block < sizes.length; block++) take(block, vector, block * d, variances[r]!)
  })
  const shared = meanOf(covariances)
  // of one image nothing varies: any unit will do; where modes are all that varies, what they leave is rounding
  const least = Math.max(floor * traceOf(shared), roundingFloor * whole) / d || 1
  const share = d / (d + n)
  const factors = new Float32Array(second.length)
  const A = matrix(d, d)
  for (let from = 0; from < factors.length; from += triangle) {
    for (let i = 0, at = 0; i < d; i++) {
      for (let j = 0; j <= i; j++, at++) {
        A.data[i * d + j] = (1 - share) * covariances[from + at]! + share * shared[at]! + (i === j ? least : 0)
      }
    }
    inverseLower(cholesky(A).data, d, factors.subarray(from, from + triangle))
    // for vectors of bytes
    for (let i = 0, at = from; i < d; i++) for (let j = 0; j <= i; j++, at++) factors[at]! *= steps[j]!
  }
  return { means: Float32Array.from(first, (sum) => sum / n + middle), factors }
}

/** The inverse of a lower triangular matrix L (d, d), its lower triangle row by row. */
function inverseLower(L: Float64Array, d: number, out: Float32Array): void {
  const inverse = new Float64Array(d * d)
  for (let j = 0; j < d; j++) {
    inverse[j * d + j] = 1 / L[j * d + j]!
    for (let i = j + 1; i < d; i++) {
      let sum = 0
      for (let k = j; k < i; k++) sum += L[i * d + k]! * inverse[k * d + j]!
      inverse[i * d + j] = -sum / L[i * d + i]!
    }
  }
  for (let i = 0, at = 0; i < d; i++) for (let j = 0; j <= i; j++) out[at++] = inverse[i * d + j]!
}

/** What places are measured by. */
export interface PlaceMeasure {
  readonly gaussians: PlaceGaussians
  /** What one level of a byte stands for, length d. */
  readonly steps: Float32Array
  readonly blocks: Int32Array
  readonly modes?: PlaceModes | undefined
}

/** Mahalanobis distance of each place of an image from its mean, length places: of what the modes leave, where there are some. */
export function placeDistances({ gaussians, steps, blocks, modes }: PlaceMeasure, image: Uint8Array): Float64Array {
  const { means, factors } = gaussians
  const d = steps.length
  const map = new Float32Array(means.length)
  for (let at = 0; at < map.length; at++) map[at] = image[at]! - means[at]!
  if (modes?.levels.length) {
    const block = blockMeans(map, blocks)
    for (let b = 0; b < block.length; b += d) for (let k = 0; k < d; k++) block[b + k]! *= steps[k]!
    const shared = modesIn(modes, block)
    for (let b = 0; b < shared.length; b += d) for (let k = 0; k < d; k++) shared[b + k]! /= steps[k]!
    for (let p = 0, at = 0; p < blocks.length; p++)
      for (let k = 0, from = blocks[p]! * d; k < d; k++) map[at++]! -= shared[from++]!
  }
  // four places at a time, since additions wait for each other; each one's run in their own order
  const triangle = (d * (d + 1)) / 2
  const x = new Float64Array(4 * d)
  const at = new Int32Array(4)
  const out = new Float64Array(blocks.length)
  for (let first = 0; first < blocks.length; first += 4) {
    for (let q = 0; q < 4; q++) {
      const p = Math.min(first + q, blocks.length - 1)
      at[q] = blocks[p]! * triangle
      for (let k = 0; k < d; k++) x[4 * k + q] = map[p * d + k]!
    }
    const squares = squaresOfFour(factors, at, d, x)
    for (let q = 0; q < 4 && first + q < blocks.length; q++) out[first + q] = Math.sqrt(squares[q]!)
  }
  return out
}

/** |L x|² of four vectors x, which lie side by side, each for the lower triangle L of `factors` that begins at its number in `starts`. */
function squaresOfFour(
  factors: Float32Array,
  starts: Int32Array,
  d: number,
  x: Float64Array,
): [number, number, number, number] {
  let [at0, at1, at2, at3] = [starts[0]!, starts[1]!, starts[2]!, starts[3]!]
  let [a, b, c, e] = [0, 0, 0, 0]
  for (let i = 0; i < d; i++) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let j = 0, from = 0; j <= i; j++, from += 4) {
      s0 += factors[at0++]! * x[from]!
      s1 += factors[at1++]! * x[from + 1]!
      s2 += factors[at2++]! * x[from + 2]!
      s3 += factors[at3++]! * x[from + 3]!
    }
    a += s0 * s0
    b += s1 * s1
    c += s2 * s2
    e += s3 * s3
  }
  return [a, b, c, e]
}
