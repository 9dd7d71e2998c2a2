/** Small files that are asked for again and again: read when they changed, remembered in between. */
import { readFile, stat } from 'node:fs/promises'

export interface KeptFiles<T> {
  /** What the file holds now. Errors of the file system, and of `parse`. */
  read(path: string): Promise<T>
}

/** @param most files that are remembered */
export function keepFiles<T>(parse: (text: string) => T, most = 1000): KeptFiles<T> {
  const known = new Map<string, { stamp: string; value: T }>()
  return {
    async read(path) {
      const { mtimeNs, size, ino } = await stat(path, { bigint: true })
      const stamp = `${mtimeNs}:${size}:${ino}`
      const found = known.get(path)
      if (found?.stamp === stamp) return found.value
      // a change from here on gives another stamp, and is read the next time
      const value = parse(await readFile(path, 'utf8'))
      if (known.size >= most) known.clear()
      known.set(path, { stamp, value })
      return value
    },
  }
}
