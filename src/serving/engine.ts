/** Images to embeddings for all jobs of a worker: decode, gather, infer, within the cores that it was given. */
import { OneclassError } from '../errors.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import type { ImageLimits } from '../images/limits.ts'
import type { Pixels } from '../images/pixels.ts'
import { makeThumbnail } from '../images/thumbnail.ts'
import { createCpuSlots } from './cpu-slots.ts'
import type { Inference, RemoteBackbone } from './inference.ts'
import { createMicroBatcher, type Lane, type MicroBatcher } from './micro-batcher.ts'

export interface Engine {
  /** Errors of the image (IMAGE_...) and of the backbone (BACKBONE_...). */
  embed(source: ImageSource, backbone: RemoteBackbone, lane: Lane): Promise<Float32Array>
  /** Errors of the image. */
  decode(source: ImageSource, backbone: RemoteBackbone, lane: Lane): Promise<Pixels>
  /** A small picture, WebP. Errors of the image. */
  thumbnail(source: ImageSource, lane: Lane): Promise<Uint8Array>
  /** For pixels that are decoded already. */
  embedPixels(
    images: readonly Pixels[],
    backbone: RemoteBackbone,
    lane: Lane,
  ): Promise<(Float32Array | OneclassError)[]>
}

export function createEngine(
  inference: Inference,
  options: { cores: number; limits?: ImageLimits; onInference?: (images: number) => void },
): Engine {
  const slots = createCpuSlots(options.cores)
  const decoding: Record<Lane, number> = { single: 0, bulk: 0 }
  const batchers = new Map<string, MicroBatcher<Pixels, Float32Array | OneclassError>>()

  const batcherOf = (backbone: RemoteBackbone): MicroBatcher<Pixels, Float32Array | OneclassError> => {
    let batcher = batchers.get(backbone.hash)
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
      batchers.set(backbone.hash, batcher)
    }
    return batcher
  }

  const decode = async (source: ImageSource, backbone: RemoteBackbone, lane: Lane): Promise<Pixels> => {
    const leave = await slots.enter(lane)
    try {
      return await decodeImage(source, backbone.target, options.limits)
    } finally {
      leave()
    }
  }

  return {
    async embed(source, backbone, lane) {
      const batcher = batcherOf(backbone)
      decoding[lane]++
      let pixels: Pixels
      try {
        pixels = await decode(source, backbone, lane)
      } catch (error) {
        decoding[lane]--
        batcher.poke() // others may have waited for this one
        throw error
      }
      decoding[lane]--
      const embedding = await batcher.submit(pixels, lane)
      if (embedding instanceof OneclassError) throw embedding
      return embedding
    },
    decode,
    async thumbnail(source, lane) {
      const leave = await slots.enter(lane)
      try {
        return await makeThumbnail(source, options.limits)
      } finally {
        leave()
      }
    },
    async embedPixels(images, backbone, lane) {
      return await Promise.all(images.map((pixels) => batcherOf(backbone).submit(pixels, lane)))
    },
  }
}
