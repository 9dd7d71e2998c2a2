/** From positives to a model: images or feature rows in, an artifact and a report on what was in the folder out. */
import { joinPartitions } from '../core/groups.ts'
import { fromRows, type Matrix } from '../core/matrix.ts'
import { createRandom } from '../core/random.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { fitPooled, joinMembers, minimumRows } from '../detectors/ensemble.ts'
import { findMisfits } from '../detectors/misfits.ts'
import { assertConfidence, defaultAlpha, smallestAlpha, toleranceAlpha, usualAlpha } from '../detectors/promise.ts'
import { describePositives } from '../detectors/similarity.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import { groupCopies } from '../images/copies.ts'
import type { ImageSource } from '../images/decode.ts'
import { type Fingerprint, fingerprint } from '../images/fingerprint.ts'
import type { ImageLimits } from '../images/limits.ts'
import { groupNearDuplicates, type PerceptualHash, perceptualHash } from '../images/phash.ts'
import type { SampleRange } from '../images/sample-range.ts'
import { makeThumbnail } from '../images/thumbnail.ts'
import type { FailedEntry } from '../images/walk.ts'
import type { Artifact } from '../store/artifact.ts'
import type { Gallery } from '../store/gallery.ts'
import type { Note } from '../wire/notes.ts'
import { createClassifier } from './classify.ts'
import { exclusion } from './exclude.ts'
import { factsOfPositives, tryReference } from './fit-report.ts'
import {
  type BasePositives,
  galleryOf,
  type Negative,
  negativesOf,
  noThumbnail,
  type Positive,
  positivesOf,
} from './make-gallery.ts'
import { joinHead } from './negatives.ts'
import { rangeOfImages, withRange } from './range.ts'

export interface FitOptions {
  /** False-rejection rate that decisions use, in (0, 1). Default: see `defaultAlpha`, 0.05 from 19 independent images on. */
  readonly alpha?: number | undefined
  /**
   * Take the strictest alpha at which, with this probability, at most `alpha` of new positives are rejected: the model's alpha is then
   * that one. In (0, 1).
   */
  readonly confidence?: number
  /** How positives are held out for the threshold (`EnsembleOptions.method`). */
  readonly calibration?: 'cross-fit' | 'split'
  /** Default 1. The same positives, options and seed give the same bytes. */
  readonly seed?: number
  readonly onProgress?: (done: number, total: number, stage: 'images' | 'fitting') => void
  readonly signal?: AbortSignal
}

export interface FitImagesOptions extends FitOptions {
  /**
   * Positives of an earlier version, which stand before the new ones: the model is the one that a fit on all of these images in
   * this order makes, to the last bit, without the originals.
   */
  readonly base?: BasePositives
  /** Leave out new images that are positives of the earlier version already. */
  readonly skipRepeated?: boolean
  /** Images that do not belong, where there are some; those of the earlier version count too. */
  readonly negatives?: readonly ImageSource[] | undefined
  /** Images to leave out: by name (the whole name or its end), or what the test of `detectors/misfits.ts` names. */
  readonly exclude?: readonly string[] | 'misfits'
  /** Keep a small picture of each image in the gallery; made here, or given for an image that was decoded elsewhere. */
  readonly thumbnails?: boolean | ((source: ImageSource) => Promise<Uint8Array>)
  readonly decode?: EmbedOptions['decode']
  /** What could not even be looked at: stands first among the rejected. */
  readonly failed?: readonly FailedEntry[]
  /** What is black and white beyond 8 bits a sample. Default: read from the images. */
  readonly range?: SampleRange
  readonly limits?: ImageLimits
}

export interface FittedImages {
  readonly artifact: Artifact
  /** What to keep beside the model (`store/gallery.ts`). */
  readonly gallery: Gallery
  /** Images that the model was fitted on. */
  readonly used: number
  readonly rejected: readonly FailedEntry[]
  /** Names of images that `exclude` left out. */
  readonly excluded: readonly string[]
  /** With `skipRepeated`: names of images that are positives of the earlier version already, with the same pixels. */
  readonly repeated: readonly string[]
  /** Groups of two or more images that look the same; they are used, but held out together. */
  readonly duplicates: readonly (readonly string[])[]
  /** What was noticed about images that were used. */
  readonly notes: readonly ({ readonly image: string } & Note)[]
}

/** Bits by which perceptual hashes of the same photo may differ. */
const nearDuplicateBits = 4
/** Among more images than this, copies are looked for by hash only: laying them onto each other would take minutes. */
const mostCompared = 2000

