/**
 * Pictures that `score --explain` made are no photos: beside the images that they show, they would be scored and learnt by the next run.
 * They are told by their ending and a mark in the file, or, where builds before it wrote them, by the page that lies beside them.
 */
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasHeatMapEnding } from '../wire/system-names.ts'
import type { FoundFile } from './walk.ts'
import { pngChunk } from './whole-png.ts'

/** Where the header of a PNG file ends (PNG specification, third edition, 5.3 and 11.2.1). */
const headerEnd = 33
const mark = Buffer.from('Software\0oneclass: heat map', 'latin1')

/** The same picture, with our mark behind its header. */
export function withOwnMark(png: Uint8Array): Uint8Array {
  return Buffer.concat([png.subarray(0, headerEnd), pngChunk('tEXt', mark), png.subarray(headerEnd)])
}

/** @param head the first bytes of a file */
export const hasOwnMark = (head: Uint8Array): boolean =>
  Buffer.from(head.subarray(headerEnd + 8, headerEnd + 8 + mark.length)).equals(mark)

/** @param headOf of a file that has the ending: others are not opened. Errors are its own */
export async function isOwnPicture(
  file: FoundFile,
  headOf: (file: FoundFile) => Promise<Uint8Array>,
): Promise<boolean> {
  if (!hasHeatMapEnding(file.name)) return false
  if (hasOwnMark(await headOf(file))) return true
  return await access(join(dirname(file.path), 'index.html')).then(
    () => true,
    () => false,
  )
}
