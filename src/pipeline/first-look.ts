/**
 * A first look at some of the images, before the fit: do places help at all, and at which size? Most classes move about and gain
 * nothing; they should not pay for looking at each of their images closely. What was seen here is not looked at again.
 */
import { fromRows } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import type { WeightChoice } from '../detectors/patches/patch-weight.ts'
import type { PlaceAxes } from '../detectors/patches/places.ts'
import { fitPooled } from '../detectors/pooled-fit.ts'
import { choosePreprocess, keepLengths } from '../detectors/preprocess.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { atDetail, type Detail } from '../features/detail.ts'
import { probeImage } from '../images/decode.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import { type Gathered, type GatherOptions, gatherPositives, type Known } from './gather.ts'
import { fitPatchMember, getsDefect, placeSetup, probesOf } from './patches.ts'
import { groupsOf } from './same-photo.ts'

export interface ChosenDetail {
  /** Undefined: places add nothing. */
  readonly detail: Detail | undefined
  /** What was seen at that detail, by the number of the source. */
  readonly known?: ReadonlyMap<number, Known>
  /** What places added to these images. */
  readonly choice?: WeightChoice
}

/** Fewer images are all looked at, at the network's own size: a part of them shows too little, and places are kept for later versions. */
const fewestToChoose = 60
/** The area under the ROC curve, against drawn defects, by which twice the side must be better: it costs four times the time. */
const gainForDetail = 0.01
/** Images with fewer pixels along a side, in sides of the network, have no more to show at twice the side. */
const worthEnlarging = 1.2

/**
 * Below this area whole images hardly tell drawn defects from good images, as on photos of things that move, where it is about a half: a
 * closer look may then seem to gain something, and does not.
 */
const leastArea = 0.6

/** @param network at its own size @throws CANCELLED, and what breaks the backbone itself */
export async function chooseDetail(
  sources: readonly ImageSource[],
  network: Backbone,
  axes: PlaceAxes,
  options: GatherOptions,
): Promise<ChosenDetail> {
  if (sources.length < fewestToChoose) return { detail: 1 }
  const sample = Array.from(sources.keys()).filter(getsDefect)
  const images = sample.map((i) => sources[i]!)
  const { onProgress, failed: _, ...quiet } = options
  const look = async (detail: Detail, how: GatherOptions): Promise<{ seen: Gathered; choice?: WeightChoice }> => {
    const places = placeSetup(network, detail, axes)
    const seen = await gatherPositives(images, [], atDetail(network, detail), how, places)
    const choice = await tryPlaces(seen, places)
    return { seen, ...(choice && { choice }) }
  }
  const toKnown = ({ positives, sourceOf, notesOf }: Gathered, change: (k: number) => object) =>
    new Map(
      positives.map((positive, k): [number, Known] => {
        const at = sourceOf[k]!
        return [sample[at]!, { positive: { ...positive, ...change(at) }, notes: notesOf.get(at) ?? [] }]
      }),
    )
  const withProgress: GatherOptions = {
    ...quiet,
    ...(onProgress && { onProgress: (done, _total, stage) => onProgress(done, sources.length, stage) }),
  }
  const first = await look(1, withProgress)
  const atOnce: ChosenDetail = { detail: 1, known: toKnown(first.seen, () => ({})) }
  if (first.choice === undefined) return atOnce
  const helps = first.choice.weight > 0
  const stay: ChosenDetail = helps
    ? atOnce
    : {
        detail: undefined,
        known: toKnown(first.seen, () => ({ places: undefined, defect: undefined })),
        choice: first.choice,
      }
  if (!helps && first.choice.without < leastArea) return stay
  if ((await pixelsPerPixel(images, network, options.limits)) < worthEnlarging) return stay
  const second = await look(2, { ...quiet, thumbnails: false })
  const gain = (second.choice?.with ?? 0) - first.choice.with
  const worthIt = helps ? gain >= gainForDetail : (second.choice?.weight ?? 0) > 0
  if (!worthIt) return stay
  const thumbnailAt = new Map(first.seen.positives.map(({ thumbnail }, k) => [first.seen.sourceOf[k]!, thumbnail]))
  return { detail: 2, known: toKnown(second.seen, (at) => ({ thumbnail: thumbnailAt.get(at) })) }
}

/** Median over the images of the pixels along a side that stand for one of the network's. */
async function pixelsPerPixel(images: readonly ImageSource[], { target }: Backbone, limits?: ImageLimits) {
  const found: number[] = []
  for (const image of images) {
    const size = await probeImage(image, limits).catch(() => undefined) // what is wrong with it was told when it was looked at
    if (size) found.push(Math.sqrt((size.width * size.height) / (target.width * target.height)))
  }
  return found.sort((a, b) => a - b)[found.length >> 1] ?? 0
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
