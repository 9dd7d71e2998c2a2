/** Takes chunks of batches as a worker does, over the real queue, and gives each image a result without looking at it. */
import { createBatchStore } from '../../src/queue/batches.ts'
import { createBlobStore } from '../../src/queue/blobs.ts'
import { disconnect } from '../../src/queue/connection.ts'
import { connectConsumer, startConsumer } from '../../src/queue/consumer.ts'
import type { BatchLine } from '../../src/wire/batch.ts'
import type { ScoredImage } from '../../src/wire/result.ts'

export interface StandIn {
  /** How often each image came. */
  readonly seen: Map<string, number>
  stop(): Promise<void>
}

export async function startStandIn(url: string): Promise<StandIn> {
  const client = connectConsumer(url)
  const batches = createBatchStore(client)
  const blobs = createBlobStore(client, { all: 1e9, ofOne: 1e9 })
  const seen = new Map<string, number>()
  const consumer = await startConsumer({
    kind: 'chunk',
    url,
    client,
    concurrency: 4,
    async handle({ data: { batch, images } }) {
      const bytes = await blobs.getAll(images.map(({ blob }) => blob))
      for (const { image } of images) seen.set(image, (seen.get(image) ?? 0) + 1)
      await batches.commit(
        batch,
        images.map(({ index, image }, i) => ({
          index,
          isError: false,
          line: JSON.stringify(resultOf(image, index, bytes[i]?.toString('utf8', 0, 40) ?? 'nothing')),
        })),
      )
      await blobs.remove(images.map(({ blob }) => blob))
    },
  })
  return {
    seen,
    async stop() {
      await consumer.drain(2000)
      await disconnect(client)
    },
  }
}

/** A whole result, as it is checked when it is read; what the image held stands where its nearest positive would. */
function resultOf(image: string, index: number, text: string): BatchLine {
  return { ...scoredImage(image, text), index }
}

/** What a worker answers to a classify. */
export function scoredImage(image: string, text = 'none'): ScoredImage {
  const detector = { score: 0.5, pValue: 1 }
  return {
    image,
    model: 'thing@1',
    isPositive: true,
    score: 0.5,
    pValue: 1,
    alpha: 0.05,
    detectors: { isolationForest: detector, oneClassSvm: detector },
    nearest: [{ image: text, similarity: 1, index: 0 }],
  }
}
