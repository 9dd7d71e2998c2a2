/**
 * Files on the service's own disk, and only those below a served root. Links are followed before the question is asked,
 * for the folder and for each file in it.
 */
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { diskFault, OneclassError } from '../errors.ts'
import { collect } from '../images/collect.ts'
import type { Skipped } from '../images/left-out.ts'
import { circle, isBelow, unescapeBytes, unreadable } from '../images/walk.ts'
import { isSystemName } from '../wire/system-names.ts'

/**
 * The images of a folder (as `resolveBelow` gave it), names relative to it, and entries that cannot be looked at, which become results
 * with an error when they are read; and what else is in the folder. Links that lead out of its root are left out. Errors as `collect`.
 */
export async function lookInto(
  folder: string,
  roots: readonly string[],
  limit: number,
): Promise<{ readonly images: readonly string[]; readonly skipped: readonly Skipped[] }> {
  const root = roots.find((candidate) => isBelow(folder, candidate)) ?? folder
  const { images, failed, skipped } = await collect(folder, { names: 'relative', root, limit })
  return { images: [...images.map(({ name }) => name), ...failed.map(({ image }) => image)].sort(), skipped }
}

/** The folders right in a folder, which name what they hold. */
export async function foldersIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.') && !isSystemName(name))
  const isFolder = (name: string) =>
    stat(join(folder, name)).then(
      (found) => found.isDirectory(),
      () => false,
    )
  const found = await Promise.all(entries.map(isFolder))
  return entries.filter((_, i) => found[i]).sort()
}

/**
 * The bytes of a file that lies below one of the roots after every link is followed. Where an open file lies is asked
 * of the file itself, so a link that is swapped meanwhile changes nothing. Errors IMAGE_NOT_FOUND, IMAGE_TOO_LARGE, PATH_NOT_ALLOWED.
 */
export async function readBelow(
  path: string,
  name: string,
  roots: readonly string[],
  maxBytes: number,
): Promise<Buffer> {
  const written = resolve(path)
  const isBelowRoots = isBelowAny(written, roots)
  const from = await onDisk(isBelowRoots ? written : await resolveBelow(path, roots, 'IMAGE_NOT_FOUND', name))
  const file = await open(from, constants.O_RDONLY | constants.O_NONBLOCK).catch(async (error: unknown) => {
    const fault = diskFault(error)
    const { code } = error as NodeJS.ErrnoException
    if (fault !== undefined && (code === 'EMFILE' || code === 'ENFILE')) throw fault // says nothing of the image
    await resolveBelow(path, roots, 'IMAGE_NOT_FOUND', name) // what lies outside gets one answer, readable or not
    throw new OneclassError('IMAGE_NOT_FOUND', `"${name}" does not exist or cannot be read.`)
  })
  try {
    const stats = await file.stat()
    const real = await pathOf(file, from, stats)
    if (!isBelowAny(real, roots)) throw notAllowed(name, roots)
    if (!stats.isFile()) throw new OneclassError('IMAGE_NOT_FOUND', `"${name}" is not a file.`)
    if (stats.size > maxBytes) {
      throw new OneclassError(
        'IMAGE_TOO_LARGE',
        `"${name}" has ${stats.size} bytes, more than the ${maxBytes} accepted.`,
      )
    }
    // not readFile: a file that grows meanwhile stays within the limit
    const bytes = Buffer.alloc(stats.size)
    const { bytesRead } = await file.read(bytes, 0, stats.size, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/**
 * An image of a listing, which also names folders that could not be entered: why is said as the listing says it elsewhere.
 * Errors as `readBelow`, FOLDER_NOT_FOUND.
 */
export async function readListed(
  folder: string,
  name: string,
  roots: readonly string[],
  maxBytes: number,
): Promise<Buffer> {
  const path = join(folder, name)
  try {
    return await readBelow(path, name, roots, maxBytes)
  } catch (error) {
    if (!(error instanceof OneclassError) || error.code !== 'IMAGE_NOT_FOUND') throw error
    const place = await onDisk(path)
    const found = await stat(place).catch(() => undefined)
    if (!found?.isDirectory()) throw error
    const why = await readdir(place).then(() => circle, unreadable)
    throw new OneclassError('FOLDER_NOT_FOUND', `"${name}" ${why}`)
  }
}

/** The path as it is asked of the disk: where nothing has this name, that of a listing whose bytes were no UTF-8. */
async function onDisk(path: string): Promise<string | Buffer> {
  if (!path.includes('\\x')) return path
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  )
  return isThere ? path : unescapeBytes(path)
}

/**
 * The real path of an open file: Linux says it; elsewhere the path is resolved once more and must still lead to this file. '/' when it
 * does not.
 */
async function pathOf(file: FileHandle, from: string | Buffer, { ino, dev }: Stats): Promise<string> {
  const said =
    process.platform === 'linux' ? await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined) : undefined
  if (said !== undefined) return said
  const real = await realpath(from)
  const now = await stat(real)
  return now.ino === ino && now.dev === dev ? real : '/'
}

/** The real path, which lies below a root. One answer (PATH_NOT_ALLOWED) for what is outside, whether it exists or not. */
export async function resolveBelow(
  path: string,
  roots: readonly string[],
  missing: 'IMAGE_NOT_FOUND' | 'FOLDER_NOT_FOUND',
  name = path,
): Promise<string> {
  if (path.includes('\0')) throw notAllowed(name, roots)
  const absolute = resolve(path)
  let real: string
  try {
    real = await realpath(await onDisk(absolute))
  } catch {
    if (!isBelowAny(absolute, roots)) throw notAllowed(name, roots)
    throw new OneclassError(missing, `"${name}" does not exist or cannot be read.`)
  }
  if (!isBelowAny(real, roots)) throw notAllowed(name, roots)
  return real
}

function isBelowAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => isBelow(path, root))
}

function notAllowed(name: string, roots: readonly string[]): OneclassError {
  return new OneclassError(
    'PATH_NOT_ALLOWED',
    roots.length === 0
      ? 'This service reads no local files: start it with --root FOLDER to allow those below it.'
      : `"${name}" is not below a folder that this service serves.`,
  )
}
