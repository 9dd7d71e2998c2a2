/**
 * What is kept of an image to find its copies: a small grey picture, and what is computed from it once.
 *
 * A copy is the same photo turned, mirrored, cropped, made lighter or darker, or saved again. Its texture (grain of the surface, noise of
 * the sensor) is the same, at other places. Two photos of two like things have like outlines, and each its own texture.
 */
import { shrinkToGrey } from './grey.ts'
import type { Pixels } from './pixels.ts'

/** Side of a fingerprint. At 96 cells the texture of a copy is still there after saving as JPEG. */
export const fingerprintSide = 96

/** Grey levels, shape (96, 96), row-major. */
export type Fingerprint = Uint8Array

export function fingerprint(pixels: Pixels): Fingerprint {
  const grey = shrinkToGrey(pixels, fingerprintSide)
  const print = new Uint8Array(grey.length)
  for (let i = 0; i < grey.length; i++) print[i] = grey[i]! + 0.5 // rounded: what is kept is a whole number
  return print
}

/** A square grey picture. */
export interface Grid {
  readonly side: number
  readonly values: Float32Array
}

export interface Prepared {
  /** The picture at 12, 24, 48 and 96 cells. */
  readonly levels: readonly Grid[]
  /** The texture at 96 cells: a band of fine detail, strong edges cut down. */
  readonly texture: Grid
  /** Fourier coefficients of the picture along circles around its centre: see `polarSpectrum`. */
  readonly spectrum: Float32Array
  /** Their magnitudes as a unit vector, which turning and mirroring do not change. */
  readonly shape: Float32Array
}

export function prepare(print: Fingerprint): Prepared {
  const full: Grid = { side: fingerprintSide, values: new Float32Array(print) }
  const half = halve(full)
  const quarter = halve(half)
  const spectrum = polarSpectrum(half)
  let ownTexture: Grid | undefined
  return {
    levels: [halve(quarter), quarter, half, full],
    // few pairs are so alike that their textures are compared
    get texture() {
      ownTexture ??= texture(full)
      return ownTexture
    },
    spectrum,
    shape: magnitudes(spectrum),
  }
}

const rings = 10
const angles = 64
/** Frequencies along a circle that are kept: 0 to 16. */
export const frequencies = 17

/**
 * Real and imaginary parts of each ring's Fourier coefficients, shape (rings, 17, 2), weighted by the ring's length. Turning the
 * picture by phi multiplies coefficient k by e^(-ik phi); mirroring it takes the complex conjugate.
 */
function polarSpectrum(grid: Grid): Float32Array {
  const out = new Float32Array(rings * frequencies * 2)
  const circle = new Float64Array(rings * angles)
  let total = 0
  for (let r = 0; r < rings; r++) {
    const radius = (0.96 * (r + 0.7)) / rings
    for (let t = 0; t < angles; t++) {
      const angle = (2 * Math.PI * t) / angles
      circle[r * angles + t] = sampleAt(grid, radius * Math.cos(angle), radius * Math.sin(angle))
      total += (r + 0.7) * circle[r * angles + t]!
    }
  }
  const mean = total / (angles * (rings * 0.7 + (rings * (rings - 1)) / 2))
  for (let r = 0; r < rings; r++) {
    const weight = Math.sqrt(r + 0.7)
    for (let k = 0; k < frequencies; k++) {
      let [re, im] = [0, 0]
      for (let t = 0; t < angles; t++) {
        const value = circle[r * angles + t]! - mean
        re += value * cosines[(k * t) % angles]!
        im -= value * sines[(k * t) % angles]!
      }
      // both halves of the spectrum of a real signal: every frequency but 0 counts twice
      const factor = weight * (k === 0 ? 1 : Math.SQRT2)
      out[(r * frequencies + k) * 2] = factor * re
      out[(r * frequencies + k) * 2 + 1] = factor * im
    }
  }
  return toUnit(out)
}

/** One turn in so many steps: cosines, or sines. */
const aroundBy = (of: (angle: number) => number, steps: number) =>
  Float64Array.from({ length: steps }, (_, t) => of((2 * Math.PI * t) / steps))

const [cosines, sines] = [aroundBy(Math.cos, angles), aroundBy(Math.sin, angles)]
/** Angles at which a turn is tried. */
const turnSteps = 2 * angles
const [turnCosines, turnSines] = [aroundBy(Math.cos, turnSteps), aroundBy(Math.sin, turnSteps)]

function magnitudes(spectrum: Float32Array): Float32Array {
  return toUnit(
    Float32Array.from({ length: spectrum.length / 2 }, (_, i) => Math.hypot(spectrum[2 * i]!, spectrum[2 * i + 1]!)),
  )
}

/** How a picture must be turned, and perhaps mirrored, to lie on another. */
export interface Turn {
  readonly angle: number
  readonly isMirrored: boolean
}

