/** Windows bitmaps: sides from the header. https://learn.microsoft.com/windows/win32/gdi/bitmap-storage */
import { type HeaderCost, readerOf } from './header-cost.ts'

const nsPerPixel = 60

export function bmpCost(bytes: Uint8Array): HeaderCost | undefined {
  const read = readerOf(bytes, true)
  const isOld = read.u32(14) === 12
  const width = isOld ? read.u16(18) : Math.abs(read.u32(18) | 0)
  const height = isOld ? read.u16(20) : Math.abs(read.u32(22) | 0)
  if (!(width > 0 && height > 0)) return undefined
  return { width, height, nanoseconds: width * height * nsPerPixel, memory: width * height * 7 }
}
