/**
 * Images at twice or three times the size that a network takes, so that smaller things are seen. The maps are those of the large image, in
 * one pass where the network takes any size, else put together from tiles. Of the whole image both sizes tell something: its embedding is
 * the mean of that at the network's own size and of that of the large image (bench/results/places.md, "Both sizes"). The former is the
 * mean of the image and its mirror image where that is asked for ("Mirrored").
 */
import { OneclassError } from '../errors.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'
import type { Detail } from '../wire/fit-choices.ts'
import type { Backbone, PlaceMap } from './backbone.ts'
import { withTarget } from './changed.ts'

/**
 * The same network, asking the decoder for images of `detail` times its side.
 * @param sizes undefined: embeddings are those of the network's own size alone, as in models of earlier builds
 */
export function atDetail(backbone: Backbone, detail: Detail, sizes: DecodeTarget['sizes']): Backbone {
  return detail === 1 ? backbone : withTarget(backbone, enlarge(backbone.target, detail, sizes))
}

export function enlarge(own: DecodeTarget, detail: Detail, sizes: DecodeTarget['sizes']): DecodeTarget {
  return { ...own, width: own.width * detail, height: own.height * detail, ...(sizes && { sizes }) }
}

/** The mean of embeddings, each brought to length 1. */
export function meanEmbedding(embeddings: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(embeddings[0]?.length ?? 0)
  for (const embedding of embeddings) {
    let squares = 0
    for (const value of embedding) squares += value * value
    const share = 1 / (embeddings.length * (Math.sqrt(squares) || 1))
    for (let j = 0; j < mean.length; j++) mean[j] = mean[j]! + embedding[j]! * share
  }
  return mean
}

/** How many times as large as width x height an image is. @throws INTERNAL when that is not a whole number */
export function detailOf({ width, height }: Pixels, own: { readonly width: number; readonly height: number }): number {
  const detail = width / own.width
  if (!Number.isInteger(detail) || height !== own.height * detail) {
    throw new OneclassError(
      'INTERNAL',
      `A ${width} x ${height} image was given where ${own.width} x ${own.height} is needed.`,
    )
  }
  return detail
}

/** Mean colour of each k x k block. */
export function shrink({ width, height, data }: Pixels, k: number): Pixels {
  const [w, h] = [width / k, height / k]
  const out = new Uint8Array(w * h * 3)
  const sums = new Uint32Array(w * 3)
  for (let y = 0, from = 0; y < h; y++) {
    sums.fill(0)
    for (let j = 0; j < k; j++) {
      for (let to = 0; to < sums.length; to += 3) {
        for (let i = 0; i < k; i++, from += 3) {
          sums[to]! += data[from]!
          sums[to + 1]! += data[from + 1]!
          sums[to + 2]! += data[from + 2]!
        }
      }
    }
    for (let x = 0; x < sums.length; x++) out[y * sums.length + x] = (sums[x]! / (k * k) + 0.5) | 0
  }
  return { width: w, height: h, data: out }
}

/** k x k tiles of equal size, row by row. */
export function tilesOf({ width, height, data }: Pixels, k: number): Pixels[] {
  const [w, h] = [width / k, height / k]
  return Array.from({ length: k * k }, (_, t) => {
    const [left, top] = [(t % k) * w, Math.floor(t / k) * h]
    const tile = new Uint8Array(w * h * 3)
    for (let y = 0; y < h; y++) {
      const from = ((top + y) * width + left) * 3
      tile.set(data.subarray(from, from + w * 3), y * w * 3)
    }
    return { width: w, height: h, data: tile }
  })
}

/** The map of an image from the maps of its k x k tiles, row by row. */
export function joinTiles(tiles: readonly PlaceMap[], k: number): PlaceMap {
  const { channels, height: h, width: w } = tiles[0]!
  const [height, width] = [h * k, w * k]
  const data = new Float32Array(channels * height * width)
  tiles.forEach((tile, t) => {
    const [left, top] = [(t % k) * w, Math.floor(t / k) * h]
    for (let line = 0; line < channels * h; line++) {
      const [c, y] = [Math.floor(line / h), line % h]
      data.set(tile.data.subarray(line * w, (line + 1) * w), (c * height + top + y) * width + left)
    }
  })
  return { channels, height, width, data }
}
