/**
 * Places of an image: what a network's maps say of each spot, as short vectors of bytes.
 *
 * The vectors are projections on a few axes of one map, averaged over 3 x 3 spots. The axes are principal components of maps of drawn
 * images, the same for every model of a network: so no row that is held out has a part in them, a version that grows keeps comparable
 * places, and an image's places are small enough (12 kB at 16 x 16 spots) to be kept and sent. Directions that hardly vary are left out
 * with purpose: in single spots they are noise (tiles: AUROC .74 with all 160 channels, .81 with 48 axes).
 */
import { symmetricEigen } from '../../core/eigen.ts'
import { columnMeans, type Matrix, matrix, subtractFromRows } from '../../core/matrix.ts'
import { productsWithPanels } from '../../core/panel-products.ts'
import { type Panels, toPanels } from '../../core/panels.ts'
import { gramOfColumns } from '../../core/products.ts'

/** A map of a network, shape (channels, height, width). */
export interface PlaceMap {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Float32Array
}

export interface PlaceAxes {
  /** Of the map that is looked at; of all maps together in models of earlier builds. */
  readonly channels: number
  /** Number of axes d. */
  readonly count: number
  /** Shape (d, channels). */
  readonly axes: Float32Array
  /** Projection of the mean, length d: what a vector of 128s stands for. */
  readonly centre: Float32Array
  /** What one level of a byte stands for, length d. */
  readonly steps: Float32Array
}

/**
 * Axes that are kept: with twice as many screws gain .03, tiles lose .007, and a model takes four times the room
 * (bench/results/places.md).
 */
const axesKept = 48
/** Largest stride of a map that is looked at, in pixels of the network's input. */
const coarsest = 16
/** Bytes reach to this many standard deviations of the drawn images' places. */
const reach = 4
/** The byte that stands for the centre. */
export const middle = 128

/**
 * The map of a network that new models look at: the coarsest of stride 16 or less. On most sets of real defects it tells more than finer
 * ones and than both together (bench/results/places.md, "Which map").
 */
export function mapToLookAt<T extends { readonly stride: number }>(maps: readonly T[]): T {
  return maps.findLast(({ stride }) => stride <= coarsest) ?? maps[0]!
}

/**
 * The maps that axes look at: one, or all together in models of earlier builds.
 * @param maps of one image or network, finest first
 */
export function mapsOf<T extends { readonly channels: number }>(maps: readonly T[], axes: PlaceAxes): readonly T[] {
  const all = maps.reduce((sum, { channels }) => sum + channels, 0)
  return all === axes.channels ? maps : maps.filter(({ channels }) => channels === axes.channels).slice(-1)
}

/** Principal axes of a map, in units of its channels' deviation. @param maps that map of each image */
export function fitPlaceAxes(maps: readonly PlaceMap[]): PlaceAxes {
  const { channels } = maps[0]!
  const count = Math.min(channels, axesKept)
  const rows = maps.reduce((sum, { height, width }) => sum + height * width, 0)
  const all = matrix(rows, channels)
  let at = 0
  for (const map of maps) {
    const { data } = spotsFirst(map)
    all.data.set(data, at)
    at += data.length
  }
  const mean = columnMeans(all)
  subtractFromRows(all, mean)
  let squares = 0
  for (let i = 0; i < all.data.length; i++) squares += all.data[i]! ** 2
  const scale = squares > 0 ? Math.sqrt(all.data.length / squares) : 1
  for (let i = 0; i < all.data.length; i++) all.data[i]! *= scale
  const { values, vectors } = symmetricEigen(gramOfColumns(all))
  const axes = new Float32Array(count * channels)
  const centre = new Float32Array(count)
  const steps = new Float32Array(count)
  for (let k = 0; k < count; k++) {
    const from = (channels - 1 - k) * channels
    const sign = signOf(vectors.data.subarray(from, from + channels))
    for (let c = 0; c < channels; c++) {
      axes[k * channels + c] = sign * vectors.data[from + c]! * scale
      centre[k]! += axes[k * channels + c]! * mean[c]!
    }
    const deviation = Math.sqrt(Math.max(0, values[channels - 1 - k]! / rows))
    steps[k] = (reach * deviation) / (middle - 1) || 1
  }
  return { channels, count, axes, centre, steps }
}

