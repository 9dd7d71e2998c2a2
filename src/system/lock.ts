/**
 * One at a time, over processes too: a lock is a file that only one can create. Its holder renews its time while it works; a lock
 * whose time is old was left by a process that died, and is taken over. A holder that was stopped for so long must ask
 * `assertHeld` before it writes. On a full disk the file is empty: whoever removes what fills it needs the lock too.
 */
import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { OneclassError } from '../errors.ts'
import { makeFolder } from './files.ts'
import { privateFolder, writeSynced } from './whole-file.ts'

export interface Lock {
  /** @throws CONFLICT when another process took the lock over */
  assertHeld(): Promise<void>
}

export interface LockOptions {
  /** The work makes room on the disk: it goes on without the lock where the disk has no room even for an empty file. */
  readonly makesRoom?: boolean
}

const renewMs = 2000
const staleMs = 10_000
const patienceMs = 15_000

/**
 * @param path of the lock's file; its folder is made where it is missing
 * @throws CONFLICT when another process holds it for longer than anything takes here; what `work` throws
 */
export async function withLock<T>(
  path: string,
  work: (lock: Lock) => Promise<T>,
  { makesRoom = false }: LockOptions = {},
): Promise<T> {
  await makeFolder(dirname(path), privateFolder)
  const token = await take(path).catch((error: unknown) => {
    if (makesRoom && isFull(error)) return undefined
    throw error
  })
  if (token === undefined) return await work({ async assertHeld() {} })
  const inode = await inodeOf(path)
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), renewMs)
  renewal.unref()
  // an empty one is told from others by its place on the disk
  const isHeld = async (): Promise<boolean> =>
    (await readFile(path, 'utf8').catch(() => undefined)) === token && (token !== '' || (await inodeOf(path)) === inode)
  try {
    return await work({
      async assertHeld() {
        if (!(await isHeld())) throw isBusy(path)
      },
    })
  } finally {
    clearInterval(renewal)
    if (await isHeld()) await rm(path, { force: true })
  }
}

/** The same for many of one process: they wait for each other, and only the first of them for other processes. */
export function lockInTurn(path: string): <T>(work: (lock: Lock) => Promise<T>, options?: LockOptions) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return async (work, options) => {
    const run = last.then(() => withLock(path, work, options))
    last = run.catch(() => {})
    return await run
  }
}

/** @returns what the file holds: a token, nothing where the disk is full */
async function take(path: string): Promise<string> {
  const deadline = performance.now() + patienceMs
  let token: string = randomUUID()
  for (;;) {
    try {
      await writeSynced(path, token)
      return token
    } catch (error) {
      if (isFull(error) && token !== '') {
        token = ''
        continue
      }
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > staleMs) await removeStale(path, found.ino)
    else if (performance.now() > deadline) throw isBusy(path)
    else await sleep(5 + Math.random() * 20)
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

const inodeOf = async (path: string): Promise<number | undefined> => (await stat(path).catch(() => undefined))?.ino

/** Of several that find the same stale lock one moves it away; who moves away a new one by that puts it back. */
async function removeStale(path: string, inode: number): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
    if ((await stat(aside)).ino !== inode) await link(aside, path)
  } catch {
    // another was faster
  } finally {
    await rm(aside, { force: true })
  }
}

function isBusy(path: string): OneclassError {
  return new OneclassError(
    'CONFLICT',
    `Another process is writing here: try again; if there is none, remove the file "${path}".`,
  )
}
