/**
 * A chunk of a batch: results are written group by group, each exactly once (`queue/batches.ts`), so a chunk that is taken
 * over goes on where it stopped. After two crashes its images are tried one by one, and an image that kills three times
 * gets an error for a result: one poisoned file cannot stop a batch.
 */
import { OneclassError, toOneclassError } from '../src/errors.ts'
import { keepPoints, keepThumbnail, maxThumbnails, type Point } from '../src/queue/batch-extras.ts'
import type { BatchResult } from '../src/queue/batches.ts'
import { type Consumer, startConsumer, type Task } from '../src/queue/consumer.ts'
import { keys } from '../src/queue/redis-keys.ts'
import { recordServed } from '../src/service/drift-log.ts'
import { errorLine } from '../src/service/feeder.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import type { WorkerContext } from './context.ts'

type Item = Task<'chunk'>['data']['images'][number]
type Done = BatchResult & {
  readonly served?: { readonly pValue: number; readonly score: number }
  readonly embedding?: Float32Array
}

const groupSize = 16

function pointsOf(done: readonly Done[], every: number): Point[] {
  return done.flatMap(({ index, embedding }) =>
    embedding && every > 0 && index % every === 0 ? { index, embedding } : [],
  )
}

export function startBatch(context: WorkerContext): Promise<Consumer> {
  const { batches, blobs, client, engine, heartbeat, models, thumbnails } = context

  const scoreOne = async (
    item: Item,
    bytes: Buffer | undefined,
    data: Task<'chunk'>['data'],
    model: ReadyModel,
  ): Promise<Done> => {
    heartbeat.count({ images: 1 })
    try {
      if (bytes === undefined) throw new OneclassError('JOB_EXPIRED', `"${item.image}" waited too long for a worker.`)
      const embedding = await engine.embed({ name: item.image, bytes }, model.backbone, 'bulk')
      const scored = model.classifier.scoreEmbedding(embedding, data.model.alpha)
      if (data.keep?.thumbnails && item.index < maxThumbnails) {
        const picture = await engine.thumbnail({ name: item.image, bytes }, 'bulk').catch(() => undefined)
        if (picture) await keepThumbnail(thumbnails, data.batch, item.index, picture)
      }
      return {
        index: item.index,
        isError: false,
        line: JSON.stringify({ image: item.image, index: item.index, ...scored }),
        served: scored,
        embedding,
      }
    } catch (thrown) {
      const error = toOneclassError(thrown)
      if (error.code === 'INTERNAL' || error.code === 'REDIS_UNAVAILABLE') throw thrown // a fault: the chunk is tried again
      return failed(item, error)
    }
  }

  const failed = (item: Item, error: OneclassError): Done => {
    heartbeat.countError(error.code)
    return { index: item.index, isError: true, line: errorLine(item.image, item.index, error.toJSON()) }
  }

  /** A suspect image: a note that it is being tried outlives a crash. */
  const scoreSuspect: typeof scoreOne = async (item, bytes, data, model) => {
    const note = keys.crashes(`${data.batch}:${item.index}`)
    const tries = await client.incr(note)
    await client.expire(note, 24 * 3600)
    if (tries > 3)
      return failed(item, new OneclassError('IMAGE_UNREADABLE', `Workers died while reading "${item.image}".`))
    const done = await scoreOne(item, bytes, data, model)
    await client.del(note)
    return done
  }

  const run = async ({ data, crashes, signal }: Task<'chunk'>): Promise<void> => {
    const indices = new Set(
      await batches.missing(
        data.batch,
        data.images.map(({ index }) => index),
      ),
    )
    const todo = data.images.filter(({ index }) => indices.has(index))
    if (todo.length === 0) return
    const model = await models.get(data.model)
    const size = crashes >= 2 ? 1 : groupSize
    const score = crashes >= 2 ? scoreSuspect : scoreOne
    for (let i = 0; i < todo.length && !signal.aborted; i += size) {
      const group = todo.slice(i, i + size)
      const bytes = await blobs.getAll(group.map(({ blob }) => blob))
      const done = await Promise.all(group.map((item, at) => score(item, bytes[at], data, model)))
      await keepPoints(client, data.batch, pointsOf(done, data.keep?.every ?? 0)) // before the commit: a chunk that is taken over skips what is committed
      const state = await batches.commit(data.batch, done)
      await recordServed(
        client,
        data.model.sha256,
        done.flatMap(({ served }) => served ?? []),
      ).catch(() => {})
      await blobs.remove(group.map(({ blob }) => blob)).catch(() => {})
      if (state === undefined || state === 'cancelled') return
    }
  }

  return startConsumer({
    ...context.consumer('chunk'),
    concurrency: 1 + context.cores,
    async handle(task) {
      try {
        await run(task)
      } catch (thrown) {
        const error = toOneclassError(thrown)
        const isFault = error.code === 'INTERNAL' || error.code === 'REDIS_UNAVAILABLE'
        if (isFault && !task.isLastAttempt) throw thrown
        // final: every image that has no result gets this error, so the batch ends
        const shown =
          error.code === 'INTERNAL'
            ? new OneclassError('INTERNAL', 'The image could not be scored: see the log of the workers.')
            : error
        await batches.commit(
          task.data.batch,
          task.data.images.map((item) => failed(item, shown)),
        )
        if (isFault) throw thrown
      }
    },
  })
}
