/** The sequence header of an AV1 bitstream, and how many frames follow. AV1 specification, sections 5.3 to 5.5. */
export interface CodedImage {
  /** Largest sides that a frame may have. */
  readonly width: number
  readonly height: number
  readonly bits: number
  /** Samples for each pixel: 1 grey, 1.5 (4:2:0), 2 (4:2:2), 3 (4:4:4). */
  readonly channels: number
  readonly frames: number
}

/** Undefined when there is no sequence header. Of several, the largest counts. */
export function readCodedImage(data: Uint8Array): CodedImage | undefined {
  let found: Omit<CodedImage, 'frames'> | undefined
  let frames = 0
  for (let at = 0; at < data.length; ) {
    const head = data[at]!
    const type = (head >> 3) & 15
    let from = at + (head & 4 ? 2 : 1)
    let size = data.length - from
    if (head & 2) {
      size = 0
      for (let shift = 0; shift < 56; shift += 7) {
        const byte = data[from++] ?? 0
        size += (byte & 127) * 2 ** shift
        if (byte < 128) break
      }
    }
    if (type === 1) {
      const header = readSequence(data.subarray(from, from + size))
      if (found === undefined || header.width * header.height > found.width * found.height) found = header
    } else if (type === 3 || type === 6) frames++
    at = from + size
  }
  return found && { ...found, frames }
}

function readSequence(data: Uint8Array): Omit<CodedImage, 'frames'> {
  let at = 0
  const bits = (count: number): number => {
    let value = 0
    for (let i = 0; i < count; i++, at++) value = value * 2 + (((data[at >> 3] ?? 0) >> (7 - (at & 7))) & 1)
    return value
  }
  const skipUvlc = (): void => {
    let zeros = 0
    while (zeros < 32 && bits(1) === 0) zeros++
    bits(Math.min(zeros, 31))
  }
  const profile = bits(3)
  bits(1)
  const isReduced = bits(1) === 1
  if (isReduced) bits(5)
  else {
    let hasModel = false
    let delayLength = 0
    if (bits(1) === 1) {
      bits(64)
      if (bits(1) === 1) skipUvlc()
      hasModel = bits(1) === 1
      if (hasModel) {
        delayLength = bits(5) + 1
        bits(42)
      }
    }
    const hasDelay = bits(1) === 1
    const points = bits(5) + 1
    for (let i = 0; i < points; i++) {
      bits(12)
      if (bits(5) > 7) bits(1)
      if (hasModel && bits(1) === 1) bits(2 * delayLength + 1)
      if (hasDelay && bits(1) === 1) bits(4)
    }
  }
  const widthBits = bits(4) + 1
  const heightBits = bits(4) + 1
  const width = bits(widthBits) + 1
  const height = bits(heightBits) + 1
  if (!isReduced && bits(1) === 1) bits(7) // frame ids
  bits(3)
  if (!isReduced) {
    bits(4)
    const hasOrderHint = bits(1) === 1
    if (hasOrderHint) bits(2)
    const screenContent = bits(1) === 1 ? 2 : bits(1)
    if (screenContent > 0 && bits(1) === 0) bits(1)
    if (hasOrderHint) bits(3)
  }
  bits(3)
  const isHigh = bits(1) === 1
  const depth = profile === 2 && isHigh ? (bits(1) === 1 ? 12 : 10) : isHigh ? 10 : 8
  const isGrey = profile !== 1 && bits(1) === 1
  // 4:2:2 and 12 bits of profile 2 are counted as 4:4:4
  const channels = isGrey ? 1 : profile === 0 ? 1.5 : 3
  return { width, height, bits: depth, channels }
}
