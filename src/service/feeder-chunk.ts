/** A chunk of a batch on its way to the workers: its images are read here, stored in Redis, and named by a job. */
import { pairs } from '../core/pairs.ts'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { BatchRecord, BatchResult } from '../queue/batches.ts'
import { lifetimes } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Places } from './places.ts'

/** Images of one batch that are read at once. */
const readTogether = 8

interface Item {
  readonly index: number
  readonly image: string
}

/**
 * @param images those of the chunk that have no result
 * @returns bytes of its images
 * @throws what concerns the place as a whole; an image that cannot be read has an error as its result
 */
export async function sendChunk(
  producer: Producer,
  places: Places,
  batch: BatchRecord,
  first: number,
  images: readonly Item[],
  signal: AbortSignal,
): Promise<number> {
  let total = 0
  const sent: (Item & { readonly blob: string })[] = []
  const failed: BatchResult[] = []
  const read = async ({ index, image }: Item): Promise<(Item & { readonly bytes: Buffer }) | undefined> => {
    try {
      return { index, image, bytes: await readImage(places, batch, image, signal) }
    } catch (thrown) {
      const error = toOneclassError(thrown)
      signal.throwIfAborted()
      if (/^(STORAGE|BUCKET|DISK)_/.test(error.code)) throw error
      failed.push({ index, isError: true, line: errorLine(image, index, error.toJSON()) })
      return undefined
    }
  }
  try {
    // some at a time: what waits for the disk and for Redis waits together, and few images are in memory at once
    for (let from = 0; from < images.length; from += readTogether) {
      const found = (await Promise.all(images.slice(from, from + readTogether).map(read))).filter((one) => !!one)
      const blobs = await producer.blobs.putAll(
        found.map(({ bytes }) => bytes),
        lifetimes.input,
        batch.owner,
      )
      for (const [{ index, image, bytes }, blob] of pairs(found, blobs)) {
        sent.push({ index, image, blob })
        total += bytes.length
      }
    }
    if (failed.length > 0) await producer.batches.commit(batch.id, failed)
    if (sent.length > 0) await producer.addChunk(batch, first, sent)
    return total
  } catch (fault) {
    // a job that was added all the same, and only its answer lost, must keep its images: they go when it is gone
    await producer
      .removeChunk(batch.id, first)
      .then(() => producer.blobs.remove(sent.map(({ blob }) => blob)))
      .catch(() => {})
    throw fault
  }
}

async function readImage(places: Places, batch: BatchRecord, image: string, signal: AbortSignal): Promise<Buffer> {
  if (batch.folder === null)
    throw new OneclassError('JOB_EXPIRED', `The uploaded bytes of "${image}" are gone: send it again.`)
  return await places.read(batch.folder, image, signal)
}

export function errorLine(image: string, index: number, error: ErrorBody): string {
  return JSON.stringify({ image, index, error })
}
