/**
 * What is kept beside a model of its positives: enough to show them, to point out those that do not fit, and to fit the next version
 * without their originals. No part of the model: scoring needs none of it, and an exported model is without it.
 */
import { allFinite } from '../core/matrix.ts'
import { checkAxes } from '../detectors/patches/check-axes.ts'
import type { PlaceAxes } from '../detectors/patches/places.ts'
import { errorTable, OneclassError } from '../errors.ts'
import { fingerprintSide } from '../images/fingerprint.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Detail } from '../wire/fit-choices.ts'
import type { Artifact } from './artifact.ts'
import { checkSizes } from './check-sizes.ts'
import type { Plain } from './plain-data.ts'
import { isText } from './plain-data.ts'
import { seal, sealIfReadable, unseal } from './sealed.ts'

export interface Gallery {
  readonly backbone: { readonly id: string; readonly hash: string }
  readonly dim: number
  /** Names, in the order of the model's positives, length n. */
  readonly images: readonly string[]
  /** As the backbone made them, not normalised: shape (n, dim), row-major. */
  readonly embeddings: Float32Array
  /** Perceptual hashes: high and low half of each, shape (n, 2). */
  readonly hashes: Int32Array
  /** Fingerprints (`images/fingerprint.ts`), one after the other; absent in galleries of earlier builds and of very many images. */
  readonly prints?: Uint8Array
  /** The first image of its group of near-duplicates, its own index where it stands alone; length n. */
  readonly leaders: Int32Array
  /** Raw ensemble score of each positive by a model that had not seen it; NaN where none was held out; length n. */
  readonly heldOut: Float64Array
  /** WebP files one after the other: image i is bytes[ends[i - 1], ends[i]), empty where there is none. */
  readonly thumbnails: { readonly ends: Int32Array; readonly bytes: Uint8Array }
  /** Images that were given and could not be used. */
  readonly rejected: readonly { readonly image: string; readonly error: ErrorBody }[]
  /** Images that do not belong: names, and embeddings of shape (m, dim). Absent where none were given. */
  readonly negatives?: { readonly images: readonly string[]; readonly embeddings: Float32Array }
  /** As of the model. */
  readonly light?: 'even'
  /** As of the model. */
  readonly enlarged?: 2 | 3
  /** As of the model. */
  readonly mirrored?: true
  /** Places of the images (`detectors/patches/places.ts`). Absent where none were looked at, and of very many. */
  readonly places?: KeptPlaces
}

export interface KeptPlaces {
  readonly detail: Detail
  readonly axes: PlaceAxes
  /** Bytes an image. */
  readonly size: number
  /** Shape (n, size). */
  readonly bytes: Uint8Array
  /** Of some images copies with a drawn defect: the row of the image, the copy's embedding and places. */
  readonly defects: { readonly rows: Int32Array; readonly embeddings: Float32Array; readonly bytes: Uint8Array }
}

/** Thousands of images with wide embeddings; no file beyond this is looked at. */
export const maxGalleryBytes = 256 * 2 ** 20
const format = { magic: 'ONEGALLR', version: 1, maxBytes: maxGalleryBytes, name: 'gallery file' } as const

/** The bytes to keep, not copied: see `sealInParts`. Undefined where they are more than is read back. */
export function galleryInParts(
  gallery: Gallery,
  maxBytes: number = maxGalleryBytes,
): readonly Uint8Array[] | undefined {
  return sealIfReadable({ ...format, maxBytes }, gallery as unknown as Plain)
}

/** @throws INVALID_ARGUMENT when it is too large */
export function encodeGallery(gallery: Gallery): Uint8Array {
  return seal(format, gallery as unknown as Plain)
}

/** @throws MODEL_CORRUPT, MODEL_INCOMPATIBLE */
export function decodeGallery(bytes: Uint8Array): Gallery {
  return unseal(format, bytes, checkGallery)
}

/**
 * Reads it as whoever uses it later does, before it is kept beside a model.
 * @throws MODEL_CORRUPT, also for the gallery of another model; MODEL_INCOMPATIBLE
 */
export function assertGalleryOf(
  {
    n,
    dim,
    backbone,
    light,
    enlarged,
    mirrored,
  }: Pick<Artifact, 'n' | 'dim' | 'backbone' | 'light' | 'enlarged' | 'mirrored'>,
  bytes: Uint8Array,
): void {
  const gallery = decodeGallery(bytes)
  const { id, hash } = gallery.backbone
  const isSameNetwork = backbone?.id === id && backbone.hash === hash
  const isSameWay = gallery.light === light && gallery.enlarged === enlarged && gallery.mirrored === mirrored
  if (gallery.images.length !== n || gallery.dim !== dim || !isSameWay || !isSameNetwork)
    throw new OneclassError('MODEL_CORRUPT', 'The gallery file is that of another model: fit the model again.')
}

