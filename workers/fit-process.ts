/**
 * Fits a model: seconds of computing and hundreds of MiB that a worker may not keep. Images and the network stay where they are:
 * this side asks the worker for pixels and for embeddings, within the places that all of its jobs share.
 */
import { OneclassError, present, toOneclassError } from '../src/errors.ts'
import type { Backbone, Look, MapOutput } from '../src/features/backbone.ts'
import type { ImageSource } from '../src/images/decode.ts'
import { drawDemo } from '../src/images/demo-set.ts'
import type { DecodeTarget, Pixels } from '../src/images/pixels.ts'
import type { SampleRange } from '../src/images/sample-range.ts'
import { growthOf } from '../src/pipeline/base-version.ts'
import { type FitImagesOptions, type FittedImages, fitImages } from '../src/pipeline/fit.ts'
import { noThumbnail } from '../src/pipeline/make-gallery.ts'
import type { FitOutcome } from '../src/queue/jobs.ts'
import { encodeSamples } from '../src/service/demo-samples.ts'
import { encodeArtifact } from '../src/store/artifact.ts'
import { decodeGallery, galleryInParts } from '../src/store/gallery.ts'
import { joined } from '../src/store/sealed.ts'
import type { ErrorBody } from '../src/wire/error.ts'
import type { Progress } from '../src/wire/job.ts'
import { receiveWork, tellWorker } from './child.ts'

export interface FitWork {
  /** Pixels are asked for by index. */
  readonly images: readonly { readonly image: string; readonly isNegative: boolean }[]
  readonly backbone: Pick<Backbone, 'id' | 'hash' | 'dim' | 'target' | 'maps'>
  readonly choices: {
    readonly [K in 'alpha' | 'seed' | 'confidence' | 'calibration' | 'exclude' | 'detail' | 'patches' | 'light']:
      | FitImagesOptions[K]
      | undefined
  }
  /** The gallery file of the version that comes first. */
  readonly base:
    | { readonly label: string | undefined; readonly gallery: Uint8Array; readonly exclude: readonly number[] }
    | undefined
  /** What is black and white in images of more than 8 bits a sample. */
  readonly range: SampleRange | undefined
  /** The images are drawn here. */
  readonly isDemo: boolean
}

export type FitReply = Omit<FitOutcome, 'sha256' | 'gallery' | 'samples' | 'skipped' | 'layout' | 'leftOut'> & {
  readonly artifact: Uint8Array
  readonly gallery: Uint8Array | undefined
  readonly samples: Uint8Array | undefined
}
export type FitMessage =
  | { readonly embed: number; readonly images: readonly Pixels[]; readonly maps: readonly MapOutput[] }
  | { readonly decode: number; readonly index: number; readonly target: DecodeTarget }
  | { readonly progress: Progress }
  | { readonly error: ErrorBody }
  | FitReply
export type DecodedReply =
  | { readonly pixels: Pixels; readonly thumbnail: Uint8Array | undefined }
  | { readonly error: ErrorBody }
export type FitAnswer = { readonly id: number } & (
  | { readonly results: (Look | ErrorBody)[] }
  | { readonly decoded: DecodedReply }
)

const work = await receiveWork<FitWork>()
const pending = new Map<number, (answer: FitAnswer) => void>()
let nextId = 0

/** A fault ends this process from the other side. */
const ask = (message: (id: number) => FitMessage): Promise<FitAnswer> =>
  new Promise((resolve) => {
    const id = nextId++
    pending.set(id, resolve)
    void tellWorker(message(id))
  })

process.on('message', (answer: FitAnswer) => {
  pending.get(answer.id)?.(answer)
  pending.delete(answer.id)
})

async function seeAll(images: readonly Pixels[], maps: readonly MapOutput[]): Promise<(Look | OneclassError)[]> {
  const answer = await ask((embed) => ({ embed, images, maps }))
  if (!('results' in answer)) throw new Error('the worker answered something else')
  return answer.results.map((result) =>
    'embedding' in result ? result : new OneclassError(result.code, result.message),
  )
}

const backbone: Backbone = {
  ...work.backbone,
  async embed(images) {
    const seen = await seeAll(images, [])
    return seen.map((one) => (one instanceof OneclassError ? one : one.embedding))
  },
  ...(work.backbone.maps && {
    look: (images: readonly Pixels[], maps = work.backbone.maps ?? []) => seeAll(images, maps),
  }),
  async close() {},
}

const all = work.images.map(({ image, isNegative }) => ({ name: image, isNegative, bytes: new Uint8Array(0) }))
const sources = all.filter(({ isNegative }) => !isNegative)
const negatives = all.filter(({ isNegative }) => isNegative)
const indices = new Map<ImageSource, number>(all.map((source, index) => [source, index]))
const thumbnails = new Map<ImageSource, Uint8Array>()

async function decode(source: ImageSource, target: DecodeTarget): Promise<Pixels> {
  const answer = await ask((id) => ({
    decode: id,
    index: present(indices.get(source), 'the index of an image'),
    target,
  }))
  if (!('decoded' in answer)) throw new Error('the worker answered something else')
  const { decoded } = answer
  if ('error' in decoded) throw new OneclassError(decoded.error.code, decoded.error.message)
  if (decoded.thumbnail) thumbnails.set(source, decoded.thumbnail)
  return decoded.pixels
}

async function thumbnailOf(source: ImageSource): Promise<Uint8Array> {
  const thumbnail = thumbnails.get(source) ?? noThumbnail
  thumbnails.delete(source)
  return thumbnail
}

let reported = 0
const report = (done: number, total: number, stage: string): void => {
  if (done < total && done - reported < total / 50) return
  reported = done
  void tellWorker({ progress: { done, total, stage } } satisfies FitMessage)
}

function growthOfWork(fitted: FittedImages): Pick<FitOutcome, 'growth'> {
  if (work.base?.label === undefined) return {}
  const { label, gallery } = work.base
  return { growth: growthOf(label, { gallery: decodeGallery(gallery) }, fitted) }
}

try {
  const drawn = work.isDemo ? await drawDemo((done, total) => report(done, total, 'drawing')) : undefined
  reported = 0
  const fitted = await fitImages(drawn?.sources ?? sources, backbone, {
    ...given(work.choices),
    ...(negatives.length > 0 ? { negatives } : {}),
    ...(work.range ? { range: work.range } : {}),
    ...(work.base ? { base: { gallery: decodeGallery(work.base.gallery), exclude: work.base.exclude } } : {}),
    ...(drawn ? { thumbnails: true, detail: 1, light: 'as-is' } : { thumbnails: thumbnailOf, decode }),
    onProgress: (done, total) => report(done, total, done < total ? 'images' : 'fitting'),
  })
  const { used, rejected, duplicates, excluded, notes } = fitted
  const told = { used, rejected, duplicates, excluded, notes }
  const growth = growthOfWork(fitted)
  const artifact = encodeArtifact(fitted.artifact)
  const parts = galleryInParts(fitted.gallery)
  const gallery = parts && joined(parts)
  const samples = drawn && encodeSamples(drawn.samples)
  await tellWorker({ artifact, gallery, samples, ...told, ...growth } satisfies FitMessage)
} catch (error) {
  await tellWorker({ error: toOneclassError(error).toJSON() } satisfies FitMessage)
}
process.exit(0)

/** Options that were chosen; the others keep their defaults. */
function given(choices: FitWork['choices']): FitImagesOptions {
  return Object.fromEntries(Object.entries(choices).filter(([, value]) => value !== undefined))
}
