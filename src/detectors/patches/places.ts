/**
 * Places of an image: what a network's maps say of each spot, as short vectors of bytes.
 *
 * The vectors are projections on a few axes, averaged over 3 x 3 spots. The axes are principal components of maps of drawn images, the
 * same for every model of a network: so no row that is held out has a part in them, a version that grows keeps comparable
 * places, and an image's places are small enough (12 kB at 16 x 16 spots) to be kept and sent. Directions that hardly vary are left out
 * with purpose: in single spots they are noise (tiles: AUROC .74 with all 160 channels, .81 with 48 axes).
 */
import { symmetricEigen } from '../../core/eigen.ts'
import { type Matrix, matrix } from '../../core/matrix.ts'
import { productsWithPanels } from '../../core/panel-products.ts'
import { type Panels, toPanels } from '../../core/panels.ts'
import { gram, transpose } from '../../core/products.ts'

/** A map of a network, shape (channels, height, width). */
export interface PlaceMap {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Float32Array
}

export interface PlaceAxes {
  /** Of all maps together. */
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

/** Axes that are kept; between 32, which is best for tiles, and 64, which is best for castings. */
const axesKept = 48
/** Bytes reach to this many standard deviations of the drawn images' places. */
const reach = 4
/** The byte that stands for the centre. */
export const middle = 128

/** @param images the maps of each image, finest first; the same kinds of maps for all */
export function fitPlaceAxes(images: readonly (readonly PlaceMap[])[]): PlaceAxes {
  const spots = images.map((maps) => spotsOf(maps))
  const { cols: channels } = spots[0]!
  const all = matrix(
    spots.reduce((sum, { rows }) => sum + rows, 0),
    channels,
  )
  let at = 0
  for (const [i, one] of spots.entries()) {
    all.data.set(smooth(one, images[i]![0]!).data, at)
    at += one.data.length
  }
  const scale = scalesOf(images[0]!, all)
  const mean = new Float64Array(channels)
  for (let i = 0; i < all.data.length; i++) mean[i % channels]! += all.data[i]! / all.rows
  for (let i = 0; i < all.data.length; i++) all.data[i] = (all.data[i]! - mean[i % channels]!) * scale[i % channels]!
  const { values, vectors } = symmetricEigen(gram(transpose(all)))
  const count = Math.min(axesKept, channels)
  const axes = new Float32Array(count * channels)
  const centre = new Float32Array(count)
  const steps = new Float32Array(count)
  for (let k = 0; k < count; k++) {
    const from = (channels - 1 - k) * channels
    const sign = signOf(vectors.data.subarray(from, from + channels))
    for (let c = 0; c < channels; c++) {
      axes[k * channels + c] = sign * vectors.data[from + c]! * scale[c]!
      centre[k]! += axes[k * channels + c]! * mean[c]!
    }
    const deviation = Math.sqrt(Math.max(0, values[channels - 1 - k]! / all.rows))
    steps[k] = (reach * deviation) / (middle - 1) || 1
  }
  return { channels, count, axes, centre, steps }
}

/** Places of images, one after the other: spot by spot, row by row, d bytes each. */
export type PlacesOf = (maps: readonly PlaceMap[]) => Uint8Array

export function placesBy({ channels, count, axes, centre, steps }: PlaceAxes): PlacesOf {
  // of each map only its own channels: a coarse map is projected before it is spread over the spots of the finest
  const parts = new Map<number, Panels>()
  const axesFrom = (first: number, own: number): Panels => {
    const known = parts.get(first)
    if (known?.cols === own) return known
    const part = matrix(count, own)
    for (let k = 0; k < count; k++)
      for (let c = 0; c < own; c++) part.data[k * own + c] = axes[k * channels + first + c]!
    const panels = toPanels(part)
    parts.set(first, panels)
    return panels
  }
  return (maps) => {
    const { height, width } = maps[0]!
    const sum = matrix(height * width, count)
    let first = 0
    for (const map of maps) {
      const part = matrix(map.height * map.width, count)
      productsWithPanels(spotsFirst(map), axesFrom(first, map.channels), (i, products) => {
        for (let k = 0, at = i * count; k < count; k++) part.data[at++] = products[k]!
      })
      addSpread(sum, { height, width }, part, map)
      first += map.channels
    }
    const { data } = smooth(sum, { height, width })
    const out = new Uint8Array(data.length)
    for (let at = 0; at < data.length; at += count) {
      for (let k = 0; k < count; k++) {
        const level = Math.round((data[at + k]! - centre[k]!) / steps[k]!) + middle
        out[at + k] = level < 1 ? 1 : level > 255 ? 255 : level
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

/** Adds to each spot the row of the coarser map's spot that it lies in. */
function addSpread(sum: Matrix, { height, width }: Size, part: Matrix, map: Size): void {
  const { cols } = sum
  for (let y = 0; y < height; y++) {
    const from = Math.floor((y * map.height) / height) * map.width
    for (let x = 0; x < width; x++) {
      const spot = (from + Math.floor((x * map.width) / width)) * cols
      const to = (y * width + x) * cols
      for (let k = 0; k < cols; k++) sum.data[to + k]! += part.data[spot + k]!
    }
  }
}

/** Channels of all maps by spot of the finest, shape (height * width, channels). */
function spotsOf(maps: readonly PlaceMap[]): Matrix {
  const { height, width } = maps[0]!
  const channels = maps.reduce((sum, map) => sum + map.channels, 0)
  const out = matrix(height * width, channels)
  let first = 0
  for (const map of maps) {
    for (let y = 0; y < height; y++) {
      const from = Math.floor((y * map.height) / height) * map.width
      for (let x = 0; x < width; x++) {
        const spot = from + Math.floor((x * map.width) / width)
        const to = (y * width + x) * channels + first
        const area = map.height * map.width
        for (let c = 0; c < map.channels; c++) out.data[to + c] = map.data[c * area + spot]!
      }
    }
    first += map.channels
  }
  return out
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

/** For each channel 1 / the deviation of its map's channels: maps of different scales weigh alike. */
function scalesOf(maps: readonly PlaceMap[], spots: Matrix): Float64Array {
  const { rows, cols, data } = spots
  const scale = new Float64Array(cols)
  let first = 0
  for (const { channels } of maps) {
    let variance = 0
    for (let c = first; c < first + channels; c++) {
      let [sum, squares] = [0, 0]
      for (let i = 0; i < rows; i++) {
        sum += data[i * cols + c]!
        squares += data[i * cols + c]! ** 2
      }
      variance += (squares - (sum * sum) / rows) / rows
    }
    scale.fill(variance > 0 ? 1 / Math.sqrt(variance) : 1, first, first + channels)
    first += channels
  }
  return scale
}

/** An eigenvector has no sign of its own: its largest entry is made positive. */
function signOf(vector: Float64Array): number {
  let largest = 0
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value
  return largest < 0 ? -1 : 1
}
