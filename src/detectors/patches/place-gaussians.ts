/**
 * A Gaussian for each place of aligned images: Defard et al., "PaDiM: a patch distribution modeling framework for anomaly detection and
 * localization", ICPR 2021. What is new: each covariance is shrunk towards that of all places in the weight of d images (the mean of an
 * inverse Wishart distribution whose prior is worth d observations), so that few images do.
 *
 * Sums of bytes are whole numbers: adding and subtracting them loses nothing, and a fold is left out by subtracting its sums.
 */
import { cholesky } from '../../core/cholesky.ts'
import { matrix } from '../../core/matrix.ts'
import { type FittedModes, type PlaceModes, removeModes } from './modes.ts'
import { middle } from './places.ts'

/** Sums over images. */
export interface PlaceSums {
  readonly n: number
  /** Of each place's vectors, shape (places, d). */
  readonly first: Float64Array
  /** Of their products, the lower triangle row by row, shape (places, d (d + 1) / 2). */
  readonly second: Float64Array
}

export interface PlaceGaussians {
  /** Mean byte of each place, shape (places, d). */
  readonly means: Float32Array
  /** Inverse of each covariance's Cholesky factor, the lower triangle row by row, shape (places, d (d + 1) / 2). */
  readonly factors: Float32Array
}

/** Share of the mean variance that every direction has at least, so that covariances can be inverted. */
const floor = 0.02
/** The same of the mean variance before modes are taken out. */
const roundingFloor = 1e-6

/** @param images the places of each image, d bytes a place */
export function sumPlaces(images: readonly Uint8Array[], d: number): PlaceSums {
  const places = images[0]!.length / d
  const triangle = (d * (d + 1)) / 2
  const first = new Float64Array(places * d)
  const second = new Float64Array(places * triangle)
  const x = new Float64Array(d)
  for (const image of images) {
    for (let p = 0, at = 0; p < places; p++) {
      for (let k = 0; k < d; k++) {
        x[k] = image[p * d + k]! - middle
        first[p * d + k]! += x[k]!
      }
      for (let i = 0; i < d; i++) {
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
  { vectors, variances }: FittedModes = { vectors: [], variances: [] },
): PlaceGaussians {
  const d = steps.length
  const places = first.length / d
  const triangle = (d * (d + 1)) / 2
  const covariances = new Float64Array(second.length)
  const shared = new Float64Array(triangle)
  for (let p = 0, at = 0; p < places; p++) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++, at++) {
        const product = (first[p * d + i]! / n) * (first[p * d + j]! / n)
        covariances[at] = (second[at]! / n - product) * steps[i]! * steps[j]!
      }
    }
  }
  let whole = 0
  for (let p = 0; p < places; p++)
    for (let i = 0; i < d; i++) whole += covariances[p * triangle + (i * (i + 3)) / 2]! / places
  vectors.forEach((vector, r) => {
    for (let p = 0, at = 0; p < places; p++) {
      for (let i = 0; i < d; i++) {
        const value = variances[r]! * vector[p * d + i]!
        for (let j = 0; j <= i; j++, at++) covariances[at]! -= value * vector[p * d + j]!
      }
    }
  })
  for (let at = 0; at < covariances.length; at++) shared[at % triangle]! += covariances[at]! / places
  let trace = 0
  for (let i = 0; i < d; i++) trace += shared[(i * (i + 3)) / 2]!
  // of one image nothing varies: any unit will do; where modes are all that varies, what they leave is rounding
  const least = Math.max(floor * trace, roundingFloor * whole) / d || 1
  const share = d / (d + n)
  const factors = new Float32Array(second.length)
  const A = matrix(d, d)
  for (let p = 0; p < places; p++) {
    const from = p * triangle
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
  readonly modes?: PlaceModes | undefined
}

/** Mahalanobis distance of each place of an image from its mean, length places: of what the modes leave, where there are some. */
export function placeDistances({ gaussians, steps, modes }: PlaceMeasure, image: Uint8Array): Float64Array {
  const { means, factors } = gaussians
  const d = steps.length
  const places = means.length / d
  const out = new Float64Array(places)
  const map = new Float32Array(means.length)
  for (let at = 0; at < map.length; at++) map[at] = image[at]! - means[at]!
  if (modes?.levels.length) {
    for (let at = 0; at < map.length; at++) map[at]! *= steps[at % d]!
    removeModes(modes, map)
    for (let at = 0; at < map.length; at++) map[at]! /= steps[at % d]!
  }
  const x = new Float64Array(d)
  for (let p = 0, at = 0; p < places; p++) {
    for (let k = 0; k < d; k++) x[k] = map[p * d + k]!
    let squares = 0
    for (let i = 0; i < d; i++) {
      let sum = 0
      for (let j = 0; j <= i; j++) sum += factors[at++]! * x[j]!
      squares += sum * sum
    }
    out[p] = Math.sqrt(squares)
  }
  return out
}
