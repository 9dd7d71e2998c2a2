/** The files of batches that were sent from this page, by batch and index; gone when the page is loaded again. */
import type { ClientImage } from '../../client.ts'
import type { Picked } from '../files/collect.ts'
import { baseName } from '../format.ts'
import { client } from '../service/api.ts'
import type { Batch } from '../service/types.ts'

const files = new Map<string, readonly (Picked | undefined)[]>()

export function rememberFiles(batch: string, images: readonly Picked[]): void {
  files.set(batch, images)
}

/**
 * Files that were chosen again after the page was loaded anew, found by the names that the results have.
 * @param names of the batch's images, by index
 * @returns how many of the images have their file now
 */
export function adoptFiles(batch: string, names: ReadonlyMap<number, string>, chosen: readonly Picked[]): number {
  const byName = new Map(chosen.map((one) => [one.name, one]))
  const byBase = new Map(chosen.map((one) => [baseName(one.name), one]))
  const found = [...(files.get(batch) ?? [])]
  for (const [index, name] of names) found[index] ??= byName.get(name) ?? byBase.get(baseName(name))
  const count = found.filter((one) => one !== undefined).length
  if (count > 0) files.set(batch, found)
  return count
}

export function fileOf(batch: string, index: number): File | undefined {
  return files.get(batch)?.[index]?.file
}

/** The whole image: the file of this page, else that of the service's folder; undefined where neither has it. */
export async function wholeImage(batch: Batch, index: number, name: string): Promise<ClientImage | undefined> {
  const file = fileOf(batch.id, index)
  if (file) return { name, bytes: file }
  return batch.keeps?.folder ? { name, bytes: await client.picture(client.batchImage(batch.id, index)) } : undefined
}

export function hasFiles(batch: string): boolean {
  return files.has(batch)
}
