/**
 * The patch member: how unlike the positives are the most unlike places of an image?
 *
 * What whole maps have in common is taken out first (`modes.ts`). Each place's distance (`place-gaussians.ts`) is brought to its own
 * unit: less its mean over held-out positives, divided by their deviation. Edges and marks that vary among good images so weigh less.
 * The score of an image is the mean of its highest places. All of it is held out in the rounds in which the other members hold rows
 * out; an image's unit comes from the maps of the others.
 */
import { OneclassError } from '../../errors.ts'
import type { Detail } from '../../wire/fit-choices.ts'
import type { HoldOut } from '../held-out.ts'
import { blockMeans, fitModes, type PlaceModes, productsOfImages, roundModes } from './modes.ts'
import {
  blocksOf,
  fitPlaceGaussians,
  type PlaceGaussians,
  type PlaceGrid,
  type PlaceMeasure,
  type PlaceSums,
  placeDistances,
  subtractSums,
  sumPlaces,
} from './place-gaussians.ts'
import { inUnits, smoothSquares, unitsOf } from './place-maps.ts'
import { mapsOf, type PlaceAxes, type PlaceMap, placesBy } from './places.ts'
import { newMarkedShare } from './regions.ts'

export interface PatchState extends PlaceGrid {
  /** Images are looked at with this many times the network's side. */
  readonly detail: Detail
  readonly axes: PlaceAxes
  readonly gaussians: PlaceGaussians
  /** Absent in models of earlier builds, and where the images are too few. */
  readonly modes?: PlaceModes
  /** So many of the highest places make the score. Absent in models of earlier builds: 1 % of them. */
  readonly highest?: number
  /** Squared distances are averaged over neighbours (`smoothSquares`): in some models of earlier builds, whose places were finer. */
  readonly smoothed?: boolean
  /** Of each place's distance over held-out positives, length places. */
  readonly mean: Float32Array
  readonly deviation: Float32Array
  /** The highest place of each held-out positive's map, ascending: p-values of places count among them. */
  readonly peaks: Float64Array
  /** Of good images at most this share shows a mark (`regions.ts`). Absent in models of earlier builds: .05. */
  readonly markedShare?: number | undefined
}

/** What a map is made of, for `PatchFit` and for scoring. */
export interface PatchScores {
  /** Mean of the highest places. */
  readonly score: number
  /** Each place in its own unit, shape (height, width). */
  readonly map: Float64Array
}

export interface PatchFit {
  readonly state: PatchState
  /** Score of each row by a member that had not seen it; NaN for rows that were not held out. */
  readonly heldOut: Float64Array
  /** Score of other places than row i's own by the member that had not seen row i: for copies of it that were changed. */
  scoreAs(i: number, places: Uint8Array): number
}

/** So many places at detail 1, whose mean is the score: the same part of the image at every detail (docs/defects.md). */
const highestPlaces = 2
/** Models of earlier builds took this share of the places. */
const highestShare = 0.01
/** Images whose places are fitted. */
const fittedAtMost = 400

/**
 * @param images the places of each row
 * @param counted the held-out rows whose peaks count (`effective.ts`), given each row's peak
 */
