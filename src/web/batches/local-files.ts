/** The files of batches that were sent from this page, by batch and index; gone when the page is loaded again. */
import type { Picked } from '../files/collect.ts'

const files = new Map<string, readonly Picked[]>()

export function rememberFiles(batch: string, images: readonly Picked[]): void {
  files.set(batch, images)
}

export function fileOf(batch: string, index: number): File | undefined {
  return files.get(batch)?.[index]?.file
}

export function hasFiles(batch: string): boolean {
  return files.has(batch)
}
