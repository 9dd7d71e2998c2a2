/**
 * Image files to embeddings, in order: while the network works on one batch, the next images are read and decoded on sharp's
 * threads. Memory is bounded by the images in flight, whatever the length of the list.
 */
import { OneclassError, present, toOneclassError } from '../errors.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { DecodeTarget, Pixels } from '../images/pixels.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { usableCpus } from '../system/cpus.ts'
import type { Note } from '../wire/notes.ts'
import type { Backbone, Look, MapOutput } from './backbone.ts'

/** Images a run of the network, where nothing else is asked for. */
export const imagesAtOnce = 8

export interface EmbedOptions {
  /** Images a run of the network. Default `imagesAtOnce`. */
  readonly batch?: number
  /** Called after each image, with how many are done. */
  readonly onProgress?: (done: number, total: number) => void
  /** Aborting ends the iteration with CANCELLED. */
  readonly signal?: AbortSignal
  readonly limits?: ImageLimits
  /** Another place to decode, such as a process that can be killed. Default: here. Errors as `decodeImage`. */
  readonly decode?: (source: ImageSource, target: DecodeTarget) => Promise<Pixels>
  /** Also the network's maps, where it has some; without, an image's `maps` are empty. */
  readonly maps?: boolean
  /** Called with each image's pixels on their way to the network, for perceptual hashes and thumbnails. */
  readonly onPixels?: (index: number, pixels: Pixels) => void
}

export type Embedded = {
  readonly index: number
  readonly source: ImageSource
  /** Of the upright image; there where the backbone's target asks for it. */
  readonly original?: Pixels['original']
  readonly notes?: readonly Note[]
} & (
  | (Look & { readonly error?: never })
  | { readonly error: OneclassError; readonly embedding?: never; readonly maps?: never }
)

/**
 * One entry an image, in the order of `sources`; a bad image is an entry with its error.
 * @throws CANCELLED, and what breaks the backbone itself
 */
export async function* embedImages(
  backbone: Backbone,
  sources: readonly ImageSource[],
  options: EmbedOptions = {},
): AsyncGenerator<Embedded, void, undefined> {
  const batch = Math.max(1, options.batch ?? imagesAtOnce)
  const decode = options.decode ?? ((source, target) => decodeImage(source, target, options.limits))
  const decoded = decodeAhead(sources, batch + usableCpus(), (source) => decode(source, backbone.target))
  backbone.expect?.(sources.length)
  let done = 0
  function* tell(answered: readonly Answered[]): Generator<Embedded, void, undefined> {
    for (const { index, result, outcome } of answered) {
      throwIfAborted(options.signal)
      const source = sources[index]!
      options.onProgress?.(++done, sources.length)
      if (outcome instanceof OneclassError) yield { index, source, error: nameImage(outcome, source) }
      else yield { index, source, ...outcome, ...aboutPixels(result) }
    }
  }
  let waiting: Decoded[] = []
  /** What the network has been given. While the older answers are used, it works on the newer ones. */
  const running: Promise<Answered[]>[] = []
  for await (const entry of decoded) {
    throwIfAborted(options.signal)
    if (!(entry.result instanceof OneclassError)) options.onPixels?.(entry.index, entry.result)
    waiting.push(entry)
    const isLast = entry.index === sources.length - 1
    if (waiting.length < batch && !isLast) continue
    const seen = seeBatch(backbone, waiting, options)
    seen.catch(() => {}) // a rejection is seen where it is awaited
    running.push(seen)
    waiting = []
    while (running.length > (isLast ? 0 : 1)) yield* tell(await present(running.shift(), 'images at the network'))
  }
}

interface Decoded {
  readonly index: number
  readonly result: Pixels | OneclassError
}

interface Answered extends Decoded {
  readonly outcome: Look | OneclassError
}

async function seeBatch(
  backbone: Backbone,
  batch: readonly Decoded[],
  { maps = false }: EmbedOptions,
): Promise<Answered[]> {
  const pixels = batch.flatMap(({ result }) => (result instanceof OneclassError ? [] : [result]))
  const seen = pixels.length > 0 ? await see(backbone, pixels, maps ? backbone.maps : []) : []
  return batch.map((entry) => ({
    ...entry,
    outcome: entry.result instanceof OneclassError ? entry.result : present(seen.shift(), 'what was seen in an image'),
  }))
}

/** What a network sees in images: their embeddings, and some of its maps. */
export async function see(
  backbone: Backbone,
  pixels: readonly Pixels[],
  maps: readonly MapOutput[] = [],
): Promise<(Look | OneclassError)[]> {
  if (maps.length > 0 && backbone.look) return await backbone.look(pixels, maps)
  const embeddings = await backbone.embed(pixels)
  return embeddings.map((embedding) => (embedding instanceof OneclassError ? embedding : { embedding, maps: [] }))
}

function aboutPixels(result: Pixels | OneclassError): Pick<Pixels, 'notes' | 'original'> {
  if (result instanceof OneclassError) return {}
  const { notes, original } = result
  return { ...(original && { original }), ...(notes && { notes }) }
}

/** Decodes up to `ahead` images beyond the one taken, and yields them in order. */
async function* decodeAhead(
  sources: readonly ImageSource[],
  ahead: number,
  decode: (source: ImageSource) => Promise<Pixels>,
): AsyncGenerator<Decoded, void, undefined> {
  const inFlight: Promise<Pixels | OneclassError>[] = []
  let started = 0
  for (let index = 0; index < sources.length; index++) {
    for (; started < sources.length && started < index + ahead; started++) {
      inFlight.push(decode(sources[started]!).catch(toOneclassError))
    }
    yield { index, result: await inFlight.shift()! }
  }
}

/** A backbone knows pixels only; what it says of an image gets the image's name. */
function nameImage(error: OneclassError, source: ImageSource): OneclassError {
  return error.message.includes(`"${source.name}"`)
    ? error
    : new OneclassError(error.code, `"${source.name}": ${error.message}`, { cause: error })
}
