/** One image, one answer. A bad image fails the job with the image's code. */

import { decide } from '../src/detectors/decide.ts'
import { OneclassError, toOneclassError } from '../src/errors.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { explainByOcclusion } from '../src/pipeline/explain.ts'
import { type Consumer, isFault, startConsumer, type Task } from '../src/queue/consumer.ts'
import { isForAnother } from '../src/queue/formats.ts'
import type { JobData } from '../src/queue/jobs.ts'
import { recordServed } from '../src/service/drift-log.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import type { FaceSeen } from '../src/wire/faces.ts'
import type { ManyResult } from '../src/wire/many.ts'
import type { Heatmap, ImageResult, Scored } from '../src/wire/result.ts'
import { classifyWithMany } from './classify-many.ts'
import type { WorkerContext } from './context.ts'
import { findFace } from './find-face.ts'

type Kind = 'classify' | 'explain'
type Answer = ImageResult | ManyResult | FaceSeen

/** Explanations at once, for each core: each is dozens of runs of the network and holds as many images. */
const explainsOfCore = 1

export function startClassify(context: WorkerContext): Promise<Consumer[]> {
  const { blobs, client, engine, heartbeat, models, quarantine } = context

  /** Dozens of runs of the network: in the lane of batches, so that other single images go first. */
  const explain = async (pixels: Pixels, { artifact, backbone }: ReadyModel, signal: AbortSignal): Promise<Heatmap> => {
    const { id, hash, dim, target } = backbone
    const embed = async (images: readonly Pixels[]) => {
      const seen = await engine.embedPixels(images, { ...backbone, withMaps: false }, { lane: 'bulk', signal })
      return seen.map((one) => (one instanceof OneclassError ? one : one.embedding))
    }
    const { cells, values } = await explainByOcclusion(
      artifact,
      { id, hash, dim, target, embed, close: async () => {} },
      pixels,
    )
    return { width: cells, height: cells, values: Array.from(values, (value) => Number(value.toPrecision(4))) }
  }

  const classify = async ({ data, signal }: Task<Kind>): Promise<Answer> => {
    const [bytes, model] = await Promise.all([
      blobs.get(data.blob),
      'model' in data ? models.get(data.model) : undefined,
    ])
    if (bytes === undefined)
      throw new OneclassError('JOB_EXPIRED', 'The image waited too long for a worker: send it again.')
    heartbeat.count({ images: 1 })
    if ('find' in data) return await findFace(context, { name: data.image, bytes }, signal)
    if ('models' in data) return await classifyWithMany(context, data, { name: data.image, bytes }, signal)
    return await classifyWithOne(data, bytes, model!, signal)
  }

  const classifyWithOne = async (
    data: JobData['explain'],
    bytes: Uint8Array,
    model: ReadyModel,
    signal: AbortSignal,
  ): Promise<ImageResult> => {
    const seen = await engine
      .embed({ name: data.image, bytes }, model.backbone, { lane: 'single', signal })
      .catch((error: unknown) => {
        heartbeat.countError(toOneclassError(error).code)
        throw error
      })
    const alone = model.classifier.score({ ...seen, original: seen.pixels.original }, data.model.alpha)
    const [scored] = decide([alone], model.calibrationScores, data.decide ?? {}) as [Scored]
    const { pixels } = seen
    const heatmap = data.explain
      ? (model.classifier.heatOf(seen.maps) ?? (await explain(pixels, model, signal)))
      : undefined
    // May not delay the answer or spoil it.
    void recordServed(client, data.model.sha256, [scored]).catch(() => {})
    const { notes } = pixels
    return { image: data.image, ...scored, ...(heatmap && { heatmap }), ...(notes && { notes }) }
  }

  const handle = async (task: Task<Kind>): Promise<Answer> => {
    const work = () => classify(task)
    try {
      const result = await (task.crashes > 0 ? quarantine.run(task.id, task.data.image, work) : work())
      void blobs.remove([task.data.blob]).catch(() => {})
      return result
    } catch (error) {
      // a fault is tried again and needs its image; what is final does not, nor what was cancelled
      const isFinal = (task.isLastAttempt || !isFault(error)) && !(await isForAnother(client, error))
      if (task.signal.aborted || isFinal) void blobs.remove([task.data.blob]).catch(() => {})
      throw error
    }
  }

  return Promise.all([
    // more jobs than cores: the next images are fetched while these are computed, and batches can form
    startConsumer({ ...context.consumer('classify'), concurrency: 8 * context.cores, handle }),
    startConsumer({ ...context.consumer('explain'), concurrency: explainsOfCore * context.cores, handle }),
  ])
}
