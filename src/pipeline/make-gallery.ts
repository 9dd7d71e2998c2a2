/** From the positives of a fit to the gallery beside its model, and from there to the positives of the next version. */
import { OneclassError, present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type Fingerprint, fingerprintSide } from '../images/fingerprint.ts'
import type { PerceptualHash } from '../images/phash.ts'
import { type Gallery, keptRows, placesOfRow, thumbnailOf } from '../store/gallery.ts'
import type { ErrorBody } from '../wire/error.ts'
import { longestPath } from '../wire/names.ts'
import type { PlaceSetup, SeenDefect } from './patches.ts'

/** One image as a fit needs it. */
export interface Positive {
  readonly image: string
  /** As the backbone made it, length dim. */
  readonly embedding: Float32Array
  readonly hash: PerceptualHash
  /** Undefined where an earlier build kept none: such an image is compared by its hash only. */
  readonly print: Fingerprint | undefined
  /** WebP; empty without one. */
  readonly thumbnail: Uint8Array
  /** Where places are looked at: those of the image, and what is seen in a copy with a drawn defect. */
  readonly places?: Uint8Array
  readonly defect?: SeenDefect
}

/** An image that does not belong. */
export interface Negative {
  readonly image: string
  /** As the backbone made it, length dim. */
  readonly embedding: Float32Array
}

export interface BasePositives {
  readonly gallery: Gallery
  /** Indices of positives to leave out. */
  readonly exclude?: readonly number[]
}

export const noThumbnail = new Uint8Array(0)
/** All thumbnails of a gallery together: what comes after has none. */
const maxThumbnailBytes = 48 * 2 ** 20
const printCells = fingerprintSide ** 2
/** All fingerprints of a gallery together: with more images none are kept. */
const maxPrintBytes = 32 * 2 ** 20
/** All places of a gallery together, at most. */
const maxPlaceBytes = 96 * 2 ** 20

/** @throws BACKBONE_MISMATCH, INVALID_ARGUMENT for an index that is not there */
export function positivesOf(
  { gallery, exclude = [] }: BasePositives,
  backbone: Pick<Backbone, 'hash' | 'id'>,
): Positive[] {
  if (gallery.backbone.hash !== backbone.hash) {
    throw new OneclassError(
      'BACKBONE_MISMATCH',
      `The earlier version was made with the backbone "${gallery.backbone.id}", not with this "${backbone.id}": its positives cannot be mixed with new ones. Name no other backbone, or fit a new model from the images.`,
    )
  }
  const { dim, images, embeddings, hashes } = gallery
  const placesOf = keptPlacesOf(gallery)
  return keptRows(gallery, exclude).map((i) => ({
    ...placesOf(i),
    image: present(images[i], 'the name of a positive'),
    embedding: embeddings.subarray(i * dim, (i + 1) * dim),
    hash: {
      high: present(hashes[2 * i], 'the hash of a positive') >>> 0,
      low: present(hashes[2 * i + 1], 'the hash of a positive') >>> 0,
    },
    print: gallery.prints?.subarray(i * printCells, (i + 1) * printCells),
    thumbnail: thumbnailOf(gallery, i) ?? noThumbnail,
  }))
}

/** The negatives that an earlier version was fitted with. */
export function negativesOf({ dim, negatives }: Gallery): Negative[] {
  if (negatives === undefined) return []
  const { images, embeddings } = negatives
  return images.map((image, i) => ({ image, embedding: embeddings.subarray(i * dim, (i + 1) * dim) }))
}

/**
 * @param groups for each positive the index of the first of its near-duplicates
 * @param heldOut raw scores, NaN where none was held out
 */
