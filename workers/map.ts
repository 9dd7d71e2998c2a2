/** A map: the model and what is kept of a batch out of Redis, the places of their images as the result. Computed in `map-thread.ts`. */
import { OneclassError } from '../src/errors.ts'
import { readPoints } from '../src/queue/batch-extras.ts'
import { lineOf } from '../src/queue/batch-forms.ts'
import { type Consumer, startConsumer } from '../src/queue/consumer.ts'
import { fetchModel } from '../src/serving/model-cache.ts'
import { callInThread } from '../src/system/thread-call.ts'
import type { MapResult } from '../src/wire/map.ts'
import type { WorkerContext } from './context.ts'
import type { MapCalls, MapImage } from './map-thread.ts'

const threadFile = new URL('./map-thread.js', import.meta.url)
/** Images of a batch on a map. */
const maxImages = 1000

export function startMap(context: WorkerContext): Promise<Consumer> {
  const { batches, blobs, client } = context

  const imagesOf = async (batch: string): Promise<{ images: MapImage[]; scored: number }> => {
    const [record, { points }] = await Promise.all([batches.read(batch), readPoints(client, batch, maxImages)])
    if (record === undefined) throw new OneclassError('JOB_EXPIRED', 'The batch is too old: score it again.')
    const lines = await batches.linesAt(
      batch,
      points.map(({ index }) => index),
    )
    const images = points.flatMap(({ index, embedding }, i) => {
      const line = lineOf(lines[i] ?? null)
      if (line === undefined) return [] // its result is being written
      return { index, image: line.image, isPositive: 'isPositive' in line && line.isPositive, embedding }
    })
    return { images, scored: record.done - record.errors }
  }

  return startConsumer({
    ...context.consumer('map'),
    concurrency: 1,
    async handle({ data, signal, progress }): Promise<MapResult> {
      await progress({ done: 0, total: 1, stage: 'drawing' })
      const model = await fetchModel(blobs, data.model)
      const { images, scored } = data.batch ? await imagesOf(data.batch) : { images: [], scored: 0 }
      const { points, positives } = await callInThread<MapCalls, 'draw'>(
        threadFile,
        'draw',
        { model, images },
        { signal },
      )
      const shown = points.length - images.length
      return {
        points,
        omitted: { positives: positives - shown, batch: Math.max(0, scored - images.length) },
      }
    },
  })
}
