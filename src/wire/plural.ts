/** A number with its noun, in English. */

/**
 * @param many where it is not the noun with an s
 * @param show how the number is written
 */
export function plural(n: number, one: string, many = `${one}s`, show: (n: number) => string = String): string {
  return `${show(n)} ${n === 1 ? one : many}`
}
