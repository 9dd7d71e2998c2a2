/**
 * Where images of a request may lie: folders of the service's disk and prefixes of buckets, below its roots and nowhere else.
 * Both are read by the service: workers need Redis and nothing else, no credentials and no way to the store (decision 11).
 */
import { OneclassError } from '../errors.ts'
import { emptyFolder, namesInBlocks } from '../images/collect.ts'
import { countSkipped, type Skipped } from '../images/left-out.ts'
import { isBelow } from '../images/walk.ts'
import { isBelowS3, isS3, parseS3, type S3Address, writeS3 } from '../system/s3/address.ts'
import type { S3Client } from '../system/s3/client.ts'
import { readBelow, readListed, resolveBelow } from './local-files.ts'
import { readS3, s3Names } from './s3-folder.ts'

export interface NamesPage {
  readonly names: readonly string[]
  readonly isLast: boolean
}

/** Names of a folder that are known already, from an earlier listing that did not come to its end. */
export interface Known {
  readonly last: string
  /** All of them. */
  all(): Promise<readonly string[]>
}

export interface Places {
  /**
   * A folder as it is kept: absolute and resolved, or `s3://bucket/prefix/`.
   * @throws PATH_NOT_ALLOWED, FOLDER_NOT_FOUND, INVALID_ARGUMENT
   */
  resolve(folder: string): Promise<string>
  /**
   * Names of the images of a resolved folder, relative to it, page by page; the last page may be empty.
   * @throws PATH_NOT_ALLOWED, FOLDER_NOT_FOUND, BUCKET_NOT_FOUND, STORAGE_REFUSED, STORAGE_UNAVAILABLE
   */
  list(folder: string, known?: Known, signal?: AbortSignal): AsyncGenerator<NamesPage, void>
  /**
   * Names as far as they are read before a request is answered: all of a small folder.
   * @throws as `list`, FOLDER_EMPTY, INVALID_ARGUMENT (over `limit`)
   */
  begin(folder: string, limit: number): Promise<{ readonly images: readonly string[]; readonly isOpen: boolean }>
  /**
   * All names of a small folder, and what else is in it.
   * @throws as `list`, FOLDER_EMPTY, INVALID_ARGUMENT (over `limit`)
   */
  listAll(folder: string, limit: number): Promise<{ readonly images: string[]; readonly skipped: readonly Skipped[] }>
  /** @throws IMAGE_NOT_FOUND, IMAGE_TOO_LARGE, PATH_NOT_ALLOWED, BUCKET_NOT_FOUND, STORAGE_REFUSED, STORAGE_UNAVAILABLE */
  read(folder: string, name: string, signal?: AbortSignal): Promise<Buffer>
  /** One image by its path or `s3://bucket/key`. Errors as `read`. */
  readOne(path: string): Promise<Buffer>
}

export interface PlacesOptions {
  /** Real paths. */
  readonly folders: readonly string[]
  readonly prefixes: readonly S3Address[]
  /** With at least one prefix. */
  readonly s3?: S3Client | undefined
  readonly maxImageBytes: number
}

/** Pages that are read before a request is answered, where none of them has an image. */
const firstPages = 10

export function openPlaces({ folders, prefixes, s3, maxImageBytes }: PlacesOptions): Places {
  const inStore = (folder: string): { client: S3Client; address: S3Address } => {
    const address = parseS3(folder)
    if (s3 !== undefined && prefixes.some((prefix) => isBelowS3(address, prefix))) return { client: s3, address }
    throw new OneclassError(
      'PATH_NOT_ALLOWED',
      prefixes.length === 0
        ? 'This service reads no buckets: start it with --root s3://bucket/prefix to allow what is below that.'
        : `"${folder}" is not below a prefix that this service serves.`,
    )
  }

  async function* list(
    folder: string,
    known: Known | undefined,
    signal: AbortSignal | undefined,
    skipped = countSkipped(),
  ): AsyncGenerator<NamesPage, void> {
    if (isS3(folder)) {
      yield* asPages(s3Names({ ...inStore(folder), skipped, after: known?.last, signal }))
      return
    }
    const root = folders.find((candidate) => isBelow(folder, candidate))
    await resolveBelow(folder, folders, 'FOLDER_NOT_FOUND') // also where the roots changed since the batch was made
    const seen = known && new Set(await known.all())
    for await (const page of asPages(namesInBlocks(folder, root ?? folder, skipped)))
      yield seen ? { ...page, names: page.names.filter((name) => !seen.has(name)) } : page
  }

  return {
    async resolve(folder) {
      if (isS3(folder)) return writeS3(inStore(folder).address)
      return await resolveBelow(folder, folders, 'FOLDER_NOT_FOUND')
    },
    list: (folder, known, signal) => list(folder, known, signal),
    async begin(folder, limit) {
      const skipped = countSkipped()
      const pages = list(folder, undefined, undefined, skipped)
      try {
        for (let count = 0; count < firstPages; count++) {
          const { names, isLast } = (await pages.next()).value ?? nothing
          if (names.length === 0 && isLast) throw emptyFolder(folder, skipped.list())
          if (names.length > limit) throw tooMany(folder, limit)
          if (names.length > 0) return { images: names, isOpen: !isLast }
        }
        return { images: [], isOpen: true }
      } finally {
        await pages.return()
      }
    },
    async listAll(folder, limit) {
      const skipped = countSkipped()
      const images: string[] = []
      for await (const { names } of list(folder, undefined, undefined, skipped)) {
        images.push(...names)
        if (images.length > limit) throw tooMany(folder, limit)
      }
      if (images.length === 0) throw emptyFolder(folder, skipped.list())
      return { images, skipped: skipped.list() }
    },
    async read(folder, name, signal) {
      if (!isS3(folder)) return await readListed(folder, name, folders, maxImageBytes)
      const { client, address } = inStore(folder)
      return await readS3(client, address, name, maxImageBytes, signal)
    },
    async readOne(path) {
      if (!isS3(path)) return await readBelow(path, path, folders, maxImageBytes)
      const at = path.lastIndexOf('/')
      const { client, address } = inStore(path.slice(0, at))
      return await readS3(client, address, path.slice(at + 1), maxImageBytes)
    },
  }
}

const nothing: NamesPage = { names: [], isLast: true }

function tooMany(folder: string, limit: number): OneclassError {
  return new OneclassError('INVALID_ARGUMENT', `"${folder}" holds more than the ${limit} images accepted.`)
}

/** Each but the last is given when there is another one behind it. */
async function* asPages(blocks: AsyncGenerator<string[]>): AsyncGenerator<NamesPage, void> {
  let names: string[] | undefined
  for await (const block of blocks) {
    if (names !== undefined) yield { names, isLast: false }
    names = block
  }
  yield { names: names ?? [], isLast: true }
}
