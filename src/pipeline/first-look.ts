/**
 * A first look at some of the images, before the fit: do places help at all, at which size, and is light better evened out? Most classes
 * move about and gain nothing; they should not pay for looking at each of their images closely. What was seen here is not looked at again.
 *
 * Light is evened out where drawn defects are found no worse for it: light that no positive shows makes good parts look anomalous, and on
 * real defects of four sets nothing was lost (bench/results/places.md, "Light").
 */
import { fromRows } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import type { WeightChoice } from '../detectors/patches/patch-weight.ts'
import type { PlaceAxes } from '../detectors/patches/places.ts'
import { fitPooled } from '../detectors/pooled-fit.ts'
import { choosePreprocess, keepLengths } from '../detectors/preprocess.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { seeingEvenly } from '../features/changed.ts'
import { atDetail } from '../features/detail.ts'
import type { Original } from '../images/pixels.ts'
import type { ImageSource } from '../images/source.ts'
import type { AskedDetail, AskedLight, Detail, Light } from '../wire/fit-choices.ts'
import type { LightChoice } from '../wire/fit-report.ts'
import { type Gathered, type GatherOptions, gatherPositives, type Known } from './gather.ts'
import { fitPatchMember, getsDefect, isLookedAtFirst, placeSetup, probesOf } from './patches.ts'
import { groupsOf } from './same-photo.ts'

/** What is asked for; `auto` is chosen here. */
export interface AskedLook {
  readonly detail: AskedDetail
  readonly light: AskedLight
  /** False: no member looks at places. */
  readonly patches: boolean
}

export interface FirstLook {
  /** Undefined: places add nothing, or are not asked for. */
  readonly detail: Detail | undefined
  readonly light: Light
  /** What was seen that way, by the number of the source. */
  readonly known?: ReadonlyMap<number, Known>
  /** What places added to these images. */
  readonly choice?: WeightChoice
  /** What evening out the light added to these images; absent where it was not tried. */
  readonly lights?: LightChoice
}

/**
 * Fewer images are all looked at, as they are and at the network's own size: a part of them shows too little, and places are kept for
 * later versions, which are so the same as a fit on all of their images.
 */
export const fewestToChoose = 60
/**
 * Areas under the ROC curve within this of each other are alike: then light is evened out, for lamps that no positive was shown under, and
 * a closer look is taken where places help.
 */
const asGood = 0.02
/**
 * The area under the ROC curve, against drawn defects, by which twice the side must be better. Where places help, real defects of
 * tiles, castings and screws were found better at twice the side, also where drawn ones gained little or lost a little
 * (bench/results/places.md, "Both sizes"), so a tie is enough. Where they do not help, a gain must pay for four times the time.
 */
const gainForDetail = { withPlaces: -asGood, without: 0.02 } as const
/** Images with fewer pixels along a side, in sides of the network, have no more to show at twice the side. */
const worthEnlarging = 1.2

/**
 * Below this area whole images hardly tell drawn defects from good images, as on photos of things that move, where it is about a half: a
 * closer look may then seem to gain something, and does not.
 */
const leastArea = 0.55
/**
 * Below this area light is not tried: on small photos of things (CIFAR-10, .48 to .64) it may seem no worse and lose .02 of real ones.
 * Parts and surfaces have .82 and more.
 */
const leastForLight = 0.7
/**
 * @param sources `fewestToChoose` or more
 * @param network at its own size, with maps
 * @throws CANCELLED, and what breaks the backbone itself
 */
