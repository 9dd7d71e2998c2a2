import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Bytes } from './whole-file.ts'

/** In hex; of parts that follow each other as of the whole. */
export function sha256(data: string | Bytes): string {
  const hash = createHash('sha256')
  for (const part of [data].flat()) hash.update(part)
  return hash.digest('hex')
}

/** Some milliseconds of hashing. */
const slice = 2 * 2 ** 20

/** The same of bytes that may be many: a gallery of 256 MiB takes more than half a second, in which whoever else asks would wait. */
export async function sha256InTurns(data: Bytes): Promise<string> {
  const hash = createHash('sha256')
  let since = 0
  for (const part of [data].flat())
    for (let at = 0; at < part.length; at += slice) {
      if (since >= slice) {
        await nextTurn()
        since = 0
      }
      const piece = part.subarray(at, at + slice)
      hash.update(piece)
      since += piece.length
    }
  return hash.digest('hex')
}
