/** Images to embeddings for all jobs of a worker: decode, gather, infer, within the cores that it was given. */
import { OneclassError } from '../errors.ts'
import type { Look } from '../features/backbone.ts'
import { mayBeDeep } from '../images/deep-samples.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { Pixels } from '../images/pixels.ts'
import type { UsedSamples } from '../images/sample-range.ts'
import { traced } from '../system/tracing.ts'
import { createCpuSlots } from './cpu-slots.ts'
import { createDecodePool } from './decode-pool.ts'
import type { Decoded } from './decode-run.ts'
import type { Inference, RemoteBackbone } from './inference.ts'
import { createMicroBatcher, type Lane, type MicroBatcher } from './micro-batcher.ts'

/** An image as it came: its name and its bytes. */
export interface ReceivedImage {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface WorkOptions {
  readonly lane: Lane
  /** Aborting stops every step: decoding is killed, what waits leaves its queue. All calls then reject with CANCELLED. */
  readonly signal?: AbortSignal
  /** Also a small picture, WebP. */
  readonly thumbnail?: boolean
}

/** `maps` are empty where the backbone is asked for none. */
export interface Embedded extends Decoded, Look {}

export interface Engine {
  /** Errors of the image (IMAGE_...) and of the backbone (BACKBONE_...). */
  embed(image: ReceivedImage, backbone: RemoteBackbone, options: WorkOptions): Promise<Embedded>
  /** Errors of the image. */
  decode(image: ReceivedImage, backbone: Pick<RemoteBackbone, 'target'>, options: WorkOptions): Promise<Decoded>
  /** What an image uses of more than 8 bits a sample; undefined of others. Errors of the image. */
  measure(image: ReceivedImage, options: WorkOptions): Promise<UsedSamples | undefined>
  /** For pixels that are decoded already. */
  embedPixels(
    images: readonly Pixels[],
    backbone: RemoteBackbone,
    options: WorkOptions,
  ): Promise<(Look | OneclassError)[]>
  close(): void
}

export function createEngine(
  inference: Inference,
  options: { cores: number; limits?: ImageLimits; onInference?: (images: number) => void },
): Engine {
  const slots = createCpuSlots(options.cores)
  const pool = createDecodePool({
    cores: options.cores,
    enter: (lane) => slots.enter(lane),
    ...(options.limits ? { limits: options.limits } : {}),
  })
  const decoding: Record<Lane, number> = { single: 0, bulk: 0 }
  const batchers = new Map<string, MicroBatcher<Pixels, Look | OneclassError>>()

  const batcherOf = (backbone: RemoteBackbone): MicroBatcher<Pixels, Look | OneclassError> => {
    // images of one size and one question run together
    const { hash, target, withMaps = false, maps = [] } = backbone
    const key = `${hash} ${target.width} ${withMaps && maps.map(({ name }) => name)}`
    let batcher = batchers.get(key)
    if (batcher === undefined) {
      batcher = createMicroBatcher({
        cap: 8,
        lingerMs: { single: 3, bulk: 60 },
        isMoreComing: (lane) => decoding[lane] > 0,
        enter: (lane) => slots.enter(lane),
        run: (images) => {
          options.onInference?.(images.length)
          return inference.embed(backbone, images)
        },
      })
      batchers.set(key, batcher)
    }
    return batcher
  }

  const decode: Engine['decode'] = ({ name, bytes }, { target }, { lane, signal, thumbnail }) =>
    traced('decode', () => pool.decode({ name, bytes, target, thumbnail: thumbnail ?? false, lane, signal }), {
      'oneclass.bytes': bytes.length,
    })

  return {
    async embed(image, backbone, work) {
      const { lane } = work
      const batcher = batcherOf(backbone)
      decoding[lane]++
      let decoded: Decoded
      try {
        decoded = await decode(image, backbone, work)
      } catch (error) {
        decoding[lane]--
        batcher.poke() // others may have waited for this one
        throw error
      }
      decoding[lane]--
      // with the wait for company
      const seen = await traced('embed', () => batcher.submit(decoded.pixels, lane, work.signal))
      if (seen instanceof OneclassError) throw seen
      return { ...decoded, ...seen }
    },
    decode,
    async measure({ name, bytes }, { lane, signal }) {
      if (!mayBeDeep(bytes)) return undefined
      return (await pool.decode({ name, bytes, measure: true, lane, signal })).used
    },
    async embedPixels(images, backbone, { lane, signal }) {
      return await Promise.all(images.map((pixels) => batcherOf(backbone).submit(pixels, lane, signal)))
    },
    close: () => pool.close(),
  }
}
