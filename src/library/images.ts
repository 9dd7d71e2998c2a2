/** What the library takes for images: paths, addresses of files, bytes, streams of bytes, and lists of them that may come one by one. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OneclassError } from '../errors.ts'
import { collect, inOrderOfNames } from '../images/collect.ts'
import { imageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import type { ErrorBody } from '../wire/error.ts'
import { shown } from './arguments.ts'
import { type Ends, endedBy, piecesOf, unlessEnded } from './caller-source.ts'

/** Encoded bytes: a Buffer, an ArrayBuffer, a Blob or File, a stream of Node or of the web. */
export type ImageBytes = Uint8Array | ArrayBuffer | AsyncIterable<Uint8Array> | { arrayBuffer(): Promise<ArrayBuffer> }
/** A path, a `file:` URL, or encoded bytes. */
export type ImageContent = string | URL | ImageBytes
/** An image, perhaps with the name that results and messages give it. */
export type ImageInput = ImageContent | { readonly name: string; readonly image: ImageContent }
/** A folder (or one file), or images that may come one by one. */
export type Images = string | URL | Iterable<ImageInput> | AsyncIterable<ImageInput>

/** An image that was read, or why it could not be. */
export type Entry = ImageSource | { readonly image: string; readonly error: ErrorBody }

const expected = 'a path, bytes, or a stream of bytes'

/** @throws INVALID_ARGUMENT when it is nothing that has images */
export function checkImages(name: string, images: unknown): void {
  const isFolder = (typeof images === 'string' && images !== '') || images instanceof URL
  const isMany =
    typeof images === 'object' && images !== null && (Symbol.iterator in images || Symbol.asyncIterator in images)
  if (isFolder || (isMany && !isOneImage(images))) return
  const hint = isMany || isContent(images) ? ' (one image: put it in a list)' : ''
  throw new OneclassError(
    'INVALID_ARGUMENT',
    `Expected ${name} to be a folder or several images (a list or an iterable of paths, bytes and streams) but received ${shown(images)}${hint}.`,
  )
}

/** @throws INVALID_ARGUMENT */
export function checkImage(name: string, image: unknown): void {
  const { image: content, name: given } = named(image)
  if (given !== undefined && (typeof given !== 'string' || given === ''))
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected the name of ${name} to be a string but received ${shown(given)}.`,
    )
  if (!isContent(content))
    throw new OneclassError('INVALID_ARGUMENT', `Expected ${name} to be ${expected} but received ${shown(content)}.`)
  if (content instanceof URL && content.protocol !== 'file:')
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected ${name} to be on this machine but received an address with "${content.protocol}": fetch it, and give its bytes.`,
    )
}

/** One image as what can be sent to a thread. @param otherwise its name, where it has none. @throws CANCELLED */
export async function readEntry(input: ImageInput, otherwise: string, ends: Ends): Promise<Entry> {
  const { image: content, name } = named(input) as { image: ImageContent; name?: string }
  if (typeof content === 'string') return { name: name ?? content, path: content }
  if (content instanceof URL) {
    const path = pathOf(content)
    return { name: name ?? path, path }
  }
  const called = name ?? nameOf(content) ?? otherwise
  try {
    return { name: called, bytes: await bytesOf(content, called, ends) }
  } catch (thrown) {
    if (endedBy(ends)) throw thrown
    if (thrown instanceof OneclassError) return { image: called, error: thrown.toJSON() }
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return { image: called, error: { code: 'IMAGE_NOT_FOUND', message: `"${called}" cannot be read (${reason}).` } }
  }
}

export interface Entries {
  /** In order, each as it comes. Throws what the iterable throws. */
  readonly entries: AsyncGenerator<Entry, void, undefined>
  /** Undefined where only the end tells. */
  readonly total: number | undefined
}

