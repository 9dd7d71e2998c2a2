/** Where the images of a fit lie: a folder, or a prefix of a bucket; and where it runs. */
import { imageLimits } from '../images/limits.ts'
import { readImage } from '../images/read-image.ts'
import type { ImageSource } from '../images/source.ts'
import type { FitReply, LibraryCalls } from '../library/calls.ts'
import { callOnce, fitReplyOf } from '../library/thread.ts'
import { fitModel } from '../pipeline/fit-model.ts'
import { type CollectedPositives, collectPositives, ofOneClass } from '../pipeline/positives.ts'
import { assertHomeWritable } from '../system/files.ts'
import { isS3, parseS3, writeS3 } from '../system/s3/address.ts'
import { imagesOfBucket } from './bucket-input.ts'
import type { Io } from './command.ts'
import { settleLayout } from './layout-question.ts'

/**
 * @param learnAll of the root of a data set, learn all images all the same
 * @throws as `collectPositives` and `imagesOfBucket`
 */
export async function positivesAt(place: string, learnAll: boolean, signal?: AbortSignal): Promise<CollectedPositives> {
  if (!isS3(place)) return await collectPositives(place, learnAll)
  const { images, skipped } = await imagesOfBucket(place, signal)
  const start = writeS3(parseS3(place)).length
  return { ...ofOneClass(images.map(keepingRecent()), ({ name }) => name.slice(start), learnAll), failed: [], skipped }
}

/** The same, and what somebody at a terminal says to a folder that is the root of a data set. The data directory is looked at first. */
export async function positivesFor(place: string, io: Io): Promise<CollectedPositives> {
  await assertHomeWritable(io.home)
  const found = await positivesAt(place, false, io.signal)
  return (await settleLayout(found, place, () => positivesAt(place, true, io.signal), io)) ?? found
}

type Hooks = {
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number, stage: 'images' | 'fitting') => void
  readonly onNotice: (sentence: string) => void
}

/**
 * A fit in a thread of its own, so that a signal is heard at once while it computes. What is fetched from a bucket cannot be handed to a
 * thread: such a fit runs in this one.
 */
export async function fitApart(input: LibraryCalls['fit']['input'], hooks: Hooks): Promise<FitReply> {
  const { positives, negatives } = input
  const images = [positives, negatives].flatMap((some) =>
    typeof some === 'object' ? ('images' in some ? some.images : some) : [],
  )
  if (!images.some((source) => 'read' in source)) return await callOnce('fit', input, hooks)
  const { strict, ...options } = input
  const limits = strict ? { limits: { ...imageLimits, strict } } : {}
  return fitReplyOf(await fitModel({ ...options, ...limits, ...hooks }))
}

/** Folders are left to the fit. @throws as `imagesOfBucket` */
export async function negativesAt(place: string, signal?: AbortSignal): Promise<string | readonly ImageSource[]> {
  return isS3(place) ? (await imagesOfBucket(place, signal)).images : place
}

/** Bytes that are kept: a fit looks at an image up to four times (samples, first look, network, thumbnail). */
const mostKept = 256 * 2 ** 20

/** Images that are fetched once, as long as what was fetched last has room. */
function keepingRecent(): (source: ImageSource) => ImageSource {
  const recent = new Map<string, Uint8Array>()
  let size = 0
  const keep = (name: string, bytes: Uint8Array) => {
    recent.set(name, bytes)
    size += bytes.length
    for (const [oldest, { length }] of recent) {
      if (size <= mostKept) break
      recent.delete(oldest)
      size -= length
    }
  }
  return (source) => ({
    name: source.name,
    read: async () => {
      const known = recent.get(source.name)
      if (known !== undefined) return known
      const bytes = await readImage(source)
      if (!recent.has(source.name)) keep(source.name, bytes)
      return bytes
    },
  })
}
