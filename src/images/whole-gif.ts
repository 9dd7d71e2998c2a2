/**
 * Does a GIF file hold all pixels of its first frame, which is the one that is used? The decoder makes black or nothing of those that are
 * missing where the data ends in good form, and reads no file that lacks its end. So the codes are counted: each stands for a row of pixels
 * whose length the ones before it tell. https://www.w3.org/Graphics/GIF/spec-gif89a.txt, sections 20, 22 and appendix F
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { gifBlocks } from './cost/gif.ts'
import { readerOf } from './cost/header-cost.ts'

/** Codes between two pauses: some 20 ms. */
const codesAtOnce = 2 ** 20
const mostCodes = 4096
const longestCode = 12
const trailer = 0x3b

interface FrameData {
  /** Where its blocks begin, behind the byte that says how long its first codes are. */
  readonly from: number
  /** Bits of a pixel. */
  readonly bits: number
  readonly pixels: number
}

export type FrameEnd = 'whole' | 'lacks its end' | 'lacks pixels'

/** Undefined where the file has no frame, or one that no decoder reads. */
export async function endOfFirstFrame(bytes: Uint8Array): Promise<FrameEnd | undefined> {
  const frame = firstFrameOf(bytes)
  if (frame === undefined) return undefined
  const { count, hasMore } = await countPixels(bytes, frame)
  return count < frame.pixels ? 'lacks pixels' : hasMore ? 'whole' : 'lacks its end'
}

/** Behind the last code that is there: the decoder leaves the pixels of the last one away where nothing follows. */
const closing = Buffer.of(2, 0, 0, 0, trailer)

/** A copy that ends behind its first frame. */
export function firstFrameAlone(bytes: Uint8Array): Uint8Array {
  const frame = firstFrameOf(bytes)
  if (frame === undefined) return bytes
  let at = frame.from
  while (at < bytes.length && bytes[at]! > 0 && at + 1 + bytes[at]! <= bytes.length) at += 1 + bytes[at]!
  // the last block may be there in part
  const left = bytes.length - at - 1
  const rest = left > 0 && bytes[at]! > 0 ? [Buffer.of(left), bytes.subarray(at + 1)] : []
  return Buffer.concat([bytes.subarray(0, at), ...rest, closing])
}

function firstFrameOf(bytes: Uint8Array): FrameData | undefined {
  const read = readerOf(bytes, true)
  for (const { kind, at } of gifBlocks(read)) {
    if (kind !== 'frame') continue
    const flags = read.u8(at + 9)
    const from = at + 10 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
    const bits = read.u8(from)
    const pixels = read.u16(at + 5) * read.u16(at + 7)
    return pixels > 0 && bits >= 1 && bits < longestCode ? { from: from + 1, bits, pixels } : undefined
  }
  return undefined
}

/** As many as there are, but hardly more than the frame has, and whether another code follows. */
async function countPixels(
  bytes: Uint8Array,
  { from, bits, pixels }: FrameData,
): Promise<{ readonly count: number; readonly hasMore: boolean }> {
  const [clear, end] = [2 ** bits, 2 ** bits + 1]
  const lengths = new Uint32Array(mostCodes).fill(1, 0, clear)
  let [next, size, before, count] = [end + 1, bits + 1, -1, 0]
  let [held, heldBits, codes] = [0, 0, 0]
  for (let at = from; at < bytes.length && bytes[at]! > 0; at += 1 + bytes[at]!) {
    const blockEnd = Math.min(at + 1 + bytes[at]!, bytes.length)
    for (let k = at + 1; k < blockEnd; k++) {
      held |= bytes[k]! << heldBits
      heldBits += 8
      while (heldBits >= size) {
        const code = held & (2 ** size - 1)
        held >>>= size
        heldBits -= size
        codes++
        if (code === end || count >= pixels) return { count, hasMore: true }
        if (code === clear) {
          next = end + 1
          size = bits + 1
          before = -1
          continue
        }
        if (code > next || (code === next && before < 0)) return { count, hasMore: true }
        if (before >= 0 && next < mostCodes) {
          lengths[next] = lengths[before]! + 1
          next++
          if (next === 2 ** size && size < longestCode) size++
        }
        count += lengths[code]!
        before = code
      }
    }
    if (codes < codesAtOnce) continue
    codes = 0
    await nextTurn()
  }
  return { count, hasMore: false }
}