/**
 * @param X embeddings of positives, one a row, shape (n, d)
 * @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, FEATURES_NOT_FINITE, ALPHA_INVALID
 */
export async function fitFeatures(
  X: Matrix,
  options: FitOptions & {
    readonly images?: readonly string[]
    readonly backbone?: Artifact['backbone']
    readonly groups?: ArrayLike<number>
    /** Embeddings of images that do not belong, shape (m, d): with them the model gets a head. */
    readonly negatives?: Matrix | undefined
    readonly onHeldOut?: (scores: Float64Array) => void
  } = {},
): Promise<Artifact> {
  const { seed = 1, confidence, onProgress } = options
  assertAlpha(options.alpha ?? usualAlpha)
  if (confidence !== undefined) assertConfidence(confidence)
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the seed to be a whole number from 0 on but received ${seed}.`,
    )
  }
  const pooled = await fitPooled(
    X,
    {
      ...(options.groups ? { groups: options.groups } : {}),
      ...(options.calibration ? { method: options.calibration } : {}),
      onProgress: (done, total) => {
        throwIfAborted(options.signal)
        onProgress?.(done, total, 'fitting')
      },
    },
    createRandom(seed),
  )
  throwIfAborted(options.signal)
  const { negatives } = options
  const head = negatives && negatives.rows > 0 ? joinHead(X, negatives, pooled, createRandom(seed)) : undefined
  const { state: ensemble, heldOut } = head ? joinMembers(pooled, head.extra, head.weight) : joinMembers(pooled)
  options.onHeldOut?.(heldOut)
  const counted = ensemble.calibration.heldOut.ensemble.length
  const alpha = options.alpha ?? (confidence === undefined ? defaultAlpha(counted) : usualAlpha)
  const random = createRandom(seed).fork('report')
  const { images } = options
  const nameOf = (row: number) => images?.[row] ?? `row ${row}`
  const facts = factsOfPositives(X, pooled.holdOut.groups, { heldOut, counted, random }, nameOf)
  return {
    backbone: options.backbone ?? null,
    dim: X.cols,
    n: X.rows,
    alpha:
      confidence === undefined ? alpha : (toleranceAlpha(counted, alpha, confidence) ?? smallestAlpha(counted) / 2),
    seed,
    ensemble,
    ...(head && { discriminative: head.state }),
    facts: { ...facts, asked: confidence === undefined ? null : { alpha, confidence }, reference: null },
    positives: { ...describePositives(ensemble.whitening, X), images: options.images ?? null },
  }
}

/** @throws TOO_FEW_IMAGES, IMAGES_IDENTICAL, ALPHA_INVALID, CANCELLED; an image that cannot be read is reported, not thrown */
export async function fitImages(
  given: readonly ImageSource[],
  network: Backbone,
  options: FitImagesOptions = {},
): Promise<FittedImages> {
  assertAlpha(options.alpha ?? usualAlpha)
  const named = exclusion(options.exclude === 'misfits' ? [] : (options.exclude ?? []))
  const sources = given.filter(({ name }) => !named.leavesOut(name))
  const range = options.range ?? (await rangeOfImages(sources, options))
  const backbone = withRange(network, range)
  const notes: ({ readonly image: string } & Note)[] = []
  const earlier = options.base ? positivesOf(options.base, backbone) : []
  let positives = earlier.filter(({ image }) => !named.leavesOut(image))
  named.assertAllFound()
  const rejected: FailedEntry[] = [...(options.failed ?? [])]
  const isKnown = knownPixels(options.skipRepeated ? [...positives] : [])
  const repeated: string[] = []
  const pending = new Map<
    number,
    { hash: PerceptualHash; print: Fingerprint; thumbnail: Promise<Uint8Array> | undefined }
  >()
  const embedded = embedImages(backbone, sources, {
    onPixels(index, pixels) {
      for (const note of pixels.notes ?? []) notes.push({ image: sources[index]!.name, ...note })
      const make =
        typeof options.thumbnails === 'function'
          ? options.thumbnails
          : (source: ImageSource) => makeThumbnail(source, options.limits, range)
      const thumbnail = options.thumbnails ? make(sources[index]!).catch(() => noThumbnail) : undefined
      pending.set(index, { hash: perceptualHash(pixels), print: fingerprint(pixels), thumbnail })
    },
    onProgress: (done, total) => options.onProgress?.(done, total, 'images'),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.decode ? { decode: options.decode } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  })
  for await (const { index, source, embedding, error } of embedded) {
    const made = pending.get(index)
    const thumbnail = (await made?.thumbnail) ?? noThumbnail
    if (error) rejected.push({ image: source.name, error: error.toJSON() })
    else if (isKnown(embedding, made!.hash)) repeated.push(source.name)
    else positives.push({ image: source.name, embedding, hash: made!.hash, print: made!.print, thumbnail })
    pending.delete(index)
  }
  if (repeated.length > 0 && repeated.length === sources.length && !options.base?.exclude?.length)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `All ${repeated.length} images are positives of the earlier version already: there is nothing to add.`,
    )
  if (positives.length < minimumRows) {
    const lost =
      rejected.length > 0 ? ` ${rejected.length} could not be read, the first: ${rejected[0]!.error.message}` : ''
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Expected at least ${minimumRows} readable images but received ${positives.length}; some 200 make a good model.${lost}`,
    )
  }
  const negatives = await readNegatives(options, backbone, rejected)
  let X = fromRows(positives.map(({ embedding }) => embedding))
  let groups = groupsOf(positives, X)
  const excluded = [...named.found]
  if (options.exclude === 'misfits') {
    const left = new Set(findMisfits(X, groups, createRandom(options.seed ?? 1).fork('exclude')).map(({ row }) => row))
    if (left.size > 0) {
      excluded.push(...[...left].map((row) => positives[row]!.image))
      positives = positives.filter((_, row) => !left.has(row))
      X = fromRows(positives.map(({ embedding }) => embedding))
      groups = groupsOf(positives, X)
    }
  }
  const images = positives.map(({ image }) => image)
  let heldOut = new Float64Array(0)
  const fitted = await fitFeatures(X, {
    ...options,
    images,
    groups,
    backbone: { id: backbone.id, hash: backbone.hash },
    negatives: negatives && fromRows(negatives.map(({ embedding }) => embedding)),
    onHeldOut(scores) {
      heldOut = Float64Array.from(scores)
    },
  })
  const classifier = createClassifier(fitted, { model: 'new' })
  const reference = await tryReference(
    backbone,
    (embedding) => classifier.scoreEmbedding(embedding).pValue,
    options.signal,
  )
  const artifact = { ...fitted, facts: { ...fitted.facts!, reference }, ...(range && { range }) }
  const gallery = galleryOf(positives, { backbone, groups: [...groups], heldOut, rejected, negatives })
  const duplicates = namesOfGroups(groups, images)
  return { artifact, gallery, used: positives.length, rejected, repeated, excluded, duplicates, notes }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new OneclassError('CANCELLED', 'The work was cancelled.')
}

