/** A prefix of a bucket as a folder of images: its names page by page, by the rules for folders of the disk (`images/collect.ts`). */
import { pairs } from '../core/pairs.ts'
import { OneclassError } from '../errors.ts'
import { hasImageEnding, isImageContent, sniffLength } from '../images/format.ts'
import { reasonByEnding, type SkipCounter } from '../images/left-out.ts'
import { hasOwnMark } from '../images/own-picture.ts'
import { hasDotSegment, type S3Address, writeS3 } from '../system/s3/address.ts'
import { goesInCircles } from '../system/s3/answers.ts'
import type { S3Client } from '../system/s3/client.ts'
import { hasHeatMapEnding, isInSystem, isSideFile } from '../wire/system-names.ts'

/** Endings of files beside images, which are not worth a request each. */
const neverImages =
  /\.(json|jsonl|txt|csv|tsv|xml|ya?ml|md|html?|log|ini|npy|npz|parquet|db|sqlite|js|css|py|pt|onnx)$/i
const lookTogether = 16

export interface S3Pages {
  readonly client: S3Client
  readonly address: S3Address
  readonly skipped: SkipCounter
  /** The last name that is known already. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Names relative to the prefix, in the order of the keys. @throws as `S3Client.list`, STORAGE_REFUSED for pages in circles */
export async function* s3Names({ client, address, skipped, after, signal }: S3Pages): AsyncGenerator<string[]> {
  const { bucket, prefix } = address
  const stop = signal && { signal }
  const tokens = new Set<string>()
  let token: string | undefined
  do {
    const from = token === undefined && after !== undefined ? { after: prefix + after } : { token }
    const page = await client.list(bucket, prefix, { ...from, ...stop })
    // a store that does not know `start-after` begins again: what is known is passed over
    const names = page.objects
      .map(({ key }) => key.slice(prefix.length))
      .filter((name) => name !== '' && isBehind(name, after))
    yield await imagesOf(names, prefix, (name) => headOf(client, address, name, signal), skipped)
    token = page.next
    if (token !== undefined && tokens.has(token)) throw goesInCircles(writeS3(address))
    if (token !== undefined) tokens.add(token)
  } while (token !== undefined)
}

/** @throws IMAGE_NOT_FOUND, IMAGE_TOO_LARGE, and as `S3Client.get` */
export async function readS3(
  client: S3Client,
  { bucket, prefix }: S3Address,
  name: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const key = prefix + name
  if (hasDotSegment(key))
    throw new OneclassError('IMAGE_NOT_FOUND', `"${name}" has "." or ".." in its key, which is not read: rename it.`)
  return await client.get(bucket, key, name, { maxBytes, ...(signal && { signal }) })
}

async function imagesOf(
  names: readonly string[],
  above: string,
  headOf: (name: string) => Promise<Uint8Array | undefined>,
  skipped: SkipCounter,
): Promise<string[]> {
  const kept = new Set<string>()
  const unsure: string[] = []
  for (const name of names) {
    const parts = name.split('/')
    const base = name.slice(name.lastIndexOf('/') + 1)
    if (base === '') continue // made by a console, for a folder without files
    if (isInSystem(name, above)) skipped.add('system files', name)
    else if (parts.some((part) => part.startsWith('.') && part !== '.' && part !== '..')) skipped.add('hidden', name)
    else if (isSideFile(base)) skipped.add('backup or unfinished', name)
    else if (hasHeatMapEnding(base)) unsure.push(name)
    else if (hasImageEnding(base)) kept.add(name)
    else if (reasonByEnding(base) !== 'not an image' || neverImages.test(base)) skipped.add(reasonByEnding(base), name)
    else unsure.push(name)
  }
  for (let from = 0; from < unsure.length; from += lookTogether) {
    const some = unsure.slice(from, from + lookTogether)
    const looked = await Promise.all(some.map((name) => headOf(name)))
    for (const [name, head] of pairs(some, looked)) {
      if (head === undefined) kept.add(name)
      else if (hasOwnMark(head)) skipped.add('made by oneclass', name)
      else if (hasImageEnding(name) || isImageContent(head)) kept.add(name)
      else skipped.add('not an image', name)
    }
  }
  return names.filter((name) => kept.has(name))
}

/** The first bytes of an object. Undefined of one that cannot be read, which is taken for an image: reading it says why. */
async function headOf(
  client: S3Client,
  address: S3Address,
  name: string,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { bucket, prefix } = address
  if (hasDotSegment(prefix + name)) return undefined
  const options = { maxBytes: sniffLength, first: sniffLength, ...(signal && { signal }) }
  try {
    return await client.get(bucket, prefix + name, writeS3(address) + name, options)
  } catch (error) {
    if (error instanceof OneclassError && error.code === 'IMAGE_NOT_FOUND') return undefined
    throw error
  }
}

/** By their bytes, as stores sort keys. */
function isBehind(name: string, after: string | undefined): boolean {
  return after === undefined || Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0
}