export function fitPatches(
  images: readonly Uint8Array[],
  { detail, axes, height, width }: Pick<PatchState, 'detail' | 'axes' | 'height' | 'width'>,
  { method, fit, rounds }: HoldOut,
  counted: (peaks: Float64Array) => readonly number[],
): PatchFit {
  const { count: d, steps } = axes
  const places = height * width
  const highest = Math.min(highestPlaces * detail * detail, places)
  const block = detail // a block is the same part of the image at every detail
  const blocks = blocksOf({ height, width, block })
  const used = thinned(fit)
  const all = sumPlaces(pick(images, used), d, blocks)
  const placeOf = new Map(used.map((i, at) => [i, at]))
  const means = pick(images, used).map((image) => blockMeans(image, blocks).map((value, at) => value * steps[at % d]!))
  const products = productsOfImages(means)
  const measureOf = (sums: PlaceSums, rows: readonly number[]): PlaceMeasure => {
    const modes = fitModes(products, means, rows)
    const rounded = modes.vectors.length > 0 && { modes: roundModes(modes) }
    return { gaussians: fitPlaceGaussians(sums, steps, blocks, modes), steps, blocks, ...rounded }
  }
  const final = measureOf(all, Array.from(used.keys()))
  const n = images.length
  const roundOf = new Int32Array(n).fill(-1)
  const distances: Float64Array[] = []
  const byRound = rounds.map(({ held }) => {
    if (method === 'split') return final
    const out = new Set(held)
    const inside = used.filter((i) => out.has(i))
    const sums = inside.length > 0 ? subtractSums(all, sumPlaces(pick(images, inside), d, blocks)) : all
    const rest = used.filter((i) => !out.has(i))
    return measureOf(
      sums,
      rest.map((i) => placeOf.get(i)!),
    )
  })
  rounds.forEach(({ held }, r) => {
    for (const i of held) {
      roundOf[i] = r
      distances[i] = placeDistances(byRound[r]!, images[i]!)
    }
  })
  const units = unitsOf(distances, places)
  const heldOut = new Float64Array(n).fill(Number.NaN)
  const peaks = new Float64Array(n).fill(Number.NaN)
  const own = (i: number, of: Float64Array) => inUnits(of, units.without(distances[i]!))
  distances.forEach((distance, i) => {
    const map = own(i, distance)
    heldOut[i] = topMean(map, highest)
    peaks[i] = peakOf(map)
  })
  const { mean, deviation } = units.all
  const sortedPeaks = Float64Array.from(counted(peaks), (i) => peaks[i]!).sort()
  return {
    state: {
      ...{ detail, axes, height, width, block, gaussians: final.gaussians, ...(final.modes && { modes: final.modes }) },
      ...{ highest, mean, deviation, peaks: sortedPeaks, markedShare: newMarkedShare },
    },
    heldOut,
    scoreAs: (i, changed) => topMean(own(i, placeDistances(byRound[roundOf[i]!]!, changed)), highest),
  }
}

export interface PatchScorer {
  /** The places of an image, from its maps. @throws MODEL_INCOMPATIBLE when they are not those of the fit */
  placesOf(maps: readonly PlaceMap[]): Uint8Array
  score(places: Uint8Array): PatchScores
}

export function patchScorer({
  axes,
  height,
  width,
  block,
  gaussians,
  modes,
  highest,
  smoothed,
  mean,
  deviation,
}: PatchState): PatchScorer {
  const placesOf = placesBy(axes)
  const measure: PlaceMeasure = { gaussians, steps: axes.steps, blocks: blocksOf({ height, width, block }), modes }
  const count = highest ?? Math.max(1, Math.round(highestShare * height * width))
  return {
    placesOf(maps) {
      const [first] = mapsOf(maps, axes)
      if (first?.height !== height || first.width !== width)
        throw new OneclassError(
          'MODEL_INCOMPATIBLE',
          `The model was fitted on maps of ${axes.channels} x ${height} x ${width}; these are ${maps.map((map) => `${map.channels} x ${map.height} x ${map.width}`).join(', ')}.`,
        )
      return placesOf(maps)
    },
    score(places) {
      const distances = placeDistances(measure, places)
      const map = inUnits(smoothed ? smoothSquares(distances, { height, width }) : distances, { mean, deviation })
      return { score: topMean(map, count), map }
    },
  }
}

function topMean(map: Float64Array, count: number): number {
  const sorted = map.toSorted()
  let sum = 0
  for (let k = sorted.length - count; k < sorted.length; k++) sum += sorted[k]!
  return sum / count
}

function peakOf(map: Float64Array): number {
  return map.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}

/** At most `fittedAtMost` rows, evenly spaced: more change little, and time and memory stay bounded. */
function thinned(rows: readonly number[]): readonly number[] {
  const each = Math.ceil(rows.length / fittedAtMost)
  return each > 1 ? rows.filter((_, k) => k % each === 0) : rows
}

function pick(images: readonly Uint8Array[], rows: readonly number[]): Uint8Array[] {
  return rows.map((i) => images[i]!)
}