/** The best turns of `b` onto `a`, and those of its mirror image. */
export function bestTurns(a: Float32Array, b: Float32Array): Turn[] {
  return [false, true].flatMap((isMirrored) => {
    const sign = isMirrored ? -1 : 1
    const re = new Float64Array(frequencies)
    const im = new Float64Array(frequencies)
    for (let r = 0; r < rings; r++) {
      for (let k = 0; k < frequencies; k++) {
        const at = (r * frequencies + k) * 2
        const bi = sign * b[at + 1]!
        re[k]! += a[at]! * b[at]! + a[at + 1]! * bi
        im[k]! += a[at]! * bi - a[at + 1]! * b[at]!
      }
    }
    const around = new Float64Array(turnSteps)
    for (let t = 0; t < turnSteps; t++) {
      for (let k = 0; k < frequencies; k++) {
        const at = (k * t) % turnSteps
        around[t]! += re[k]! * turnCosines[at]! - im[k]! * turnSines[at]!
      }
    }
    return highestPeaks(around).map((t) => ({ angle: (2 * Math.PI * t) / turnSteps, isMirrored }))
  })
}

/** Of a picture, and of its mirror image: a flange with six holes lies almost as well on itself at six angles. */
const turnsEach = 3

function highestPeaks(around: Float64Array): number[] {
  const steps = around.length
  const isPeak = (t: number) => around[t]! >= around[(t + 1) % steps]! && around[t]! > around[(t + steps - 1) % steps]!
  return Array.from(around.keys())
    .filter(isPeak)
    .sort((a, b) => around[b]! - around[a]!)
    .slice(0, turnsEach)
}

/** The value at (x, y), both in [-1, 1] with 0 in the middle, between cells. */
export function sampleAt({ side, values }: Grid, x: number, y: number): number {
  const u = Math.min(side - 1.001, Math.max(0, ((x + 1) * side - 1) / 2))
  const v = Math.min(side - 1.001, Math.max(0, ((y + 1) * side - 1) / 2))
  const i = Math.floor(u)
  const j = Math.floor(v)
  const fu = u - i
  const at = j * side + i
  const top = values[at]! + fu * (values[at + 1]! - values[at]!)
  const below = values[at + side]! + fu * (values[at + side + 1]! - values[at + side]!)
  return top + (v - j) * (below - top)
}

/** The difference of two blurs, cut at a quarter of three median deviations: outlines weigh hardly more than grain. */
function texture(grid: Grid): Grid {
  const fine = blur(grid, 0.6)
  const coarse = blur(grid, 1.5)
  const band = fine.map((value, i) => value - coarse[i]!)
  const limit = 0.75 * smallest(band.map(Math.abs), band.length >> 1) || 1
  return { side: grid.side, values: band.map((value) => Math.max(-limit, Math.min(limit, value))) }
}

function blur({ side, values }: Grid, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma)
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  )
  const sum = kernel.reduce((total, value) => total + value, 0)
  const pass = (source: Float32Array, step: number, other: number): Float32Array => {
    const out = new Float32Array(side * side)
    // with its ends repeated, so that no place needs a look at where it is
    const padded = new Float64Array(side + 2 * reach)
    for (let line = 0; line < side; line++) {
      for (let i = 0; i < padded.length; i++)
        padded[i] = source[line * other + Math.min(side - 1, Math.max(0, i - reach)) * step]!
      for (let i = 0; i < side; i++) {
        let value = 0
        for (let k = 0; k < kernel.length; k++) value += kernel[k]! * padded[i + k]!
        out[line * other + i * step] = value / sum
      }
    }
    return out
  }
  return pass(pass(values, 1, side), side, 1)
}

/** The value that stands at index k when they are sorted; changes their order (Hoare, "Algorithm 65: find", CACM 4, 1961). */
function smallest(values: Float32Array, k: number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const pivot = values[k]!
    let [i, j] = [low, high]
    while (i <= j) {
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
      if (i > j) continue
      const value = values[i]!
      values[i++] = values[j]!
      values[j--] = value
    }
    if (j < k) low = i
    if (k < i) high = j
  }
  return values[k]!
}

function halve({ side, values }: Grid): Grid {
  const half = side >> 1
  const out = new Float32Array(half * half)
  for (let y = 0; y < half; y++) {
    for (let x = 0; x < half; x++) {
      const at = 2 * y * side + 2 * x
      out[y * half + x] = (values[at]! + values[at + 1]! + values[at + side]! + values[at + side + 1]!) / 4
    }
  }
  return { side: half, values: out }
}

function toUnit(vector: Float32Array): Float32Array {
  let sum = 0
  for (const value of vector) sum += value * value
  const length = Math.sqrt(sum)
  return length > 0 ? vector.map((value) => value / length) : vector
}
