/**
 * Files and folders that are there whole or not at all, also after a power cut: the bytes are on the disk before the name is, and the
 * name is before the call returns (fsync of the file, rename, fsync of the folder).
 */
import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** For the owner alone: what lies in a data directory tells of people's photos. */
export const privateFile = 0o600
export const privateFolder = 0o700

/** What a file holds, whole or in parts that follow each other. */
export type Bytes = Uint8Array | readonly Uint8Array[]

/** Writes or replaces a file. @throws errors of the file system; the old content is then as it was */
export async function writeWhole(path: string, data: string | Uint8Array, mode = privateFile): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeSynced(temporary, data, mode)
    await renameSynced(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** A new file whose bytes are on the disk; for a folder that gets its name later. @throws errors of the file system; it is then not there */
export async function writeSynced(path: string, data: string | Bytes, mode = privateFile): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    for (const part of [data].flat()) await file.writeFile(part) // each from where the last one ended
    await file.sync()
  } catch (error) {
    await rm(path, { force: true }) // half a file, which nobody asked for
    throw error
  } finally {
    await file.close()
  }
}

/** Gives a file, or a folder of synced files, its name for good. */
export async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncFolder(dirname(to))
}

/** The names in a folder are on the disk. Where the system does not let a folder be opened or synced, it does so itself. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch {
    // not known to this file system
  } finally {
    await handle?.close()
  }
}