/** Those of the earlier version and the new ones; undefined without any. Those that cannot be read join `rejected`. */
async function readNegatives(
  { base, negatives = [], signal, decode }: FitImagesOptions,
  backbone: Backbone,
  rejected: FailedEntry[],
): Promise<Negative[] | undefined> {
  const all = base ? negativesOf(base.gallery) : []
  const options = { ...(signal ? { signal } : {}), ...(decode ? { decode } : {}) }
  for await (const { source, embedding, error } of embedImages(backbone, negatives, options)) {
    if (error) rejected.push({ image: source.name, error: error.toJSON() })
    else all.push({ image: source.name, embedding })
  }
  return all.length > 0 ? all : undefined
}

/** Tells whether an image is one of these positives: the same hash and, to the last bit, the same embedding. */
function knownPixels(positives: readonly Positive[]): (embedding: Float32Array, hash: PerceptualHash) => boolean {
  const keyOf = ({ high, low }: PerceptualHash) => `${high} ${low}`
  const byHash = new Map<string, Float32Array[]>()
  for (const { hash, embedding } of positives) byHash.set(keyOf(hash), [...(byHash.get(keyOf(hash)) ?? []), embedding])
  return (embedding, hash) =>
    byHash.get(keyOf(hash))?.some((known) => known.every((value, i) => value === embedding[i])) ?? false
}

/** For each positive the first of its near-duplicates: the same photo by its hash, or turned, mirrored, cropped, relit. */
function groupsOf(positives: readonly Positive[], X: Matrix): Int32Array {
  const alike = groupNearDuplicates(
    positives.map(({ hash }) => hash),
    nearDuplicateBits,
  )
  if (positives.length > mostCompared) return Int32Array.from(alike)
  const copies = groupCopies(
    positives.map(({ print }) => print),
    X,
  )
  return joinPartitions(alike, copies)
}

function namesOfGroups(groups: Int32Array, images: readonly string[]): string[][] {
  const members = new Map<number, string[]>()
  groups.forEach((leader, i) => {
    members.set(leader, [...(members.get(leader) ?? []), images[i]!])
  })
  return [...members.values()].filter((names) => names.length > 1)
}
