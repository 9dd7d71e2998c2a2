/** GIF: the first frame is decoded, all of them are walked over. https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
import { type HeaderCost, maxParts, readerOf } from './header-cost.ts'

const nsPerPixel = 40
const nsPerFrame = 3000

export function gifCost(bytes: Uint8Array): HeaderCost | undefined {
  const read = readerOf(bytes, true)
  let width = read.u16(6)
  let height = read.u16(8)
  if (Number.isNaN(height)) return undefined
  let frames = 0
  const skipBlocks = (from: number): number => {
    let at = from
    while (read.u8(at) > 0) at += 1 + read.u8(at)
    return at + 1
  }
  const tableSize = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  for (let at = 13 + tableSize(read.u8(10)); at < read.length && frames <= maxParts.frames; ) {
    const kind = read.u8(at)
    if (kind === 0x21) at = skipBlocks(at + 2)
    else if (kind === 0x2c) {
      if (frames === 0) {
        width = Math.max(width, read.u16(at + 1) + read.u16(at + 5) || 0)
        height = Math.max(height, read.u16(at + 3) + read.u16(at + 7) || 0)
      }
      frames++
      at = skipBlocks(at + 10 + tableSize(read.u8(at + 9)) + 1)
    } else break
  }
  return {
    width,
    height,
    nanoseconds: width * height * nsPerPixel + frames * nsPerFrame,
    memory: width * height * 8,
    parts: { name: 'frames', count: frames },
  }
}
