/** The files of batches that were sent from this page, by batch and index; gone when the page is loaded again. */
import type { ClientImage } from '../../client.ts'
import type { Picked } from '../files/collect.ts'
import { baseName } from '../format.ts'
import { client } from '../service/api.ts'
import type { Batch } from '../service/types.ts'
import type { Item } from './live.ts'

const files = new Map<string, readonly (Picked | undefined)[]>()

export function rememberFiles(batch: string, images: readonly Picked[]): void {
  files.set(batch, images)
}

/**
 * Files that were chosen again after the page was loaded anew, found by the names that the results have, else by the file's own
 * name alone, as another folder may have been opened to choose it. A name that several have finds none: it may be another image.
 * @param names of the batch's images, by index
 * @returns how many of the images have their file now
 */
export function adoptFiles(batch: string, names: ReadonlyMap<number, string>, chosen: readonly Picked[]): number {
  const found = [...(files.get(batch) ?? [])]
  for (const key of [(name: string) => name, baseName]) {
    const ours = onlyOnes(names, ([, name]) => key(name))
    const theirs = onlyOnes(chosen, ({ name }) => key(name))
    for (const [name, [index]] of ours) found[index] ??= theirs.get(name)
  }
  const count = found.filter((one) => one !== undefined).length
  if (count > 0) files.set(batch, found)
  return count
}

/** By a key that no other has. */
function onlyOnes<T>(all: Iterable<T>, keyOf: (one: T) => string): Map<string, T> {
  const [found, twice] = [new Map<string, T>(), new Set<string>()]
  for (const one of all) {
    const key = keyOf(one)
    if (found.has(key)) twice.add(key)
    found.set(key, one)
  }
  for (const key of twice) found.delete(key)
  return found
}

/** A file that was sent, with the name that it was sent under. */
export function pickedOf(batch: string, index: number): Picked | undefined {
  return files.get(batch)?.[index]
}

export function fileOf(batch: string, index: number): File | undefined {
  return files.get(batch)?.[index]?.file
}

/** Where the service keeps a small picture; null where it keeps none, as of an image that it could not read. */
export function pictureOf(batch: Batch | null | undefined, { index, line }: Item): string | null {
  return batch?.keeps?.thumbnails && !('error' in line) ? client.batchPicture(batch.id, index) : null
}

/** The whole image: the file of this page, else that of the service's folder; undefined where neither has it. */
export async function wholeImage(batch: Batch, index: number, name: string): Promise<ClientImage | undefined> {
  const file = fileOf(batch.id, index)
  if (file) return { name, bytes: file }
  return batch.keeps?.folder ? { name, bytes: await client.picture(client.batchImage(batch.id, index)) } : undefined
}
