/**
 * Which images a path means: the file itself, or every image below a folder, in the order of their names.
 * Hidden entries and files whose ending is no image's are left out; an image in a format that we refuse (HEIC, SVG) is kept,
 * so that it is reported rather than missed. Links are followed, each real folder once, so a loop of links ends.
 */
import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, relative, sep } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { ImageSource } from './decode.ts'
import { acceptedExtensions, refusedExtensions } from './format.ts'

export interface CollectOptions {
  /** `given`: names begin with the path as it was given; `relative`: names are relative to the folder. Default `given`. */
  readonly names?: 'given' | 'relative'
  /** Real path below which everything must lie; a link that leaves it is left out. Default: anywhere. */
  readonly root?: string
  /** Most images to take; one more is INVALID_ARGUMENT. Default: no limit. */
  readonly limit?: number
}

/** @throws FOLDER_NOT_FOUND, IMAGE_NOT_FOUND, FOLDER_EMPTY, PATH_NOT_ALLOWED, INVALID_ARGUMENT (over `limit`) */
export async function collectImages(
  path: string,
  options: CollectOptions = {},
): Promise<(ImageSource & { path: string })[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code ?? error.message})`
    throw new OneclassError(hasImageEnding(path) ? 'IMAGE_NOT_FOUND' : 'FOLDER_NOT_FOUND', `"${path}" ${reason}.`)
  })
  const root = options.root === undefined ? undefined : await realpath(options.root)
  if (root !== undefined && !isBelow(await realpath(path), root)) {
    throw new OneclassError('PATH_NOT_ALLOWED', `"${path}" is not below the folder that is served.`)
  }
  if (found.isFile()) return [{ name: options.names === 'relative' ? basename(path) : toName(path), path }]
  if (!found.isDirectory()) throw new OneclassError('IMAGE_NOT_FOUND', `"${path}" is neither a file nor a folder.`)

  const files: string[] = []
  await walk(path, root, new Set(), files)
  if (files.length === 0) throw new OneclassError('FOLDER_EMPTY', `The folder "${path}" holds no images.`)
  if (options.limit !== undefined && files.length > options.limit) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `"${path}" holds ${files.length} images, more than the ${options.limit} accepted.`,
    )
  }
  return files
    .map((file) => ({ name: toName(options.names === 'relative' ? relative(path, file) : file), path: file }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function walk(folder: string, root: string | undefined, seen: Set<string>, files: string[]): Promise<void> {
  const real = await realpath(folder)
  if (seen.has(real) || (root !== undefined && !isBelow(real, root))) return
  seen.add(real)
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new OneclassError(
      'FOLDER_NOT_FOUND',
      `The folder "${folder}" cannot be read (${error.code ?? error.message}).`,
    )
  })
  // links last, so that what is reached both ways has its real name whatever order the disk gives
  const links = (entry: Dirent) => (entry.isSymbolicLink() ? 1 : 0)
  entries.sort((a, b) => links(a) - links(b) || (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    let isFolder = entry.isDirectory()
    let isFile = entry.isFile()
    if (entry.isSymbolicLink()) {
      const target = await stat(path).catch(() => undefined)
      if (root !== undefined && target && !isBelow(await realpath(path), root)) continue
      isFolder = target?.isDirectory() ?? false
      // a dangling link with an image's name is reported when it is opened
      isFile = target?.isFile() ?? true
    }
    if (isFolder) await walk(path, root, seen, files)
    else if (isFile && hasImageEnding(entry.name)) files.push(path)
  }
}

function hasImageEnding(path: string): boolean {
  const ending = extname(path).slice(1).toLowerCase()
  return acceptedExtensions.has(ending) || refusedExtensions.has(ending)
}

/** Is the path the root itself, or does it lie below? Both absolute. */
export function isBelow(path: string, root: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function toName(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/')
}
