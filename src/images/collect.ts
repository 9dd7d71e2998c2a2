/**
 * Which images a path means: the file itself, or every image below a folder, in the order of their names.
 *
 * A file is an image when its name ends like one (then a file that is none is reported as damaged) or when its content begins like
 * one, whatever its name. An image in a format that we refuse (HEIC, SVG) is kept, so that it is reported rather than missed.
 * Hidden entries, thumbnails and trash of systems, and other files are left out and counted. Links are followed, each real folder
 * once. What cannot be looked at (a folder without the right to read it, a link to nothing) is an entry with its error.
 */
import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { OneclassError } from '../errors.ts'
import { hasImageEnding, isImageContent, sniffLength } from './format.ts'
import { countSkipped, describeSkipped, reasonByEnding, type SkipCounter, type Skipped } from './left-out.ts'
import { isOwnPicture } from './own-picture.ts'
import { addressGiven, isAddress } from './read-image.ts'
import type { FileSource } from './source.ts'
import { type FailedEntry, type FoundFile, isBelow, toName, type Walked, walkFolder, walkInBlocks } from './walk.ts'

export interface CollectOptions {
  /** `given`: names begin with the path as it was given; `relative`: names are relative to the folder. Default `given`. */
  readonly names?: 'given' | 'relative'
  /** Real path below which everything must lie; a link that leaves it is left out. Default: anywhere. */
  readonly root?: string
  /** Most images to take; one more is INVALID_ARGUMENT. Default: no limit. */
  readonly limit?: number
}

export interface Collected {
  /** In the order of their names. */
  readonly images: readonly FileSource[]
  /** Entries that could not be looked at, in the order of their names. */
  readonly failed: readonly FailedEntry[]
  readonly skipped: readonly Skipped[]
}

/** @throws as `collect` */
export async function collectImages(path: string, options: CollectOptions = {}): Promise<FileSource[]> {
  return [...(await collect(path, options)).images]
}

/** @throws FOLDER_NOT_FOUND, IMAGE_NOT_FOUND, FOLDER_EMPTY, PATH_NOT_ALLOWED, INVALID_ARGUMENT (over `limit`) */
export async function collect(path: string, options: CollectOptions = {}): Promise<Collected> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (isAddress(path)) throw addressGiven(path)
    const reason = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code ?? error.message})`
    throw new OneclassError(hasImageEnding(path) ? 'IMAGE_NOT_FOUND' : 'FOLDER_NOT_FOUND', `"${path}" ${reason}.`)
  })
  const root = options.root === undefined ? undefined : await realpath(options.root)
  if (root !== undefined && !isBelow(await realpath(path), root)) {
    throw new OneclassError('PATH_NOT_ALLOWED', `"${path}" is not below the folder that is served.`)
  }
  const isRelative = options.names === 'relative'
  if (found.isFile()) {
    return { images: [{ name: isRelative ? basename(path) : toName(path), path }], failed: [], skipped: [] }
  }
  if (!found.isDirectory()) {
    const what = found.isFIFO()
      ? 'is a pipe, and an image may be read more than once: give its bytes by standard input (-), or save them in a file'
      : 'is neither a file nor a folder'
    throw new OneclassError('IMAGE_NOT_FOUND', `"${path}" ${what}.`)
  }

  const skipped = countSkipped()
  const { files: images, failed } = await lookAt(await walkFolder(path, root, skipped), skipped)
  if (images.length === 0 && failed.length === 0) throw emptyFolder(path, skipped.list())
  if (options.limit !== undefined && images.length > options.limit) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"${path}" holds ${images.length} images, more than the ${options.limit} accepted.`,
    )
  }
  const named = (name: string) => (isRelative ? name : toName(join(path, name)))
  return {
    images: images.map((file) => ({ ...file, name: named(file.name) })).sort((a, b) => byText(a.name, b.name)),
    failed: failed.map(({ image, error }) => ({ image: named(image), error })).sort((a, b) => byText(a.image, b.image)),
    skipped: skipped.list(),
  }
}

/** What was found, in the order of names: images, and entries that could not be looked at. */
export function inOrderOfNames<S extends { readonly name: string }>(
  images: readonly S[],
  failed: readonly FailedEntry[],
): (S | FailedEntry)[] {
  const nameOf = (entry: S | FailedEntry) => ('name' in entry ? entry.name : entry.image)
  return failed.length === 0 ? [...images] : [...images, ...failed].sort((a, b) => byText(nameOf(a), nameOf(b)))
}

/**
 * Names of the images below a folder, relative to it, block by block: a folder may hold any number. Entries that cannot be looked at are
 * among them, since reading them says why.
 * @param root real path below which everything must lie
 * @throws FOLDER_NOT_FOUND
 */
export async function* namesInBlocks(
  folder: string,
  root: string,
  skipped: SkipCounter,
  size?: number,
): AsyncGenerator<string[]> {
  for await (const block of walkInBlocks(folder, await realpath(root), skipped, size)) {
    const { files: images, failed } = await lookAt(block, skipped)
    yield [...images.map(({ name }) => name), ...failed.map(({ image }) => image)].sort()
  }
}

export function emptyFolder(path: string, skipped: readonly Skipped[]): OneclassError {
  const left = describeSkipped(skipped)
  return new OneclassError('FOLDER_EMPTY', `The folder "${path}" holds no images${left ? ` (${left})` : ''}.`)
}

async function lookAt({ files, failed: unread }: Walked, skipped: SkipCounter): Promise<Walked> {
  const looked = await mapSome(files, 16, (file) => looksLikeImage(file))
  const failed = [...unread]
  const images = files.filter(({ name }, i) => {
    const outcome = looked[i]!
    if (outcome === false) skipped.add(reasonByEnding(name), name)
    if (outcome === 'own') skipped.add('made by oneclass', name)
    if (typeof outcome === 'object')
      failed.push({ image: name, error: { code: 'IMAGE_NOT_FOUND', message: outcome.message } })
    return outcome === true
  })
  return { files: images, failed }
}

/** Does a file begin like an image, whatever its name? A pipe is not waited for. @throws errors of the file system */
export async function beginsLikeImage(path: string | Buffer): Promise<boolean> {
  return isImageContent(await headOf(path))
}

async function headOf(path: string | Buffer): Promise<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const head = new Uint8Array(sniffLength)
    const { bytesRead } = await handle.read(head, 0, sniffLength, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/**
 * A name that ends like an image needs no look: what it holds is seen when it is decoded.
 * @returns `own` of a picture that we made, a sentence when the file cannot be read
 */
async function looksLikeImage(file: FoundFile): Promise<boolean | 'own' | { readonly message: string }> {
  const head = ({ raw, path }: FoundFile) => headOf(raw ?? path)
  if (await isOwnPicture(file, head).catch(() => false)) return 'own'
  if (hasImageEnding(file.name)) return true
  try {
    return await beginsLikeImage(file.raw ?? file.path)
  } catch (error) {
    return { message: `"${file.name}" cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).` }
  }
}

/** At most `width` at once, answers in order. */
async function mapSome<T, U>(items: readonly T[], width: number, work: (item: T) => Promise<U>): Promise<U[]> {
  const answers: U[] = []
  let next = 0
  const run = async () => {
    for (let i = next++; i < items.length; i = next++) answers[i] = await work(items[i]!)
  }
  await Promise.all(Array.from({ length: width }, run))
  return answers
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