/** The WebP bytes of image i; undefined when it has none or there is no such image. */
export function thumbnailOf({ thumbnails: { ends, bytes } }: Pick<Gallery, 'thumbnails'>, i: number) {
  const end = ends[i]
  if (end === undefined) return undefined
  const from = ends[i - 1] ?? 0
  return end > from ? bytes.subarray(from, end) : undefined
}

/** The places of image i. */
export function placesOfRow({ size, bytes }: KeptPlaces, i: number): Uint8Array {
  return bytes.subarray(i * size, (i + 1) * size)
}

/**
 * The rows to keep when some are left out.
 * @throws INVALID_ARGUMENT for an index that is not there
 */
export function keptRows(gallery: Pick<Gallery, 'images'>, exclude: readonly number[]): number[] {
  const n = gallery.images.length
  const wrong = exclude.find((i) => !Number.isSafeInteger(i) || i < 0 || i >= n)
  if (wrong !== undefined) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected images to exclude by their index from 0 to ${n - 1} but received ${wrong}.`,
    )
  }
  const out = new Set(exclude)
  return Array.from({ length: n }, (_, i) => i).filter((i) => !out.has(i))
}

/** @param label NAME@VERSION */
export function nothingKept(label: string): OneclassError {
  return new OneclassError(
    'MODEL_INCOMPATIBLE',
    `Nothing is kept of the positives of "${label}" (it was imported, fitted on features or on very many images, or made by an earlier oneclass): fit it again from its images.`,
  )
}

function checkGallery(value: unknown): Gallery {
  const gallery = value as Gallery
  const { dim, images, embeddings, hashes, prints, leaders, heldOut, thumbnails, rejected, backbone } = gallery
  if (!Number.isSafeInteger(dim) || dim < 1) throw new RangeError('dim is not a count')
  if (!isText(backbone.id) || !isText(backbone.hash)) throw new TypeError('the backbone is not named')
  if (!Array.isArray(images) || !images.every(isText)) throw new TypeError('the names are wrong')
  const n = images.length
  array('embeddings', embeddings, Float32Array, n * dim)
  if (!allFinite(embeddings)) throw new RangeError('not all embeddings are finite')
  array('hashes', hashes, Int32Array, 2 * n)
  if (prints !== undefined) array('fingerprints', prints, Uint8Array, n * fingerprintSide ** 2)
  array('groups', leaders, Int32Array, n)
  if (leaders.some((leader, i) => leader < 0 || leader > i)) throw new RangeError('the groups are wrong')
  array('held-out scores', heldOut, Float64Array, n)
  array('thumbnails', thumbnails.ends, Int32Array, n)
  array('thumbnails', thumbnails.bytes, Uint8Array, thumbnails.ends[n - 1] ?? 0)
  if (thumbnails.ends.some((end, i) => end < (thumbnails.ends[i - 1] ?? 0)))
    throw new RangeError('the thumbnails are not in order')
  if (!Array.isArray(rejected) || !rejected.every(isRejected)) throw new TypeError('the rejected images are wrong')
  if (gallery.negatives !== undefined) {
    const { images: names, embeddings: rows } = gallery.negatives
    if (!Array.isArray(names) || names.length === 0 || !names.every(isText))
      throw new TypeError('the names of the negatives are wrong')
    array('embeddings of negatives', rows, Float32Array, names.length * dim)
    if (!allFinite(rows)) throw new RangeError('not all embeddings of negatives are finite')
  }
  if (gallery.light !== undefined && gallery.light !== 'even') throw new RangeError('the light is wrong')
  checkSizes(gallery, gallery.places?.detail)
  if (gallery.places !== undefined) checkPlaces(gallery.places, n, dim)
  return gallery
}

function checkPlaces({ detail, axes, size, bytes, defects }: KeptPlaces, n: number, dim: number): void {
  if (![1, 2, 3].includes(detail)) throw new RangeError('the detail of the places is wrong')
  checkAxes(axes)
  if (!Number.isSafeInteger(size) || size < 1 || size % axes.count !== 0) throw new RangeError('the places are uneven')
  array('places', bytes, Uint8Array, n * size)
  const { rows, embeddings } = defects
  if (!(rows instanceof Int32Array) || rows.some((row, k) => row < 0 || row >= n || row <= (rows[k - 1] ?? -1)))
    throw new RangeError('the rows of the drawn defects are wrong')
  array('embeddings of drawn defects', embeddings, Float32Array, rows.length * dim)
  if (!allFinite(embeddings)) throw new RangeError('not all embeddings of drawn defects are finite')
  array('places of drawn defects', defects.bytes, Uint8Array, rows.length * size)
}

function array(name: string, value: unknown, type: new (length: number) => ArrayLike<number>, length: number): void {
  if (!(value instanceof type) || value.length !== length) throw new RangeError(`${name}: expected ${length} numbers`)
}

function isRejected(entry: Gallery['rejected'][number]): boolean {
  return isText(entry.image) && Object.hasOwn(errorTable, entry.error.code) && isText(entry.error.message)
}
