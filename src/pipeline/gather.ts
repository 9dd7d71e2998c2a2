/** From image files to what a fit needs of each: embedding, hashes, a small picture, and where they are asked for its places. */
import type { Backbone } from '../features/backbone.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import { type Fingerprint, fingerprint } from '../images/fingerprint.ts'
import type { ImageLimits } from '../images/limits.ts'
import { type PerceptualHash, perceptualHash } from '../images/phash.ts'
import type { Pixels } from '../images/pixels.ts'
import type { SampleRange } from '../images/sample-range.ts'
import { makeThumbnail } from '../images/thumbnail.ts'
import type { FailedEntry } from '../images/walk.ts'
import type { Note } from '../wire/notes.ts'
import { noThumbnail, type Positive } from './make-gallery.ts'
import { defectsAtMost, type PlaceSetup, seeDefects } from './patches.ts'
import { knownPixels } from './same-photo.ts'

export interface GatherOptions {
  readonly skipRepeated?: boolean
  readonly thumbnails?: boolean | ((source: ImageSource) => Promise<Uint8Array>)
  readonly decode?: EmbedOptions['decode']
  readonly failed?: readonly FailedEntry[]
  readonly range: SampleRange | undefined
  readonly limits?: ImageLimits
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number, stage: 'images' | 'fitting') => void
}

export interface Gathered {
  readonly positives: Positive[]
  readonly rejected: FailedEntry[]
  readonly repeated: string[]
  readonly notes: readonly ({ readonly image: string } & Note)[]
}

interface Pending {
  readonly hash: PerceptualHash
  readonly print: Fingerprint
  readonly thumbnail: Promise<Uint8Array> | undefined
  readonly pixels: Pixels | undefined
}

/** @param base positives of an earlier version, which stand first. @throws CANCELLED, and what breaks the backbone itself */
export async function gatherPositives(
  sources: readonly ImageSource[],
  base: readonly Positive[],
  backbone: Backbone,
  options: GatherOptions,
  places: PlaceSetup | undefined,
): Promise<Gathered> {
  const positives = [...base]
  const notes: ({ readonly image: string } & Note)[] = []
  const rejected: FailedEntry[] = [...(options.failed ?? [])]
  const repeated: string[] = []
  const isKnown = knownPixels(options.skipRepeated ? base : [])
  const pending = new Map<number, Pending>()
  const embedded = embedImages(backbone, sources, {
    maps: places !== undefined,
    onPixels(index, pixels) {
      for (const note of pixels.notes ?? []) notes.push({ image: sources[index]!.name, ...note })
      const make =
        typeof options.thumbnails === 'function'
          ? options.thumbnails
          : (source: ImageSource) => makeThumbnail(source, options.limits, options.range)
      const thumbnail = options.thumbnails ? make(sources[index]!).catch(() => noThumbnail) : undefined
      const hash = perceptualHash(pixels)
      pending.set(index, { hash, print: fingerprint(pixels), thumbnail, pixels: places && pixels })
    },
    onProgress: (done, total) => options.onProgress?.(done, total, 'images'),
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.decode ? { decode: options.decode } : {}),
    ...(options.limits ? { limits: options.limits } : {}),
  })
  const toChange: { row: number; hash: PerceptualHash; pixels: Pixels }[] = []
  const change = async () => {
    const some = toChange.splice(0)
    const seen = await seeDefects(backbone, places!, some)
    seen.forEach((defect, i) => {
      const { row } = some[i]!
      positives[row] = { ...positives[row]!, defect }
    })
  }
  for await (const { index, source, embedding, maps, error } of embedded) {
    const { hash, print, thumbnail: making, pixels } = pending.get(index) ?? {}
    pending.delete(index)
    const thumbnail = (await making) ?? noThumbnail
    if (error) rejected.push({ image: source.name, error: error.toJSON() })
    else if (isKnown(embedding, hash!)) repeated.push(source.name)
    else {
      const seen = places ? { places: places.placesOf(maps!) } : {}
      const row = positives.push({ image: source.name, embedding, hash: hash!, print: print!, thumbnail, ...seen }) - 1
      if (places && row < defectsAtMost) toChange.push({ row, hash: hash!, pixels: pixels! })
      if (toChange.length === defectsAtOnce) await change()
    }
  }
  if (toChange.length > 0) await change()
  return { positives, rejected, repeated, notes }
}

/** A batch of the network. */
const defectsAtOnce = 8