export async function takeFirstLook(
  sources: readonly ImageSource[],
  network: Backbone,
  axes: PlaceAxes,
  asked: AskedLook,
  options: GatherOptions,
): Promise<FirstLook> {
  const sample = Array.from(sources.keys()).filter(isLookedAtFirst)
  const images = sample.map((i) => sources[i]!)
  const { onProgress, failed: _, ...quiet } = options
  const look = async (detail: Detail, light: Light, how: GatherOptions): Promise<Look> => {
    const places = placeSetup(network, detail, axes)
    const drawn = { ...how, drawsOn: (row: number) => getsDefect(sample[row]!) }
    const seen = await gatherPositives(
      images,
      [],
      atDetail(inLight(network, light), detail, 'both and mirrored'),
      drawn,
      places,
    )
    const choice = await tryPlaces(seen, places)
    return { seen, light, ...(choice && { choice }) }
  }
  const sides: number[] = []
  const withProgress: GatherOptions = {
    ...quiet,
    onPixels: ({ original }) => original && sides.push(sidesOfNetwork(original, network)),
    ...(onProgress && { onProgress: (done, _total, stage) => onProgress(done, sources.length, stage) }),
  }
  const first = await look(1, asked.light === 'auto' ? 'as-is' : asked.light, withProgress)
  const thumbnailAt = new Map(first.seen.positives.map(({ thumbnail }, k) => [first.seen.sourceOf[k]!, thumbnail]))
  const toKnown = ({ seen: { positives, sourceOf, notesOf } }: Look, change: object = {}) =>
    new Map(
      positives.map((positive, k): [number, Known] => {
        const at = sourceOf[k]!
        const thumbnail = thumbnailAt.get(at) ?? positive.thumbnail
        return [sample[at]!, { positive: { ...positive, thumbnail, ...change }, notes: notesOf.get(at) ?? [] }]
      }),
    )
  const isDefectTold = first.choice && first.choice.with >= leastForLight
  const even =
    asked.light === 'auto' && isDefectTold ? await look(1, 'even', { ...quiet, thumbnails: false }) : undefined
  const areas = { asIs: first.choice?.with ?? 0, even: even?.choice?.with ?? 0 }
  const best = even && areas.even >= areas.asIs - asGood ? even : first
  const { light, choice } = best
  const told = { light, ...(even && { lights: { light, ...areas } }) }
  const withoutPlaces = { places: undefined, defect: undefined }
  if (!asked.patches) return { ...told, detail: undefined, known: toKnown(best, withoutPlaces) }
  const atOnce: FirstLook = { ...told, detail: 1, known: toKnown(best) }
  if (asked.detail !== 'auto') return asked.detail === 1 ? atOnce : { ...told, detail: asked.detail }
  if (choice === undefined) return atOnce
  const helps = choice.weight > 0
  const stay: FirstLook = helps ? atOnce : { ...told, detail: undefined, known: toKnown(best, withoutPlaces), choice }
  if (!helps && choice.without < leastArea) return stay
  if ((sides.sort((a, b) => a - b)[sides.length >> 1] ?? 0) < worthEnlarging) return stay
  const second = await look(2, light, { ...quiet, thumbnails: false })
  const gain = (second.choice?.with ?? 0) - choice.with
  const worthIt = helps
    ? gain >= gainForDetail.withPlaces
    : (second.choice?.weight ?? 0) > 0 || gain >= gainForDetail.without
  return worthIt ? { ...told, detail: 2, known: toKnown(second) } : stay
}

interface Look {
  readonly seen: Gathered
  readonly light: Light
  readonly choice?: WeightChoice
}

/** The network as it sees images in a fit. */
export function inLight(network: Backbone, light: Light): Backbone {
  return light === 'even' ? seeingEvenly(network) : network
}

/** Pixels along a side of an image that stand for one of the network's. */
function sidesOfNetwork({ width, height }: Original, { target }: Backbone): number {
  return Math.sqrt((width * height) / (target.width * target.height))
}

/** Undefined where these images are too few or too much alike to say. */
async function tryPlaces(
  { positives }: Gathered,
  places: ReturnType<typeof placeSetup>,
): Promise<WeightChoice | undefined> {
  if (positives.length < fewestToTry) return undefined
  const rows = fromRows(positives.map(({ embedding }) => embedding))
  const X = keepLengths(rows, choosePreprocess(rows, 'l2'))
  const random = createRandom(2026).fork('first look')
  try {
    const pooled = await fitPooled(X, { groups: groupsOf(positives, rows), probes: probesOf(positives) }, random)
    return fitPatchMember(pooled, positives, places).choice
  } catch (error) {
    if (error instanceof OneclassError && error.code === 'IMAGES_IDENTICAL') return undefined
    throw error
  }
}

const fewestToTry = 16
