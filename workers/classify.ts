/** One image, one answer. A bad image fails the job with the image's code. */
import { decide } from '../src/detectors/decide.ts'
import { OneclassError, present, toOneclassError } from '../src/errors.ts'
import { type Consumer, startConsumer, type Task } from '../src/queue/consumer.ts'
import type { ClassifyOne } from '../src/queue/jobs.ts'
import { recordServed } from '../src/service/drift-log.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import type { FaceSeen } from '../src/wire/faces.ts'
import type { ManyResult } from '../src/wire/many.ts'
import type { ImageResult, Scored } from '../src/wire/result.ts'
import { classifyWithMany } from './classify-many.ts'
import type { WorkerContext } from './context.ts'
import { findFace } from './find-face.ts'

type Answer = ImageResult | ManyResult | FaceSeen

export function startClassify(context: WorkerContext): Promise<Consumer> {
  const { blobs, client, engine, heartbeat, models, quarantine } = context

  const classify = async ({ data, signal }: Task<'classify'>): Promise<Answer> => {
    const [bytes, model] = await Promise.all([
      blobs.get(data.blob),
      'model' in data ? models.get(data.model) : undefined,
    ])
    if (bytes === undefined)
      throw new OneclassError('JOB_EXPIRED', 'The image waited too long for a worker: send it again.')
    heartbeat.count({ images: 1 })
    if ('find' in data) return await findFace(context, { name: data.image, bytes }, signal)
    if ('models' in data) return await classifyWithMany(context, data, { name: data.image, bytes }, signal)
    return await classifyWithOne(data, bytes, present(model, 'the model of a job'), signal)
  }

  const classifyWithOne = async (
    data: ClassifyOne,
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
    const heatmap = data.explain ? model.classifier.heatOf(seen.maps, pixels.original) : undefined
    // May not delay the answer or spoil it.
    if (data.drift !== false) void recordServed(client, data.model, [scored]).catch(() => {})
    const { notes } = pixels
    return { image: data.image, ...scored, ...(heatmap && { heatmap }), ...(notes && { notes }) }
  }

  const handle = async (task: Task<'classify'>): Promise<Answer> => {
    const work = () => classify(task)
    return await (task.crashes > 0 ? quarantine.run(task.id, task.data.image, work) : work())
  }

  // more jobs than cores: the next images are fetched while these are computed, and batches can form
  return startConsumer({ ...context.consumer('classify'), concurrency: 8 * context.cores, handle })
}
