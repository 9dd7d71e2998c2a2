/** From images of positives to a model, and a report on what was in the folder. */
import { fromRows } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import type { WeightChoice } from '../detectors/patches/patch-weight.ts'
import { minimumRows } from '../detectors/pooled-fit.ts'
import { OneclassError, present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { atDetail } from '../features/detail.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { SampleRange } from '../images/sample-range.ts'
import type { FailedEntry } from '../images/walk.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Gallery } from '../store/gallery.ts'
import { type AskedDetail, type AskedLight, usualAlpha } from '../wire/fit-choices.ts'
import { assertSomeRead } from '../wire/negatives.ts'
import type { Note } from '../wire/notes.ts'
import { plural } from '../wire/plural.ts'
import { createClassifier } from './classify.ts'
import { exclusion } from './exclude.ts'
import { inLight } from './first-look.ts'
import { type FitOptions, fitFeatures } from './fit-features.ts'
import { misfitRows, tryReference } from './fit-report.ts'
import { type Gathered, gatherPositives, type Known } from './gather.ts'
import {
  type BasePositives,
  galleryOf,
  type Negative,
  negativesOf,
  type Positive,
  positivesOf,
} from './make-gallery.ts'
import { sizesOf } from './model-backbone.ts'
import { changesBase, nothingToAdd } from './nothing-to-add.ts'
import { fitPatchMember, placesNotice, probesOf, showingPlaces } from './patches.ts'
import { rangeOfImages, withRange } from './range.ts'
import { groupsOf, namesOfGroups } from './same-photo.ts'
import { chooseWay, type Way } from './way.ts'

export interface FitImagesOptions extends FitOptions {
  /**
   * Positives of an earlier version, which stand before the new ones: the model is the one that a fit on all of these images in
   * this order makes, to the last bit, without the originals; new ones with the pixels of one of them are left out.
   */
  readonly base?: BasePositives
  /** False: new images that are positives of the earlier version already are used once more. */
  readonly skipRepeated?: boolean
  /** Images that do not belong, where there are some; those of the earlier version count too. */
  readonly negatives?: readonly ImageSource[] | undefined
  /** Images to leave out: by name (the whole name or its end), or what the test of `detectors/misfits.ts` names. */
  readonly exclude?: readonly string[] | 'misfits'
  /** Keep a small picture of each image in the gallery; made here, or given for an image that was decoded elsewhere. */
  readonly thumbnails?: boolean | ((source: ImageSource) => Promise<Uint8Array>)
  readonly decode?: EmbedOptions['decode']
  /** Called with the memory that looking closely at places takes, before it begins. */
  readonly onNotice?: ((sentence: string) => void) | undefined
  /** False: no member looks at places. Default true: one does where it helps. */
  readonly patches?: boolean
  /** Times the side of the network's input at which places are looked at. Default `auto`: by a first look (`first-look.ts`). */
  readonly detail?: AskedDetail | undefined
  /** Whether light is evened out before images are looked at. Default `auto`: by the first look. */
  readonly light?: AskedLight | undefined
  /** What could not even be looked at: stands first among the rejected. */
  readonly failed?: readonly FailedEntry[]
  /** What is black and white beyond 8 bits a sample. Default: read from the images; with `base` none, its own is to be given. */
  readonly range?: SampleRange
  readonly limits?: ImageLimits
}

export interface FittedImages {
  readonly artifact: Artifact
  /** What to keep beside the model (`store/gallery.ts`). */
  readonly gallery: Gallery
  /** Images that the model was fitted on. */
  readonly used: number
  /** Those of them that are positives of the earlier version; they stand first. */
  readonly kept: number
  readonly rejected: readonly FailedEntry[]
  /** Names of images that `exclude` left out. */
  readonly excluded: readonly string[]
  /** Names of new images that are positives of the earlier version already, with the same pixels. */
  readonly repeated: readonly string[]
  /** Groups of two or more images that look the same; they are used, but held out together. */
  readonly duplicates: readonly (readonly string[])[]
  /** What was noticed about images that were used. */
  readonly notes: readonly ({ readonly image: string } & Note)[]
}

/** @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, ALPHA_INVALID, CANCELLED; an image that cannot be read is reported, not thrown */
export async function fitImages(
  given: readonly ImageSource[],
  network: Backbone,
  options: FitImagesOptions = {},
): Promise<FittedImages> {
  assertAlpha(options.alpha ?? usualAlpha)
  network.expect?.(given.length)
  const named = exclusion(options.exclude === 'misfits' ? [] : (options.exclude ?? []))
  const sources = given.filter(({ name }) => !named.leavesOut(name))
  // positives of an earlier version were seen with its range, or with none
  const range = options.range ?? (options.base ? undefined : await rangeOfImages(sources, options))
  const own = withRange(showingPlaces(network, options.base?.gallery.places), range)
  const earlier = options.base ? positivesOf(options.base, own) : []
  const base = earlier.filter(({ image }) => !named.leavesOut(image))
  for (const i of new Set(options.base?.exclude))
    named.leaveOut(present(options.base?.gallery.images[i], 'an image that is left out by its number'))
  named.assertAllFound()
  const asked = { sources, base, range, excluded: named.found, options }
  const way = await chooseWay(sources, own, options.base?.gallery, { ...options, range })
  const { known, choice, lights } = way
  const fitted = await fitAt(way, { ...asked, network: own }, known)
  const facts = {
    ...present(fitted.artifact.facts, 'what a fit finds out'),
    ...(choice && { places: { detail: 1, ...choice } }),
    ...(lights && { light: lights }),
  }
  return { ...fitted, artifact: { ...fitted.artifact, facts } }
}

interface Asked {
  readonly sources: readonly ImageSource[]
  /** Positives of the earlier version. */
  readonly base: readonly Positive[]
  readonly range: SampleRange | undefined
  readonly excluded: readonly string[]
  /** At its own size. */
  readonly network: Backbone
  readonly options: FitImagesOptions
}

async function fitAt(
  way: Way,
  { sources, base, range, excluded: named, network, options }: Asked,
  known?: ReadonlyMap<number, Known>,
): Promise<FittedImages> {
  const { places, light, enlarged, mirrored } = way
  if (places && places.detail > 1) options.onNotice?.(placesNotice(places, base.length + sources.length))
  const detail = enlarged ?? places?.detail ?? 1
  const backbone = atDetail(inLight(network, light), detail, sizesOf(way))
  const gathered = await gatherPositives(sources, base, backbone, { ...options, range }, places, known)
  const { rejected, repeated, notes } = gathered
  let { positives } = gathered
  let kept = base.length
  if (options.base && sources.length > 0 && positives.length === base.length && !changesBase(options, base.length))
    throw nothingToAdd(sources.length, repeated.length, rejected[0])
  if (positives.length < minimumRows) {
    const lost = rejected[0] ? ` ${rejected.length} could not be read, the first: ${rejected[0].error.message}` : ''
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Expected at least ${minimumRows} readable images but received ${positives.length}; some 200 make a good model.${lost}`,
    )
  }
  const negatives = await readNegatives(options, backbone, rejected)
  let X = fromRows(positives.map(({ embedding }) => embedding))
  let groups = groupsOf(positives, X)
  const excluded = [...named]
  if (options.exclude === 'misfits') {
    const left = misfitRows(X, groups, options.seed ?? 1)
    if (left.size > 0) {
      excluded.push(...[...left].map((row) => present(positives[row], 'a misfit').image))
      positives = positives.filter((_, row) => !left.has(row))
      kept -= [...left].filter((row) => row < base.length).length
      X = fromRows(positives.map(({ embedding }) => embedding))
      groups = groupsOf(positives, X)
    }
  }
  const images = positives.map(({ image }) => image)
  let heldOut = new Float64Array(0)
  let choice: WeightChoice | undefined
  const model = await fitFeatures(X, {
    ...options,
    images,
    groups,
    backbone: { id: backbone.id, hash: backbone.hash },
    negatives: negatives && fromRows(negatives.map(({ embedding }) => embedding)),
    onHeldOut(scores) {
      heldOut = Float64Array.from(scores)
    },
    probes: places && probesOf(positives),
    placeMember:
      places &&
      ((pooled) => {
        const found = fitPatchMember(pooled, positives, places)
        choice = found.choice
        return found.member
      }),
  }).catch((error: unknown) => {
    throw sayBlank(error, notes)
  })
  const classifier = createClassifier(model, { model: 'new' })
  const reference = await tryReference(backbone, (seen) => classifier.score(seen).pValue, options.signal)
  const facts = {
    ...present(model.facts, 'what a fit finds out'),
    reference,
    ...(places && choice && { places: { detail: places.detail, ...choice } }),
  }
  const looked = { ...(light === 'even' && { light }), ...(enlarged && { enlarged }), ...(mirrored && { mirrored }) }
  const artifact = { ...model, facts, ...(range && { range }), ...looked }
  const gallery = galleryOf(positives, {
    backbone,
    groups: [...groups],
    heldOut,
    rejected,
    negatives,
    places,
    ...looked,
  })
  const duplicates = namesOfGroups(groups, images)
  return { artifact, gallery, used: positives.length, kept, rejected, repeated, excluded, duplicates, notes }
}

/** Where all images are the same, and that because there is nothing on them. */
function sayBlank(error: unknown, notes: Gathered['notes']): unknown {
  const blank = notes.filter(({ code }) => code === 'BLANK')
  const [first] = blank
  if (!(error instanceof OneclassError) || error.code !== 'IMAGES_IDENTICAL' || !first) return error
  const what = plural(blank.length, 'image is blank', 'images are blank')
  return new OneclassError(
    error.code,
    `${error.message} ${what} (one colour, such as "${first.image}"): look at what they show.`,
  )
}

/** Those of the earlier version and the new ones; undefined without any. Those that cannot be read join `rejected`. */
async function readNegatives(
  { base, negatives = [], signal, decode, limits }: FitImagesOptions,
  backbone: Backbone,
  rejected: FailedEntry[],
): Promise<Negative[] | undefined> {
  const all = base ? negativesOf(base.gallery) : []
  const options = { ...(signal ? { signal } : {}), ...(decode ? { decode } : {}), ...(limits ? { limits } : {}) }
  const unread: FailedEntry[] = []
  for await (const { source, embedding, error } of embedImages(backbone, negatives, options)) {
    if (error) unread.push({ image: source.name, error: error.toJSON() })
    else all.push({ image: source.name, embedding })
  }
  if (all.length === 0) assertSomeRead(unread)
  rejected.push(...unread)
  return all.length > 0 ? all : undefined
}
