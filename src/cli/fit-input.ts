/** Where the images of a fit lie: a folder, or a prefix of a bucket. */
import { readImage } from '../images/read-image.ts'
import type { ImageSource } from '../images/source.ts'
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
export async function positivesFor(place: string, io: Io, hasNegatives: boolean): Promise<CollectedPositives> {
  await assertHomeWritable(io.home)
  const { advice, ...rest } = await positivesAt(place, false, io.signal)
  const found = { ...rest, ...(advice && !hasNegatives && { advice }) }
  return (await settleLayout(found, place, () => positivesAt(place, true, io.signal), io)) ?? found
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
