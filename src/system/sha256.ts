import { createHash } from 'node:crypto'
import type { Bytes } from './whole-file.ts'

/** In hex; of parts that follow each other as of the whole. */
export function sha256(data: string | Bytes): string {
  const hash = createHash('sha256')
  for (const part of [data].flat()) hash.update(part)
  return hash.digest('hex')
}
