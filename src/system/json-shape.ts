/**
 * How JSON is built, before it is parsed: 44 MiB of brackets become gigabytes of objects and stop the process for seconds,
 * while a text of 44 MiB (an image in base64) costs nothing. So depth and values are counted over the text, strings skipped.
 */

export interface JsonShape {
  /** Arrays and objects within each other. */
  readonly maxDepth: number
  /** Arrays, objects and what stands between commas. */
  readonly maxValues: number
}

/** Why the text is refused, undefined when it is not: whether it is JSON at all is the parser's to say. */
export function refuseJson(text: string, { maxDepth, maxValues }: JsonShape): string | undefined {
  let depth = 0
  let values = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) {
      i = endOfString(text, i)
      if (i < 0) return undefined
    } else if (code === 0x5b || code === 0x7b) {
      values++
      if (++depth > maxDepth) return `it is nested more than ${maxDepth} deep`
    } else if (code === 0x5d || code === 0x7d) depth--
    else if (code === 0x2c) values++
    if (values > maxValues) return `it has more than ${maxValues} values`
  }
  return undefined
}

/** Index of the closing quote of the string that begins at `start`; -1 when it is not closed. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return end
  }
  return -1
}
