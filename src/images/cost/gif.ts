/** GIF: the first frame is decoded, all of them are walked over. https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
import { type HeaderCost, maxParts, type Reader, readerOf } from './header-cost.ts'

const nsPerPixel = 40
const nsPerFrame = 3000

export function gifCost(bytes: Uint8Array): HeaderCost | undefined {
  const read = readerOf(bytes, true)
  let width = read.u16(6)
  let height = read.u16(8)
  if (Number.isNaN(height)) return undefined
  let frames = 0
  for (const { kind, at } of gifBlocks(read)) {
    if (kind !== 'frame') continue
    if (frames === 0) {
      width = Math.max(width, read.u16(at + 1) + read.u16(at + 5) || 0)
      height = Math.max(height, read.u16(at + 3) + read.u16(at + 7) || 0)
    }
    frames++
    if (frames > maxParts.frames) break
  }
  return {
    width,
    height,
    nanoseconds: width * height * nsPerPixel + frames * nsPerFrame,
    memory: width * height * 8,
    parts: { name: 'frames', count: frames },
  }
}

/** Where the frames begin, and what stands between them, in order; ends where something else stands. */
export function* gifBlocks(read: Reader): Generator<{ readonly kind: 'frame' | 'extension'; readonly at: number }> {
  const tableSize = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  const endOfBlocks = (from: number): number => {
    let at = from
    while (read.u8(at) > 0) at += 1 + read.u8(at)
    return at + 1
  }
  for (let at = 13 + tableSize(read.u8(10)); at < read.length; ) {
    const introducer = read.u8(at)
    if (introducer === 0x21) {
      yield { kind: 'extension', at }
      at = endOfBlocks(at + 2)
    } else if (introducer === 0x2c) {
      yield { kind: 'frame', at }
      at = endOfBlocks(at + 10 + tableSize(read.u8(at + 9)) + 1)
    } else return
  }
}
