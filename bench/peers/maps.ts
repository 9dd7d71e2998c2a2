/**
 * The recipes of two papers on the maps of any network, for comparison: nothing of them is calibrated, and both choose nothing.
 *
 * PaDiM (Defard et al., ICPR 2021): 100 channels drawn at random, a Gaussian a place (covariance + 0.01 I), the map smoothed with a Gaussian
 * of 4 pixels, its maximum. PatchCore (Roth et al., CVPR 2022): vectors averaged over 3 x 3 places, a coreset of 1 % found greedily, the
 * distance to the nearest of it, the maximum (without the paper's re-weighting, which changes some thousandths). Vectors of PatchCore are
 * projected at random to 128 numbers, as the paper does for the coreset only: distances change by some per cent.
 */
import { cholesky } from '../../src/core/cholesky.ts'
import { type Matrix, matrix } from '../../src/core/matrix.ts'
import { timesTransposed } from '../../src/core/products.ts'
import { createRandom, type Random, sample } from '../../src/core/random.ts'
import { auroc } from '../../src/evaluation/metrics.ts'
import type { Backbone, PlaceMap } from '../../src/features/backbone.ts'
import { embedImages } from '../../src/features/embed.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { createPixelRanks, type Mask } from '../defect-masks.ts'
import { share } from '../material.ts'

interface Images {
  readonly train: readonly ImageSource[]
  readonly good: readonly ImageSource[]
  readonly bad: readonly ImageSource[]
}

interface Recipe {
  readonly name: string
  /** Distance of each place of an image, given its vectors, shape (places, d). */
  readonly distances: (vectors: Matrix) => Float64Array
  /** Of the Gaussian that smooths the map, in places. */
  readonly sigma: number
}

const kept = { padim: 100, patchCore: 128 } as const
const coresetShare = 0.01

/** One row a recipe: name, AUROC of images, AUROC of pixels. @throws Error where the network has no maps */
export async function judgePeers(
  backbone: Backbone,
  { train, good, bad }: Images,
  maskOf: (name: string) => Promise<Mask | undefined> | undefined,
): Promise<string[][]> {
  if (!backbone.maps?.length) throw new Error(`The manifest of "${backbone.id}" names no maps (outputs.maps).`)
  const channels = backbone.maps.reduce((sum, map) => sum + map.channels, 0)
  const random = createRandom(1)
  const drawn = sample(channels, Math.min(kept.padim, channels), random.fork('channels')).toSorted()
  const project = { padim: chosen(channels, drawn), patchCore: randomAxes(channels, random.fork('axes')) }
  const vectors = { padim: [] as Matrix[], patchCore: [] as Matrix[] }
  for await (const { maps } of embedImages(backbone, train, { maps: true })) {
    if (!maps) continue
    vectors.padim.push(timesTransposed(spotsOf(maps, false), project.padim))
    vectors.patchCore.push(timesTransposed(spotsOf(maps, true), project.patchCore))
  }
  const { stride } = backbone.maps[0]!
  const size = { width: backbone.target.width / stride, height: backbone.target.height / stride }
  const recipes = {
    padim: { name: 'PaDiM', distances: padim(vectors.padim), sigma: 4 / stride },
    patchCore: { name: 'PatchCore 1 %', distances: patchCore(vectors.patchCore, random), sigma: 4 / stride },
  } satisfies Record<string, Recipe>
  const ways = ['padim', 'patchCore'] as const
  const scores = { padim: [] as number[], patchCore: [] as number[] }
  const ranks = { padim: createPixelRanks(), patchCore: createPixelRanks() }
  const isPositive: number[] = []
  for (const [part, sources] of [good, bad].entries()) {
    for await (const { source, maps } of embedImages(backbone, sources, { maps: true })) {
      if (!maps) continue
      isPositive.push(1 - part)
      const mask = part === 0 ? null : await maskOf(source.name)
      for (const way of ways) {
        const { distances, sigma } = recipes[way]
        const map = smoothed(distances(timesTransposed(spotsOf(maps, way === 'patchCore'), project[way])), size, sigma)
        scores[way].push(Math.max(...map))
        const heat = { ...size, values: Array.from(map, (value) => Math.log(value + 1e-9)) }
        if (mask !== undefined) ranks[way].add(heat, mask, mask ?? { width: 256, height: 256 })
      }
    }
  }
  return ways.map((way) => [recipes[way].name, share(auroc(scores[way], isPositive)), share(ranks[way].area())])
}

/** Channels of all maps by spot of the finest, shape (spots, channels); averaged over 3 x 3 spots when asked to. */
function spotsOf(maps: readonly PlaceMap[], average: boolean): Matrix {
  const { height, width } = maps[0]!
  const channels = maps.reduce((sum, map) => sum + map.channels, 0)
  const out = matrix(height * width, channels)
  let first = 0
  for (const map of maps) {
    const area = map.height * map.width
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const near = average ? around(y, x, height, width) : [[y, x] as const]
        const to = (y * width + x) * channels + first
        for (const [v, u] of near) {
          const spot = Math.floor((v * map.height) / height) * map.width + Math.floor((u * map.width) / width)
          for (let c = 0; c < map.channels; c++) out.data[to + c]! += map.data[c * area + spot]! / near.length
        }
      }
    }
    first += map.channels
  }
  return out
}