export function galleryOf(
  positives: readonly Positive[],
  made: {
    readonly backbone: Pick<Backbone, 'hash' | 'id'>
    readonly groups: readonly number[]
    readonly heldOut: Float64Array
    readonly rejected: readonly { image: string; error: ErrorBody }[]
    readonly negatives?: readonly Negative[] | undefined
    readonly light?: Gallery['light'] | undefined
    readonly enlarged?: Gallery['enlarged'] | undefined
    readonly mirrored?: Gallery['mirrored'] | undefined
    /** Given where places were looked at, be it to find that they tell nothing: more images may change that. */
    readonly places?: Pick<PlaceSetup, 'detail' | 'axes'> | undefined
  },
): Gallery {
  const n = positives.length
  const dim = present(positives[0], 'a positive').embedding.length
  const embeddings = new Float32Array(n * dim)
  const hashes = new Int32Array(2 * n)
  const prints =
    positives.every(({ print }) => print) && n * printCells <= maxPrintBytes
      ? new Uint8Array(n * printCells)
      : undefined
  const ends = new Int32Array(n)
  let size = 0
  positives.forEach(({ embedding, hash, print, thumbnail }, i) => {
    if (print) prints?.set(print, i * printCells)
    embeddings.set(embedding, i * dim)
    hashes[2 * i] = hash.high
    hashes[2 * i + 1] = hash.low
    if (size + thumbnail.length <= maxThumbnailBytes) size += thumbnail.length
    ends[i] = size
  })
  const bytes = new Uint8Array(size)
  positives.forEach(({ thumbnail }, i) => {
    const from = ends[i - 1] ?? 0
    if ((ends[i] ?? 0) > from) bytes.set(thumbnail, from)
  })
  return {
    backbone: { id: made.backbone.id, hash: made.backbone.hash },
    dim,
    images: positives.map(({ image }) => image),
    embeddings,
    hashes,
    ...(prints && { prints }),
    leaders: Int32Array.from(made.groups),
    heldOut: made.heldOut,
    thumbnails: { ends, bytes },
    rejected: made.rejected.map(({ image, error }) => ({
      image: short(image),
      error: { ...error, message: short(error.message) },
    })),
    ...(made.negatives && { negatives: keptNegatives(made.negatives, dim) }),
    ...(made.light && { light: made.light }),
    ...(made.enlarged && { enlarged: made.enlarged }),
    ...(made.mirrored && { mirrored: made.mirrored }),
    ...(made.places && keepPlaces(positives, made.places, dim)),
  }
}

/** Nothing where they are too many: the next version then does without. */
function keepPlaces(
  positives: readonly Positive[],
  { detail, axes }: Pick<PlaceSetup, 'detail' | 'axes'>,
  dim: number,
): Pick<Gallery, 'places'> {
  const places = positives.map((positive) => present(positive.places, 'the places of a positive'))
  const size = places[0]?.length ?? 0
  const changed = positives.flatMap(({ defect }, i) => (defect ? [{ i, defect }] : []))
  if ((positives.length + changed.length) * size > maxPlaceBytes) return {}
  const bytes = new Uint8Array(positives.length * size)
  places.forEach((some, i) => {
    bytes.set(some, i * size)
  })
  const defects = {
    rows: Int32Array.from(changed, ({ i }) => i),
    embeddings: new Float32Array(changed.length * dim),
    bytes: new Uint8Array(changed.length * size),
  }
  changed.forEach(({ defect }, k) => {
    defects.embeddings.set(defect.embedding, k * dim)
    defects.bytes.set(defect.places, k * size)
  })
  return { places: { detail, axes, size, bytes, defects } }
}

function keptPlacesOf({ dim, places }: Gallery): (i: number) => Pick<Positive, 'places' | 'defect'> {
  if (places === undefined) return () => ({})
  const { size, defects } = places
  const part = <T extends Uint8Array | Float32Array>(of: T, i: number, length: number) =>
    of.subarray(i * length, (i + 1) * length) as T
  const changed = new Map(Array.from(defects.rows, (row, k) => [row, k]))
  return (i) => {
    const k = changed.get(i)
    const own = { places: placesOfRow(places, i) }
    if (k === undefined) return own
    return { ...own, defect: { embedding: part(defects.embeddings, k, dim), places: part(defects.bytes, k, size) } }
  }
}

function keptNegatives(negatives: readonly Negative[], dim: number): NonNullable<Gallery['negatives']> {
  const embeddings = new Float32Array(negatives.length * dim)
  negatives.forEach(({ embedding }, i) => {
    embeddings.set(embedding, i * dim)
  })
  return { images: negatives.map(({ image }) => short(image)), embeddings }
}

/** Names are whatever their sender made them. */
function short(text: string): string {
  return text.slice(0, longestPath)
}
