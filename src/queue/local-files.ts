/**
 * Files on the service's own disk, and only those below a served root. Links are followed before the question is asked,
 * for the folder and for each file in it.
 */
import { constants } from 'node:fs'
import { open, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { OneclassError } from '../errors.ts'
import { collectImages } from '../images/collect.ts'

/** The images of a folder, names relative to it; errors as `collectImages`. */
export async function listFolder(folder: string, root: string, limit: number): Promise<string[]> {
  return (await collectImages(folder, { names: 'relative', root, limit })).map((image) => image.name)
}

/**
 * The bytes of a file that lies below one of the roots after every link is followed. The path is resolved
 * again once the file is open, so a link that is swapped in between is noticed.
 */
export async function readBelow(
  path: string,
  name: string,
  roots: readonly string[],
  maxBytes: number,
): Promise<Buffer> {
  const real = await resolveBelow(path, roots, 'IMAGE_NOT_FOUND', name)
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => {
    throw new OneclassError('IMAGE_NOT_FOUND', `"${name}" does not exist or cannot be read.`)
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new OneclassError('IMAGE_NOT_FOUND', `"${name}" is not a file.`)
    if (stats.size > maxBytes) {
      throw new OneclassError(
        'IMAGE_TOO_LARGE',
        `"${name}" has ${stats.size} bytes, more than the ${maxBytes} accepted.`,
      )
    }
    const now = await resolveBelow(path, roots, 'IMAGE_NOT_FOUND', name)
    const again = await stat(now)
    if (again.ino !== stats.ino || again.dev !== stats.dev) {
      throw new OneclassError('PATH_NOT_ALLOWED', `"${name}" changed while it was opened.`)
    }
    // not readFile: a file that grows meanwhile stays within the limit
    const bytes = Buffer.alloc(stats.size)
    const { bytesRead } = await file.read(bytes, 0, stats.size, 0)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The real path, which lies below a root. One answer (PATH_NOT_ALLOWED) for what is outside, whether it exists or not. */
export async function resolveBelow(
  path: string,
  roots: readonly string[],
  missing: 'IMAGE_NOT_FOUND' | 'FOLDER_NOT_FOUND',
  name = path,
): Promise<string> {
  const notAllowed = new OneclassError(
    'PATH_NOT_ALLOWED',
    roots.length === 0
      ? 'This service reads no local files: start it with --root FOLDER to allow those below it.'
      : `"${name}" is not below a folder that this service serves.`,
  )
  if (path.includes('\0')) throw notAllowed
  const absolute = resolve(path)
  const isInside = (candidate: string) =>
    roots.some((root) => candidate === root || candidate.startsWith(root.endsWith(sep) ? root : root + sep))
  let real: string
  try {
    real = await realpath(absolute)
  } catch {
    if (!isInside(absolute)) throw notAllowed
    throw new OneclassError(missing, `"${name}" does not exist or cannot be read.`)
  }
  if (!isInside(real)) throw notAllowed
  return real
}
