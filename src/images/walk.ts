/** The entries below a folder: files to look at, what is left out, and what cannot be looked at. Names may be any bytes. */
import { isUtf8 } from 'node:buffer'
import type { Dirent, Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { type ErrorCode, OneclassError } from '../errors.ts'
import type { ErrorBody } from '../wire/error.ts'
import { hasImageEnding } from './format.ts'
import { isSystemName, type SkipCounter } from './left-out.ts'

/** A file: `name` relative to the folder, with `/`; `raw` are the path's bytes where they are no UTF-8. */
export interface FoundFile {
  readonly name: string
  readonly path: string
  readonly raw?: Buffer
}

/** An entry that should have been looked at and could not be: a result with an error. */
export interface FailedEntry {
  readonly image: string
  readonly error: ErrorBody
}

export interface Walked {
  readonly files: FoundFile[]
  readonly failed: FailedEntry[]
}

interface Walk extends Walked {
  readonly root: string | undefined
  /** Real folders that were entered, and those above the present one. */
  readonly seen: Set<string>
  readonly skipped: SkipCounter
}

/** Files that are only counted, below a folder that is left out. */
const countAtMost = 100_000

/** @param root real path below which everything must lie */
export async function walkFolder(folder: string, root: string | undefined, skipped: SkipCounter): Promise<Walked> {
  const walk: Walk = { root, seen: new Set(), skipped, files: [], failed: [] }
  await enter({ name: '', path: folder }, walk, [])
  return { files: walk.files, failed: walk.failed }
}

async function enter(folder: FoundFile, walk: Walk, above: readonly string[]): Promise<void> {
  const real = await realOf(folder)
  if (real === undefined || above.includes(real)) {
    fail(walk, folder, 'FOLDER_NOT_FOUND', 'is a link to a folder that it lies in (a circle): remove the link.')
    return
  }
  if (walk.seen.has(real)) return walk.skipped.add('folder read already', folder.name)
  if (walk.root !== undefined && !isBelow(real, walk.root)) {
    return walk.skipped.add('outside the served folder', folder.name)
  }
  walk.seen.add(real)
  const entries = await entriesOf(folder).catch((error: NodeJS.ErrnoException) => {
    if (folder.name === '') {
      throw new OneclassError('FOLDER_NOT_FOUND', `The folder "${folder.path}" ${unreadable(error)}`)
    }
    fail(walk, folder, 'FOLDER_NOT_FOUND', unreadable(error))
    return []
  })
  // links last, so that what is reached both ways has its real name whatever order the disk gives
  const links = (entry: Dirent<Buffer>) => (entry.isSymbolicLink() ? 1 : 0)
  entries.sort((a, b) => links(a) - links(b) || Buffer.compare(a.name, b.name))
  for (const entry of entries) await look(entry, childOf(folder, entry.name), walk, [...above, real])
}

async function look(entry: Dirent<Buffer>, child: FoundFile, walk: Walk, above: readonly string[]): Promise<void> {
  const base = child.name.slice(child.name.lastIndexOf('/') + 1)
  if (isSystemName(base)) return await countSystem(entry, child, walk)
  if (base.startsWith('.')) return walk.skipped.add('hidden', child.name)
  if (!entry.isSymbolicLink()) return await place(entry, child, walk, above)
  const target = await stat(child.raw ?? child.path).catch((error: NodeJS.ErrnoException) => error)
  if (target instanceof Error) {
    // an image's name is reported as an image that is not there, when it is opened
    if (hasImageEnding(base)) return void walk.files.push(child)
    const why =
      target.code === 'ENOENT' ? 'is a link to nothing.' : `is a link that cannot be followed (${target.code}).`
    return fail(walk, child, 'IMAGE_NOT_FOUND', why)
  }
  const real = await realOf(child)
  if (walk.root !== undefined && !(real !== undefined && isBelow(real, walk.root))) {
    return walk.skipped.add('outside the served folder', child.name)
  }
  await place(target, child, walk, above)
}

async function place(
  kind: Dirent<Buffer> | Stats,
  child: FoundFile,
  walk: Walk,
  above: readonly string[],
): Promise<void> {
  if (kind.isDirectory()) await enter(child, walk, above)
  else if (kind.isFile()) walk.files.push(child)
  else walk.skipped.add('not an image', child.name)
}

/** A folder of a system is not entered for images; its files are counted, and one that cannot be read is said. */
async function countSystem(entry: Dirent<Buffer>, child: FoundFile, walk: Walk): Promise<void> {
  if (!entry.isDirectory()) return walk.skipped.add('system files', child.name)
  let count = 0
  const waiting = [child]
  for (let next = waiting.pop(); next !== undefined && count < countAtMost; next = waiting.pop()) {
    const folder = next
    const entries = await entriesOf(folder).catch((error: NodeJS.ErrnoException) => {
      fail(walk, folder, 'FOLDER_NOT_FOUND', unreadable(error))
      return []
    })
    for (const inner of entries) {
      if (inner.isDirectory()) waiting.push(childOf(folder, inner.name))
      else count++
    }
  }
  if (count > 0) walk.skipped.add('system files', `${child.name}/`, count)
}

function fail(walk: Walk, { name }: FoundFile, code: ErrorCode, why: string): void {
  walk.failed.push({ image: name, error: { code, message: `"${name}" ${why}` } })
}

function unreadable(error: NodeJS.ErrnoException): string {
  const { code } = error
  return code === 'EACCES' || code === 'EPERM'
    ? 'cannot be read: this user has no right to.'
    : `cannot be read (${code ?? error.message}).`
}

async function entriesOf(folder: FoundFile): Promise<Dirent<Buffer>[]> {
  return await readdir(folder.raw ?? folder.path, { withFileTypes: true, encoding: 'buffer' })
}

async function realOf(place: FoundFile): Promise<string | undefined> {
  const real = await realpath(place.raw ?? place.path, 'buffer').catch(() => undefined)
  return real && (isUtf8(real) ? real.toString() : escapeBytes(real))
}

function childOf(folder: FoundFile, entry: Buffer): FoundFile {
  const isText = isUtf8(entry)
  const text = isText ? toName(entry.toString()) : escapeBytes(entry)
  const below = (parent: string) => (parent === '' ? text : parent.endsWith('/') ? parent + text : `${parent}/${text}`)
  const place = { name: below(folder.name), path: below(folder.path) }
  if (isText && folder.raw === undefined) return place
  return { ...place, raw: Buffer.concat([folder.raw ?? Buffer.from(folder.path), Buffer.from('/'), entry]) }
}

/** Bytes that are no UTF-8 as `\xE9`: two files never get the same name, and it can be read. */
export function escapeBytes(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)))
    if (length === undefined) text += `\\x${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}`
    else text += bytes.toString('utf8', at, at + length)
    at += length ?? 1
  }
  return text
}

/** Is the path the root itself, or does it lie below? Both absolute. */
export function isBelow(path: string, root: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

export function toName(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/')
}
