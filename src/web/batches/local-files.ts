/** The files of batches that were sent from this page, by batch and index; gone when the page is loaded again. */
import type { ClientImage } from '../../client.ts'
import type { Picked } from '../files/collect.ts'
import { client } from '../service/api.ts'
import type { Batch } from '../service/types.ts'

const files = new Map<string, readonly Picked[]>()

export function rememberFiles(batch: string, images: readonly Picked[]): void {
  files.set(batch, images)
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
