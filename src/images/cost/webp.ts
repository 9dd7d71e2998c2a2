/**
 * WebP. Only the first frame is decoded, but libwebp's demuxer walks the list of frames again for each frame, so that many
 * frames cost their square: 200,000 frames of one pixel took 85 s. https://developers.google.com/speed/webp/docs/riff_container
 */
import { type HeaderCost, maxParts, readerOf } from './header-cost.ts'

const nsPerPixel = { 'VP8 ': 40, VP8L: 60 }
const nsPerFramePair = 2.2

export function webpCost(bytes: Uint8Array): HeaderCost | undefined {
  const read = readerOf(bytes, true)
  let width = 0
  let height = 0
  let frames = 0
  let isLossless = false
  const grow = (w: number, h: number): void => {
    width = Math.max(width, w || 0)
    height = Math.max(height, h || 0)
  }
  for (let at = 12; at + 8 <= read.length && frames <= maxParts.frames; ) {
    const tag = read.tag(at)
    if (tag === 'VP8X') grow(read.u24(at + 12) + 1, read.u24(at + 15) + 1)
    else if (tag === 'VP8 ') grow(read.u16(at + 14) & 0x3fff, read.u16(at + 16) & 0x3fff)
    else if (tag === 'VP8L') {
      const sides = read.u32(at + 9)
      grow((sides & 0x3fff) + 1, ((sides >>> 14) & 0x3fff) + 1)
      isLossless = true
    } else if (tag === 'ANMF') {
      frames++
      grow(read.u24(at + 14) + 1, read.u24(at + 17) + 1)
      if (read.tag(at + 24) === 'VP8L') isLossless = true
    }
    const size = read.u32(at + 4)
    at += 8 + size + (size & 1)
  }
  if (width === 0 || height === 0) return undefined
  const perPixel = isLossless ? nsPerPixel.VP8L : nsPerPixel['VP8 ']
  return {
    width,
    height,
    nanoseconds: width * height * perPixel + frames ** 2 * nsPerFramePair,
    memory: width * height * 8,
    parts: { name: 'frames', count: frames },
  }
}
