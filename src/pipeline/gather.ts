/** From image files to what a fit needs of each: embedding, hashes, a small picture, and where they are asked for its places. */
import { present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { withTarget } from '../features/changed.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import { type Fingerprint, fingerprint } from '../images/fingerprint.ts'
import type { ImageLimits } from '../images/limits.ts'
import { type PerceptualHash, perceptualHash } from '../images/phash.ts'
import type { Pixels } from '../images/pixels.ts'
import type { SampleRange } from '../images/sample-range.ts'
import { makeThumbnail, thumbnailOfPixels } from '../images/thumbnail.ts'
import type { FailedEntry } from '../images/walk.ts'
import type { Note } from '../wire/notes.ts'
import { noThumbnail, type Positive } from './make-gallery.ts'
import { getsDefect, type PlaceSetup, seeDefects } from './patches.ts'
import { knownPixels } from './same-photo.ts'

export interface GatherOptions {
  /** Default: new images that are among `base` already are left out. */
  readonly skipRepeated?: boolean
  readonly thumbnails?: boolean | ((source: ImageSource) => Promise<Uint8Array>)
  readonly decode?: EmbedOptions['decode']
  /** Called with the pixels of each image that can be read. */
  readonly onPixels?: (pixels: Pixels) => void
  /** On a copy of which rows a defect is drawn, where places are looked at. Default: `getsDefect`. */
  readonly drawsOn?: (row: number) => boolean
  readonly failed?: readonly FailedEntry[]
  readonly range: SampleRange | undefined
  readonly limits?: ImageLimits
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number, stage: 'images' | 'fitting') => void
}

/** An image that was read before, by its number among the sources. */
export interface Known {
  readonly positive: Positive
  readonly notes: readonly Note[]
}

export interface Gathered {
  readonly positives: Positive[]
  /** The number of each positive's source; -1 for those of an earlier version. */
  readonly sourceOf: readonly number[]
  readonly rejected: FailedEntry[]
  readonly repeated: string[]
  readonly notes: readonly ({ readonly image: string } & Note)[]
  readonly notesOf: ReadonlyMap<number, readonly Note[]>
}

interface Pending {
  readonly hash: PerceptualHash
  readonly print: Fingerprint
  readonly thumbnail: Promise<Uint8Array> | undefined
  readonly pixels: Pixels | undefined
}

/**
 * @param base positives of an earlier version, which stand first
 * @param known images that the same network has looked at before: they are not read again, and they alone have drawn defects
 * @throws CANCELLED, and what breaks the backbone itself
 */
export async function gatherPositives(
  sources: readonly ImageSource[],
  base: readonly Positive[],
  backbone: Backbone,
  options: GatherOptions,
  places: PlaceSetup | undefined,
  known: ReadonlyMap<number, Known> = new Map(),
): Promise<Gathered> {
  const { drawsOn = getsDefect } = options
  const positives = [...base]
  const sourceOf = base.map(() => -1)
  const notesOf = new Map<number, readonly Note[]>()
  const rejected: FailedEntry[] = [...(options.failed ?? [])]
  const repeated: string[] = []
  const isKnown = knownPixels(options.skipRepeated === false ? [] : base)
  const pending = new Map<number, Pending>()
  const unread = Array.from(sources.keys()).filter((i) => !known.has(i))
  const embedded = embedImages(
    // sizes are asked of the decoder: what a worker fits has its files elsewhere
    withTarget(backbone, { withOriginal: true }),
    unread.map((i) => present(sources[i], 'the source of an image')),
    {
      maps: places !== undefined,
      onPixels(at, pixels) {
        const index = present(unread[at], 'the number of an image')
        options.onPixels?.(pixels)
        if (pixels.notes) notesOf.set(index, pixels.notes)
        const make =
          typeof options.thumbnails === 'function'
            ? options.thumbnails
            : async (source: ImageSource) =>
                await (thumbnailOfPixels(pixels) ?? makeThumbnail(source, options.limits, options.range))
        const thumbnail = options.thumbnails
          ? make(present(sources[index], 'the source of an image')).catch(() => noThumbnail)
          : undefined
        const hash = perceptualHash(pixels)
        pending.set(index, { hash, print: fingerprint(pixels), thumbnail, pixels: places && pixels })
      },
      onProgress: (done) => options.onProgress?.(known.size + done, sources.length, 'images'),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.decode ? { decode: options.decode } : {}),
      ...(options.limits ? { limits: options.limits } : {}),
    },
  )
  const toChange: { row: number; hash: PerceptualHash; pixels: Pixels }[] = []
  const change = async () => {
    const some = toChange.splice(0)
    const seen = await seeDefects(backbone, present(places, 'the places'), some)
    seen.forEach((defect, i) => {
      const { row } = present(some[i], 'the image that was changed')
      positives[row] = { ...present(positives[row], 'the image that was changed'), defect }
    })
  }
  const late: { row: number; making: Promise<Uint8Array> }[] = []
  /** Waits until so many small pictures at most are still being made. */
  const waitFor = async (most: number) => {
    while (late.length > most) {
      const { row, making } = present(late.shift(), 'a small picture')
      const thumbnail = await making
      positives[row] = { ...present(positives[row], 'the image of a small picture'), thumbnail }
    }
  }
  const add = (index: number, positive: Positive): number => {
    sourceOf.push(index)
    return positives.push(positive) - 1
  }
  const addKnown = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const { positive, notes } = present(known.get(index), 'what is known of an image')
      if (notes.length > 0) notesOf.set(index, notes)
      add(index, positive)
    }
  }
  let next = 0
  for await (const { index: at, source, embedding, maps, error } of embedded) {
    const index = present(unread[at], 'the number of an image')
    addKnown(next, index)
    next = index + 1
    const { hash, print, thumbnail: making, pixels } = pending.get(index) ?? {}
    pending.delete(index)
    if (error) rejected.push({ image: source.name, error: error.toJSON() })
    else if (isKnown(embedding, present(hash, 'the hash of an image'))) repeated.push(source.name)
    else {
      const seen = places ? { places: places.placesOf(present(maps, 'the maps of an image')) } : {}
      const row = add(index, {
        image: source.name,
        embedding,
        hash: present(hash, 'the hash of an image'),
        print: present(print, 'the fingerprint of an image'),
        thumbnail: noThumbnail,
        ...seen,
      })
      if (making) late.push({ row, making })
      await waitFor(thumbnailsBehind)
      if (places && known.size === 0 && drawsOn(row))
        toChange.push({
          row,
          hash: present(hash, 'the hash of an image'),
          pixels: present(pixels, 'the pixels of an image'),
        })
      if (toChange.length === defectsAtOnce) await change()
    }
  }
  addKnown(next, sources.length)
  if (toChange.length > 0) await change()
  await waitFor(0)
  const inOrder = [...notesOf].sort(([a], [b]) => a - b)
  const notes = inOrder.flatMap(([index, some]) =>
    some.map((note) => ({ image: present(sources[index], 'the source of an image').name, ...note })),
  )
  return { positives, sourceOf, rejected, repeated, notes, notesOf }
}

/** A batch of the network. */
const defectsAtOnce = 8
/** Small pictures that are made while the network goes on: two batches; each holds the bytes of an image. */
const thumbnailsBehind = 16
