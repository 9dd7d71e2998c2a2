/** The entries below a folder: files to look at, what is left out, and what cannot be looked at. Names may be any bytes. */
import { isUtf8 } from 'node:buffer'
import type { Dirent, Stats } from 'node:fs'
import { opendir, readdir, realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, sep } from 'node:path'
import { type ErrorCode, OneclassError } from '../errors.ts'
import { isUnfinishedName } from '../system/files.ts'
import type { ErrorBody } from '../wire/error.ts'
import { isSideFile, isSystemName } from '../wire/system-names.ts'
import { hasImageEnding } from './format.ts'
import type { SkipCounter } from './left-out.ts'

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

interface Walk {
  readonly root: string | undefined
  /** Real folders that were entered, and those above the present one. */
  readonly seen: Set<string>
  readonly skipped: SkipCounter
  /** Found and not yet given out. */
  files: FoundFile[]
  failed: FailedEntry[]
}

/** Why a folder was not entered, behind its name. */
export const circle = 'is a link to a folder that it lies in (a circle): remove the link.'

/** Files that are only counted, below a folder that is left out. */
const countAtMost = 100_000

/** Entries of one folder that are in memory at once, and so many files at least are given out at a time. */
const blockSize = 20_000

/** @param root real path below which everything must lie */
export async function walkFolder(folder: string, root: string | undefined, skipped: SkipCounter): Promise<Walked> {
  const all: Walked = { files: [], failed: [] }
  for await (const { files, failed } of walkInBlocks(folder, root, skipped)) {
    for (const file of files) all.files.push(file)
    all.failed.push(...failed)
  }
  return all
}

/**
 * The same, some at a time, so that a folder may have any number of entries. The order is that of the disk, but within a block
 * that of the names.
 */
export async function* walkInBlocks(
  folder: string,
  root: string | undefined,
  skipped: SkipCounter,
  size = blockSize,
): AsyncGenerator<Walked> {
  const walk: Walk = { root, seen: new Set(), skipped, files: [], failed: [] }
  const take = (): Walked => {
    const { files, failed } = walk
    walk.files = []
    walk.failed = []
    return { files, failed }
  }
  for await (const _ of enter({ name: '', path: folder }, walk, [], size)) {
    if (walk.files.length + walk.failed.length >= size) yield take()
  }
  yield take()
}

/** Puts what it finds into the walk; yields now and then. */
async function* enter(folder: FoundFile, walk: Walk, above: readonly string[], size: number): AsyncGenerator<void> {
  const real = await realOf(folder).catch((error: NodeJS.ErrnoException) => error)
  if (real instanceof Error) {
    fail(walk, folder, 'FOLDER_NOT_FOUND', real.code === 'ELOOP' ? circle : unreadable(real))
    return
  }
  if (above.includes(real)) {
    fail(walk, folder, 'FOLDER_NOT_FOUND', circle)
    return
  }
  if (walk.seen.has(real)) return walk.skipped.add('folder read already', folder.name)
  if (walk.root !== undefined && !isBelow(real, walk.root)) {
    return walk.skipped.add('outside the served folder', folder.name)
  }
  walk.seen.add(real)
  const blocks = entryBlocks(folder, size)
  for (;;) {
    const next = await blocks.next().catch((error: NodeJS.ErrnoException) => error)
    if (next instanceof Error) {
      if (folder.name === '') {
        throw new OneclassError('FOLDER_NOT_FOUND', `The folder "${folder.path}" ${unreadable(next)}`)
      }
      return fail(walk, folder, 'FOLDER_NOT_FOUND', unreadable(next))
    }
    if (next.done) return
    // links last, so that what is reached both ways has its real name whatever order the disk gives
    const links = (entry: Dirent<Buffer>) => (entry.isSymbolicLink() ? 1 : 0)
    next.value.sort((a, b) => links(a) - links(b) || Buffer.compare(a.name, b.name))
    for (const entry of next.value) {
      const inner = await look(entry, childOf(folder, entry.name), walk)
      if (inner !== undefined) yield* enter(inner, walk, [...above, real], size)
    }
    yield
  }
}

/** Entries of a folder, `size` at a time. */
async function* entryBlocks(folder: FoundFile, size: number): AsyncGenerator<Dirent<Buffer>[]> {
  // the types do not know that `buffer` gives names as bytes here too
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: 1024 }
  const directory = await opendir(folder.raw ?? folder.path, options)
  let block: Dirent<Buffer>[] = []
  for await (const entry of directory as unknown as AsyncIterable<Dirent<Buffer>>) {
    block.push(entry)
    if (block.length < size) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
}

/** @returns the entry where it is a folder to enter */
async function look(entry: Dirent<Buffer>, child: FoundFile, walk: Walk): Promise<FoundFile | undefined> {
  const base = child.name.slice(child.name.lastIndexOf('/') + 1)
  if (isUnfinishedName(base)) return // an --out of ours in that very folder
  if (isSystemName(child.path)) return void (await countSystem(entry, child, walk))
  if (base.startsWith('.')) return void walk.skipped.add('hidden', child.name)
  if (!entry.isSymbolicLink()) return place(entry, child, walk)
  const target = await stat(child.raw ?? child.path).catch((error: NodeJS.ErrnoException) => error)
  if (target instanceof Error) {
    // an image's name is reported as an image that is not there, when it is opened
    if (hasImageEnding(base)) return void walk.files.push(child)
    const why =
      target.code === 'ENOENT' ? 'is a link to nothing.' : `is a link that cannot be followed (${target.code}).`
    return fail(walk, child, 'IMAGE_NOT_FOUND', why)
  }
  const real = await realOf(child).catch(() => undefined)
  if (walk.root !== undefined && !(real !== undefined && isBelow(real, walk.root))) {
    return void walk.skipped.add('outside the served folder', child.name)
  }
  return place(target, child, walk)
}

function place(kind: Dirent<Buffer> | Stats, child: FoundFile, walk: Walk): FoundFile | undefined {
  if (kind.isDirectory()) return child
  if (kind.isFile() && isSideFile(child.name)) walk.skipped.add('backup or unfinished', child.name)
  else if (kind.isFile()) walk.files.push(child)
  else walk.skipped.add('not an image', child.name)
  return undefined
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

function fail(walk: Walk, { name }: FoundFile, code: ErrorCode, why: string): undefined {
  walk.failed.push({ image: name, error: { code, message: `"${name}" ${why}` } })
}

export function unreadable(error: NodeJS.ErrnoException): string {
  const { code } = error
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: this user has no right to.'
  if (code === 'ENAMETOOLONG') return 'cannot be read: its path is too long. Start from a folder further down.'
  return `cannot be read (${code ?? error.message}).`
}

async function entriesOf(folder: FoundFile): Promise<Dirent<Buffer>[]> {
  return await readdir(folder.raw ?? folder.path, { withFileTypes: true, encoding: 'buffer' })
}

/** @throws errors of the file system */
async function realOf(place: FoundFile): Promise<string> {
  const real = await realpath(place.raw ?? place.path, 'buffer')
  return isUtf8(real) ? real.toString() : escapeBytes(real)
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

/**
 * The path that is meant by a name of a listing: as it stands, or with the bytes that `escapeBytes` wrote. Only bytes beyond ASCII: no
 * dot and no slash comes of it.
 */
export function unescapeBytes(path: string): Buffer {
  const parts = path.split(/\\x([89A-F][0-9A-F])/)
  return Buffer.concat(parts.map((part, i) => (i % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))))
}

/** Is the path the root itself, or does it lie below? Both absolute. */
export function isBelow(path: string, root: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

export function toName(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/')
}
