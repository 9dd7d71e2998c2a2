/** What places add to a fit: a member beside the pooled ones, where defects drawn on held-out positives are found better with it. */
import { fromRows } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { independentRows } from '../detectors/effective.ts'
import { joinMembers } from '../detectors/ensemble.ts'
import { type ByMember, joinScores } from '../detectors/join.ts'
import { fitPatches, type PatchState } from '../detectors/patches/patch-member.ts'
import { choosePatchWeight, type WeightChoice } from '../detectors/patches/patch-weight.ts'
import {
  fitPlaceAxes,
  mapsOf,
  mapToLookAt,
  type PlaceAxes,
  type PlacesOf,
  placesBy,
} from '../detectors/patches/places.ts'
import type { PooledFit, Probes } from '../detectors/pooled-fit.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { showing } from '../features/changed.ts'
import type { PerceptualHash } from '../images/phash.ts'
import type { Pixels } from '../images/pixels.ts'
import { drawDefect } from '../images/simulated-defects.ts'
import type { Detail } from '../wire/fit-choices.ts'
import { seeReference } from './fit-report.ts'
import type { Positive } from './make-gallery.ts'

/** How the images of a fit are looked at. */
export interface PlaceSetup {
  readonly detail: Detail
  readonly axes: PlaceAxes
  /** Places of a map. */
  readonly height: number
  readonly width: number
  readonly placesOf: PlacesOf
}

/** @param network at its own size */
export function placeSetup(network: Backbone, detail: Detail, axes: PlaceAxes): PlaceSetup {
  const { stride } = mapsOf(network.maps!, axes)[0]!
  const height = (network.target.height * detail) / stride
  const width = (network.target.width * detail) / stride
  return { detail, axes, height, width, placesOf: placesBy(axes) }
}

/** What looking at the places of n images takes, at more than the network's own size. */
export function placesNotice({ detail, axes: { count: d }, height, width }: PlaceSetup, n: number): string {
  const places = height * width
  // the images, their copies with drawn defects, and each held-out distance (float64)
  const bytes = n * places * (1.2 * d + 8)
  const pass = `in a second pass of the network, over ${detail * detail} times the pixels of the first`
  const memory = `${Math.ceil(bytes / 1e7)}0 MB of memory while it fits`
  return `Each image is looked at at ${width} x ${height} places (detail ${detail}), ${pass}; that takes some ${memory}.`
}

/** The network with those of its maps that a fit looks at. @param kept of the earlier version, with whose axes a new one goes on */
export function showingPlaces(network: Backbone, kept: { readonly axes: PlaceAxes } | undefined): Backbone {
  const { maps } = network
  if (!maps?.length) return network
  return showing(network, kept ? mapsOf(maps, kept.axes) : [mapToLookAt(maps)])
}

const knownAxes = new WeakMap<Backbone, PlaceAxes>()

/** The axes of a network's places, the same for every fit: those that come with it, else as drawn images say. @throws CANCELLED */
export async function axesOf(network: Backbone, signal: AbortSignal | undefined): Promise<PlaceAxes> {
  const known = network.axes ?? knownAxes.get(network)
  if (known) return known
  const axes = await findAxes(network, signal)
  knownAxes.set(network, axes)
  return axes
}

/** The axes that drawn images say. @throws CANCELLED */
export async function findAxes(network: Backbone, signal?: AbortSignal): Promise<PlaceAxes> {
  const looked = network.maps!.indexOf(mapToLookAt(network.maps!))
  return fitPlaceAxes(
    (await seeReference(network, signal)).map(({ maps, error }) => {
      if (error) throw error
      return maps[looked]!
    }),
  )
}

/** The first images, then every so many-th, up to a number: so a version that grows takes the same ones, wherever it begins. */
const thinned =
  (first: number, thenEach: number, most: number) =>
  (row: number): boolean =>
    row < first || ((row - first) % thenEach === 0 && (row - first) / thenEach < most - first)

/** Whether the first look takes the image with this number among the sources: 48 of them are enough. */
export const isLookedAtFirst = thinned(24, 4, 48)
/** Whether a copy of row i gets a drawn defect: 30 are enough to choose a weight. All of them are among those that the first look takes. */
export const getsDefect = thinned(24, 16, 30)

/** What a network sees in a copy of an image on which a defect was drawn. */
export interface SeenDefect {
  readonly embedding: Float32Array
  readonly places: Uint8Array
}

/** The defect depends on the image only, so a version that grows draws the same. */
export async function seeDefects(
  backbone: Backbone,
  { placesOf }: PlaceSetup,
  images: readonly { readonly hash: PerceptualHash; readonly pixels: Pixels }[],
): Promise<SeenDefect[]> {
  const random = createRandom(2026).fork('defects')
  const changed = images.map(({ hash, pixels }) => drawDefect(pixels, random.fork(`${hash.high} ${hash.low}`)))
  const seen = await backbone.look!(changed)
  return seen.map((one) => {
    if (one instanceof OneclassError) throw one
    return { embedding: one.embedding, places: placesOf(one.maps) }
  })
}

export interface PatchMember {
  readonly state: PatchState
  readonly heldOut: Float64Array
  readonly weight: ByMember<number>
}

/**
 * The member is undefined where it would add nothing.
 * @param positives in the rows of the pooled fit, each with its places
 */
export function fitPatchMember(
  pooled: PooledFit,
  positives: readonly Positive[],
  { detail, axes, height, width }: PlaceSetup,
): { member: PatchMember | undefined; choice: WeightChoice | undefined } {
  const { holdOut } = pooled
  const held = holdOut.rounds.flatMap(({ held: rows }) => rows)
  const counted = (peaks: Float64Array) => independentRows(held, holdOut.groups, peaks)
  const images = positives.map(({ places }) => places!)
  const { state, heldOut, scoreAs } = fitPatches(images, { detail, axes, height, width }, holdOut, counted)
  const { ofProbes } = pooled
  const changed = defectsOf(positives)
  const inRounds = new Set(held)
  const tried = Array.from(changed.keys()).filter((k) => inRounds.has(changed[k]!))
  if (!ofProbes || tried.length < fewestDefects) return { member: undefined, choice: undefined }
  const { state: ensemble, heldOut: joint } = joinMembers(pooled)
  const jointOfProbes = joinScores(ensemble.calibration, ofProbes)
  const choice = choosePatchWeight(
    { pooled: Float64Array.from(held, (i) => joint[i]!), patches: Float64Array.from(held, (i) => heldOut[i]!) },
    {
      pooled: Float64Array.from(tried, (k) => jointOfProbes[k]!),
      patches: Float64Array.from(tried, (k) => scoreAs(changed[k]!, positives[changed[k]!]!.defect!.places)),
    },
    detail > 1,
  )
  if (choice.weight === 0) return { member: undefined, choice }
  // weights are in shares of what all pooled members weigh together
  const weight = { isolationForest: 1, oneClassSvm: 1, patches: 2 * choice.weight }
  return { member: { state, heldOut, weight }, choice }
}

/** The images that have a copy with a drawn defect, by row. */
function defectsOf(positives: readonly Positive[]): number[] {
  return Array.from(positives.keys()).filter((i) => positives[i]!.defect)
}

/** The copies with drawn defects as the pooled members take them; undefined without any. */
export function probesOf(positives: readonly Positive[]): Probes | undefined {
  const rows = defectsOf(positives)
  if (rows.length === 0) return undefined
  return { X: fromRows(rows.map((i) => positives[i]!.defect!.embedding)), of: Int32Array.from(rows) }
}

/** Fewer drawn defects choose nothing. */
const fewestDefects = 8
