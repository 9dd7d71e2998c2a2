/** Folders and files that are there whole or not at all; what cannot be written is said before any work begins. */
import { randomUUID } from 'node:crypto'
import { createWriteStream, rmSync, type WriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { OneclassError } from '../errors.ts'
import { isS3 } from './s3/address.ts'
import { privateFolder } from './whole-file.ts'

/**
 * Makes a folder and those above it. Not `mkdir` with `recursive`, which never ends where a parent refuses children with
 * ENOENT, as /proc does (seen with Node 20).
 * @throws errors of the file system
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const make = () => (mode === undefined ? mkdir(path) : mkdir(path, { mode }))
  try {
    await make()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path), mode)
      await make().catch(async (again: unknown) => {
        if (!(await isFolder(path))) throw again
      })
    } else if (!(await isFolder(path))) throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/**
 * Makes the folder where it is missing, and writes and removes a file in it.
 * @param what as messages call it, such as "data directory"
 * @param wayOut what to do about it
 * @param mode of the folder, where it is made
 * @throws INVALID_ARGUMENT
 */
export async function assertWritable(folder: string, what: string, wayOut: string, mode?: number): Promise<void> {
  const probe = join(folder, `.write-${randomUUID()}`)
  try {
    if (isS3(folder)) throw new Error(noBucket)
    await makeFolder(folder, mode)
    await writeFile(probe, '')
    await rm(probe, { force: true })
  } catch (error) {
    throw cannotWrite(what, folder, error, wayOut)
  }
}

const noBucket = 'buckets are read and not written'

/** Bytes that must be free for work that ends with a model: the smallest with a gallery of pictures has about as many. */
const leastFree = 2 * 2 ** 20

/** @throws INVALID_ARGUMENT when models and keys cannot be kept there, DISK_UNAVAILABLE when there is no room for a model */
export async function assertHomeWritable(home: string): Promise<void> {
  const wayOut = 'name another with --home or ONECLASS_HOME'
  await assertWritable(home, 'data directory', wayOut, privateFolder)
  const { blocks, bavail, bsize } = await statfs(home).catch(() => ({ blocks: 0, bavail: 0, bsize: 0 }))
  // file systems that do not count have no blocks
  if (blocks > 0 && bavail * bsize < leastFree)
    throw new OneclassError(
      'DISK_UNAVAILABLE',
      `The disk of the data directory "${home}" is full (${Math.floor((bavail * bsize) / 1024)} KiB are free): make room, or ${wayOut}.`,
    )
}

export interface Output {
  /** Resolves when the file system has taken it. */
  write(content: string | Uint8Array): Promise<void>
  /**
   * Gives the file its name.
   * @param start replaces as many bytes at the start: a header that is known at the end only
   * @throws DISK_UNAVAILABLE on a full disk; INVALID_ARGUMENT when a write failed otherwise, or there is a start and it is no plain file
   */
  commit(start?: Uint8Array): Promise<void>
  /** Removes what was written; nothing after `commit`. */
  discard(): Promise<void>
}

/** What a file is called until it is complete: short, since a name may have 255 bytes; folders that are read leave it out. */
const unfinishedName = () => `.oneclass-${randomUUID()}.part`
export const isUnfinishedName = (name: string): boolean => /^\.oneclass-[0-9a-f-]{36}\.part$/.test(name)

/** Files that have not got their name yet: removed when the process ends before. */
const unfinished = new Set<string>()
process.once('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true })
})

/** What stands for standard output, as in most programs. */
export const standardOutputName = '-'

/**
 * A file that appears when it is complete. A device, a pipe or standard output (`-`) is written as it is.
 * @param kind `file`: a plain file is needed, since its start is written last
 * @throws INVALID_ARGUMENT, before anything is written
 */
export async function openOutput(path: string, kind: 'any' | 'file' = 'any'): Promise<Output> {
  const wayOut = 'name a file in a folder that exists'
  const refuse = (why: string): never => {
    throw cannotWrite('file', path, new Error(why), wayOut)
  }
  if (path === '') refuse('it has no name')
  if (isS3(path)) refuse(noBucket)
  if (path.endsWith('/') || path.endsWith(sep)) refuse('it is the name of a folder')
  if (path === standardOutputName) return kind === 'any' ? standardOutput() : refuse('it is standard output')
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) refuse('it is a folder')
  const isPlain = found === undefined || found.isFile()
  if (!isPlain && kind === 'file') refuse('it is a device or a pipe')
  const target = isPlain ? join(dirname(resolve(path)), unfinishedName()) : path
  if (isPlain) unfinished.add(target)
  const stream = createWriteStream(target)
  await new Promise<void>((opened, fail) => {
    stream.once('open', () => opened()).once('error', fail)
  }).catch((error: unknown) => {
    unfinished.delete(target)
    throw cannotWrite('file', path, error, wayOut)
  })
  let fault: Error | undefined
  stream.on('error', (error) => {
    fault ??= error
  })
  return {
    async write(content) {
      if (fault) throw cannotWrite('file', path, fault, wayOut)
      await new Promise<void>((taken) => stream.write(content, () => taken()))
    },
    async commit(start) {
      await end(stream)
      if (start && !isPlain) fault ??= new Error('it is a device or a pipe')
      if (fault) throw cannotWrite('file', path, fault, wayOut)
      try {
        if (start) await writeStart(target, start)
        if (isPlain) await rename(target, path)
      } catch (error) {
        throw cannotWrite('file', path, error, wayOut)
      }
      unfinished.delete(target)
    },
    async discard() {
      await end(stream)
      if (unfinished.has(target)) await rm(target, { force: true })
      unfinished.delete(target)
    },
  }
}

function standardOutput(): Output {
  return {
    write: (content) => new Promise((taken) => process.stdout.write(content, () => taken())),
    async commit() {},
    async discard() {},
  }
}

/** A file that is there whole or not at all. @throws INVALID_ARGUMENT, DISK_UNAVAILABLE */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  const file = await openOutput(path)
  try {
    await file.write(content)
    await file.commit()
  } finally {
    await file.discard()
  }
}

async function writeStart(path: string, start: Uint8Array): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.write(start, 0, start.length, 0)
  } finally {
    await handle.close()
  }
}

async function end(stream: WriteStream): Promise<void> {
  if (stream.closed) return
  await new Promise<void>((closed) => {
    stream.once('close', () => closed())
    stream.end()
  })
}

function cannotWrite(what: string, path: string, error: unknown, wayOut: string): OneclassError {
  const { code, message } = error as NodeJS.ErrnoException
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new OneclassError(
    isFull ? 'DISK_UNAVAILABLE' : 'INVALID_ARGUMENT',
    `The ${what} "${path}" cannot be written (${reasons[code ?? ''] ?? code ?? message}): ${isFull ? 'make room there, or name another place' : wayOut}.`,
    { cause: error },
  )
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the file system is read-only',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a file stands where a folder is needed',
  EEXIST: 'a file stands where a folder is needed',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the share of the disk that this user may fill is full',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
}
