/** One image, one answer. A bad image fails the job with the image's code. */
import { OneclassError, toOneclassError } from '../src/errors.ts'
import type { ImageSource } from '../src/images/decode.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { explainByOcclusion } from '../src/pipeline/explain.ts'
import type { Heatmap, ImageResult } from '../src/pipeline/result.ts'
import { type Consumer, startConsumer } from '../src/queue/consumer.ts'
import { recordServed } from '../src/service/drift-log.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import type { WorkerContext } from './context.ts'

export function startClassify(context: WorkerContext): Promise<Consumer> {
  const { blobs, client, engine, heartbeat, models } = context

  /** Dozens of runs of the network: in the lane of batches, so that other single images go first. */
  const explain = async (source: ImageSource, { artifact, backbone }: ReadyModel): Promise<Heatmap> => {
    const pixels = await engine.decode(source, backbone, 'bulk')
    const { id, hash, dim, target } = backbone
    const embed = (images: readonly Pixels[]) => engine.embedPixels(images, backbone, 'bulk')
    const { cells, values } = await explainByOcclusion(
      artifact,
      { id, hash, dim, target, embed, close: async () => {} },
      pixels,
    )
    return { width: cells, height: cells, values: Array.from(values, (value) => Number(value.toPrecision(4))) }
  }

  return startConsumer({
    ...context.consumer('classify'),
    // more jobs than cores: the next images are fetched while these are computed, and batches can form
    concurrency: 8 * context.cores,
    async handle({ data }): Promise<ImageResult> {
      const [bytes, model] = await Promise.all([blobs.get(data.blob), models.get(data.model)])
      if (bytes === undefined)
        throw new OneclassError('JOB_EXPIRED', 'The image waited too long for a worker: send it again.')
      heartbeat.count({ images: 1 })
      const embedding = await engine
        .embed({ name: data.image, bytes }, model.backbone, 'single')
        .catch((error: unknown) => {
          heartbeat.countError(toOneclassError(error).code)
          throw error
        })
      const scored = model.classifier.scoreEmbedding(embedding, data.model.alpha)
      const heatmap = data.explain ? await explain({ name: data.image, bytes }, model) : undefined
      // Neither may delay the answer or spoil it; what is not removed expires.
      void blobs.remove([data.blob]).catch(() => {})
      void recordServed(client, data.model.sha256, [scored]).catch(() => {})
      return { image: data.image, ...scored, ...(heatmap && { heatmap }) }
    },
  })
}