/** @throws as `collect` of a folder */
export async function readEntries(images: Images, ends: Ends): Promise<Entries> {
  if (typeof images !== 'string' && !(images instanceof URL))
    return { entries: entriesOf(images, ends), total: Array.isArray(images) ? images.length : undefined }
  const { images: found, failed } = await collect(pathOf(images))
  const entries = inOrderOfNames<ImageSource>(found, failed)
  return { entries: each(entries), total: entries.length }
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* list
}

async function* entriesOf(images: Exclude<Images, string | URL>, ends: Ends): AsyncGenerator<Entry, void, undefined> {
  let index = 0
  for await (const image of piecesOf<ImageInput>(images, ends)) {
    checkImage(`image ${++index}`, image)
    yield await readEntry(image, `image ${index}`, ends)
  }
}

export function pathOf(folder: string | URL): string {
  return typeof folder === 'string' ? folder : fileURLToPath(folder)
}

export interface Gathered {
  /** Each on disk, so that all together never are in memory. */
  readonly sources: readonly ImageSource[]
  readonly failed: readonly { readonly image: string; readonly error: ErrorBody }[]
  /** Removes what was written. */
  discard(): Promise<void>
}

/** Bytes and streams go to a temporary folder: a fit reads its images more than once. @throws what the iterable throws, CANCELLED */
export async function gather(images: Exclude<Images, string | URL>, signal?: AbortSignal): Promise<Gathered> {
  const sources: ImageSource[] = []
  const failed: { image: string; error: ErrorBody }[] = []
  let folder: string | undefined
  const discard = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    for await (const entry of entriesOf(images, { signal })) {
      if ('error' in entry) failed.push(entry)
      else if ('path' in entry) sources.push(entry)
      else {
        folder ??= await mkdtemp(join(tmpdir(), 'oneclass-'))
        const path = join(folder, randomUUID())
        await writeFile(path, 'bytes' in entry ? entry.bytes : await entry.read())
        sources.push({ name: entry.name, path })
      }
    }
    return { sources, failed, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

function named(input: unknown): { image: unknown; name?: unknown } {
  const isNamed = typeof input === 'object' && input !== null && 'image' in input && 'name' in input
  return isNamed ? { image: input.image, name: input.name } : { image: input }
}

function isContent(value: unknown): value is ImageContent {
  if (typeof value === 'string') return value !== ''
  if (typeof value !== 'object' || value === null) return false
  return (
    value instanceof URL ||
    value instanceof Uint8Array ||
    value instanceof ArrayBuffer ||
    Symbol.asyncIterator in value ||
    ('arrayBuffer' in value && typeof value.arrayBuffer === 'function')
  )
}

/** Bytes, and streams that are known to be of bytes: their pieces are no images. */
function isOneImage(value: object): boolean {
  const isByteStream = 'readableObjectMode' in value && value.readableObjectMode === false
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || isByteStream
}

function nameOf(content: ImageBytes): string | undefined {
  const name: unknown = 'name' in content ? content.name : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}

async function bytesOf(content: ImageBytes, name: string, ends: Ends): Promise<Uint8Array> {
  // copied before anything is awaited: whoever gave it may write over its memory
  if (content instanceof Uint8Array) return new Uint8Array(content)
  if (content instanceof ArrayBuffer) return new Uint8Array(content.slice())
  if ('arrayBuffer' in content) return new Uint8Array(await unlessEnded(content.arrayBuffer(), ends))
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of piecesOf(content, ends)) {
    if (!(chunk instanceof Uint8Array))
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected the stream of "${name}" to hold bytes but received ${shown(chunk)}.`,
      )
    size += chunk.length
    if (size > imageLimits.maxBytes)
      throw new OneclassError(
        'IMAGE_TOO_LARGE',
        `"${name}" has more than the ${imageLimits.maxBytes / 2 ** 20} MiB accepted.`,
      )
    chunks.push(new Uint8Array(chunk)) // copied too
  }
  return Buffer.concat(chunks)
}
