/** Images that a fit leaves out by their names. */
import { OneclassError } from '../errors.ts'

export interface Exclusion {
  leavesOut(image: string): boolean
  /** Leaves it out whether it is named or not: by its number. */
  leaveOut(image: string): void
  /** Names of all images that were left out. */
  readonly found: readonly string[]
  /** @throws INVALID_ARGUMENT for a name that no image has */
  assertAllFound(): void
}

/** @param names each the whole name of an image, or its end after a "/" */
export function exclusion(names: readonly string[]): Exclusion {
  const missing = new Set(names)
  const found: string[] = []
  const isNamed = (image: string): boolean => {
    const name = names.find((wanted) => wanted !== '' && (image === wanted || image.endsWith(`/${wanted}`)))
    if (name !== undefined) missing.delete(name)
    return name !== undefined
  }
  return {
    found,
    leavesOut(image) {
      if (!isNamed(image)) return false
      found.push(image)
      return true
    },
    leaveOut(image) {
      isNamed(image) // it may be named as well
      found.push(image)
    },
    assertAllFound() {
      if (missing.size === 0) return
      const list = [...missing].slice(0, 5).map((name) => JSON.stringify(name))
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `There is no image named ${list.join(', ')} to exclude; give names as fit prints them, or "misfits".`,
      )
    },
  }
}