/** Places of images, one after the other: spot by spot, row by row, d bytes each. */
export type PlacesOf = (maps: readonly PlaceMap[]) => Uint8Array

export function placesBy(placeAxes: PlaceAxes): PlacesOf {
  const { channels, count, axes, centre, steps } = placeAxes
  // of each map only its own channels and the axes that look at them: a coarse map is projected before it is spread over the spots of the finest
  const parts = new Map<number, Part>()
  const partOf = (first: number, own: number): Part => {
    const known = parts.get(first)
    if (known?.panels.cols === own) return known
    const rowOf = (k: number) => axes.subarray(k * channels + first, k * channels + first + own)
    const used = Array.from({ length: count }, (_, k) => k).filter((k) => rowOf(k).some((value) => value !== 0))
    const matrixOfPart = matrix(used.length, own)
    for (const [row, k] of used.entries()) matrixOfPart.data.set(rowOf(k), row * own)
    const part = { used: Int32Array.from(used), panels: toPanels(matrixOfPart) }
    parts.set(first, part)
    return part
  }
  return (all) => {
    const maps = mapsOf(all, placeAxes)
    const { height, width } = maps[0]!
    const sum = matrix(height * width, count)
    let first = 0
    for (const map of maps) {
      const { used, panels } = partOf(first, map.channels)
      first += map.channels
      if (used.length === 0) continue
      const projected = matrix(map.height * map.width, used.length)
      productsWithPanels(spotsFirst(map), panels, (i, products) => {
        for (let k = 0, at = i * used.length; k < used.length; k++) projected.data[at++] = products[k]!
      })
      addSpread(sum, { height, width }, projected, used, map)
    }
    const { data } = smooth(sum, { height, width })
    const out = new Uint8Array(data.length)
    for (let at = 0; at < data.length; at += count) {
      for (let k = 0; k < count; k++) {
        const level = Math.floor((data[at + k]! - centre[k]!) / steps[k]! + 0.5) + middle // Math.round is far slower
        out[at + k] = Math.min(255, Math.max(1, level))
      }
    }
    return out
  }
}

/** Channels of a map by spot, shape (height * width, channels). */
function spotsFirst({ channels, height, width, data }: PlaceMap): Matrix {
  const area = height * width
  const out = matrix(area, channels)
  const to = out.data
  // in strips of channels, so that what is written stays in the cache
  for (let first = 0; first < channels; first += 16) {
    const end = Math.min(channels, first + 16)
    for (let p = 0; p < area; p++)
      for (let c = first, from = first * area + p; c < end; c++, from += area) to[p * channels + c] = data[from]!
  }
  return out
}

type Size = { readonly height: number; readonly width: number }

/** The axes that look at a map, by number, and their parts in its channels. */
interface Part {
  readonly used: Int32Array
  readonly panels: Panels
}

/** Adds to the axes `used` of each spot the row of the coarser map's spot that it lies in. */
function addSpread(sum: Matrix, { height, width }: Size, part: Matrix, used: Int32Array, map: Size): void {
  for (let y = 0; y < height; y++) {
    const from = Math.floor((y * map.height) / height) * map.width
    for (let x = 0; x < width; x++) {
      const spot = (from + Math.floor((x * map.width) / width)) * part.cols
      const to = (y * width + x) * sum.cols
      for (let k = 0; k < used.length; k++) sum.data[to + used[k]!]! += part.data[spot + k]!
    }
  }
}

/** Mean over each spot and its neighbours; spots at the border count twice there. */
function smooth(spots: Matrix, { height, width }: Size): Matrix {
  const { cols } = spots
  const pass = (from: Float64Array, length: number, step: number, lines: number, between: number) => {
    const out = new Float64Array(from.length)
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        const at = (line * between + i * step) * cols
        const before = i > 0 ? at - step * cols : at
        const behind = i < length - 1 ? at + step * cols : at
        for (let c = 0; c < cols; c++) out[at + c] = (from[before + c]! + from[at + c]! + from[behind + c]!) / 3
      }
    }
    return out
  }
  const rows = pass(spots.data, width, 1, height, width)
  return matrix(spots.rows, cols, pass(rows, height, width, width, 1))
}

/** An eigenvector has no sign of its own: its largest entry is made positive. */
function signOf(vector: Float64Array): number {
  let largest = 0
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value
  return largest < 0 ? -1 : 1
}