function around(y: number, x: number, height: number, width: number): (readonly [number, number])[] {
  const lines = [y - 1, y, y + 1].filter((v) => v >= 0 && v < height)
  const columns = [x - 1, x, x + 1].filter((u) => u >= 0 && u < width)
  return lines.flatMap((v) => columns.map((u) => [v, u] as const))
}

function chosen(channels: number, drawn: ArrayLike<number>): Matrix {
  const out = matrix(drawn.length, channels)
  for (let k = 0; k < drawn.length; k++) out.data[k * channels + drawn[k]!] = 1
  return out
}

function randomAxes(channels: number, random: Random): Matrix {
  const out = matrix(Math.min(kept.patchCore, channels), channels)
  // signs instead of a normal distribution (Achlioptas 2003)
  for (let i = 0; i < out.data.length; i++) out.data[i] = (random.next() < 0.5 ? -1 : 1) / Math.sqrt(out.rows)
  return out
}

function padim(images: readonly Matrix[]): Recipe['distances'] {
  const { rows: places, cols: d } = images[0]!
  const n = images.length
  const means = matrix(places, d)
  for (const { data } of images) for (let i = 0; i < data.length; i++) means.data[i]! += data[i]! / n
  const factors = Array.from({ length: places }, (_, p) => {
    const A = matrix(d, d)
    const x = new Float64Array(d)
    for (const { data } of images) {
      for (let k = 0; k < d; k++) x[k] = data[p * d + k]! - means.data[p * d + k]!
      for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) A.data[i * d + j]! += (x[i]! * x[j]!) / (n - 1)
    }
    for (let i = 0; i < d; i++) {
      A.data[i * d + i]! += 0.01
      for (let j = 0; j < i; j++) A.data[j * d + i] = A.data[i * d + j]!
    }
    return Float32Array.from(cholesky(A).data)
  })
  return ({ data }) =>
    Float64Array.from(factors, (L, p) => {
      // L z = x - mean, and the distance is the length of z
      const z = new Float64Array(d)
      let squares = 0
      for (let i = 0; i < d; i++) {
        let rest = data[p * d + i]! - means.data[p * d + i]!
        for (let j = 0; j < i; j++) rest -= L[i * d + j]! * z[j]!
        z[i] = rest / L[i * d + i]!
        squares += z[i]! ** 2
      }
      return Math.sqrt(squares)
    })
}

function patchCore(images: readonly Matrix[], random: Random): Recipe['distances'] {
  const { rows: places, cols: d } = images[0]!
  const count = images.length * places
  const wanted = Math.max(1, Math.round(coresetShare * count))
  const vector = (i: number) => images[Math.floor(i / places)]!.data.subarray((i % places) * d, ((i % places) + 1) * d)
  const core = matrix(wanted, d)
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  let next = random.int(count)
  for (let k = 0; k < wanted; k++) {
    const x = vector(next)
    core.data.set(x, k * d)
    let farthest = -1
    for (let i = 0; i < count; i++) {
      const y = vector(i)
      let squares = 0
      for (let j = 0; j < d && squares < nearest[i]!; j++) squares += (x[j]! - y[j]!) ** 2
      if (squares < nearest[i]!) nearest[i] = squares
      if (nearest[i]! > farthest) {
        farthest = nearest[i]!
        next = i
      }
    }
  }
  const lengths = Float64Array.from({ length: wanted }, (_, k) => squaredLength(core.data, k * d, d))
  return (vectors) => {
    const products = timesTransposed(vectors, core)
    return Float64Array.from({ length: vectors.rows }, (_, p) => {
      let least = Number.POSITIVE_INFINITY
      for (let k = 0; k < wanted; k++) least = Math.min(least, lengths[k]! - 2 * products.data[p * wanted + k]!)
      return Math.sqrt(Math.max(0, least + squaredLength(vectors.data, p * d, d)))
    })
  }
}

function squaredLength(data: Float64Array, from: number, d: number): number {
  let sum = 0
  for (let j = from; j < from + d; j++) sum += data[j]! ** 2
  return sum
}

function smoothed(
  map: Float64Array,
  { width, height }: { width: number; height: number },
  sigma: number,
): Float64Array {
  const reach = Math.max(1, Math.ceil(3 * sigma))
  const weights = Array.from({ length: 2 * reach + 1 }, (_, k) => Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const pass = (from: Float64Array, length: number, step: number, lines: number, between: number) => {
    const out = new Float64Array(from.length)
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        weights.forEach((weight, k) => {
          const at = Math.max(0, Math.min(length - 1, i + k - reach))
          out[line * between + i * step]! += (weight / total) * from[line * between + at * step]!
        })
      }
    }
    return out
  }
  return pass(pass(map, width, 1, height, width), height, width, width, 1)
}
