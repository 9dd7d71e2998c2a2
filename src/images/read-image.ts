/** The bytes of an image, from wherever it is. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { OneclassError } from '../errors.ts'
import { isS3 } from '../system/s3/address.ts'
import { hasImageEnding } from './format.ts'
import { type ImageLimits, imageLimits } from './limits.ts'
import type { FileSource, ImageSource } from './source.ts'

/** The encoded bytes of an image, for storing or sending. @throws IMAGE_NOT_FOUND, IMAGE_TOO_LARGE */
export async function readImage(source: ImageSource, limits: ImageLimits = imageLimits): Promise<Uint8Array> {
  const bytes = await bytesOf(source, limits)
  if (bytes.length > limits.maxBytes) throw tooManyBytes(source.name, bytes.length, limits)
  return bytes
}

async function bytesOf(source: ImageSource, limits: ImageLimits): Promise<Uint8Array> {
  if ('bytes' in source) return source.bytes
  return 'read' in source ? await source.read() : await readFileWithin(source, limits)
}

async function readFileWithin(source: FileSource, limits: ImageLimits): Promise<Uint8Array> {
  // O_NONBLOCK: opening a named pipe must not wait for a writer
  const handle = await open(pathOf(source), constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (isAddress(source.path)) throw addressGiven(source.path)
      throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" cannot be opened (${error.code ?? error.message}).`)
    },
  )
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" is not a file.`)
    if (stat.size > limits.maxBytes) throw tooManyBytes(source.name, stat.size, limits)
    return await handle.readFile()
  } catch (error) {
    if (error instanceof OneclassError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new OneclassError('IMAGE_NOT_FOUND', `"${source.name}" cannot be read (${code}).`)
  } finally {
    await handle.close()
  }
}

/** What the file system is asked for: bytes where the name is no UTF-8. */
function pathOf({ path, raw }: FileSource): string | Buffer {
  return raw === undefined ? path : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
}

function tooManyBytes(name: string, bytes: number, limits: ImageLimits): OneclassError {
  const megabytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MiB`
  return new OneclassError(
    'IMAGE_TOO_LARGE',
    `"${name}" has ${megabytes(bytes)}, more than the ${megabytes(limits.maxBytes)} accepted.`,
  )
}

export function isAddress(path: string): boolean {
  return isS3(path) || /^https?:\/\//i.test(path)
}

/** What may stand in an address for nobody's eyes, a name and a password before its host, is not told. */
export function addressGiven(path: string): OneclassError {
  if (isS3(path))
    return new OneclassError(
      hasImageEnding(path) ? 'IMAGE_NOT_FOUND' : 'FOLDER_NOT_FOUND',
      `"${path}" is in a bucket, and only files and folders are read here: copy it to a folder first, such as with aws s3 sync. The commands fit, score and embed read buckets, and so does a service.`,
    )
  const shown = path.replace(/^([^/]*\/\/)[^/]*@/, '$1')
  return new OneclassError(
    'IMAGE_NOT_FOUND',
    `"${shown}" is an address, and images are read from files: fetch it first (a service fetches addresses, with --allow-url).`,
  )
}
