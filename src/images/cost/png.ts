/** PNG: the header says all. An interlaced image is built whole, in seven passes. https://www.w3.org/TR/png-3/ */
import { type HeaderCost, readerOf } from './header-cost.ts'

const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 }
const nsPerSample = 9
const nsPerRow = 3000

export function pngCost(bytes: Uint8Array): HeaderCost | undefined {
  const read = readerOf(bytes)
  const width = read.u32(16)
  const height = read.u32(20)
  if (read.tag(12) !== 'IHDR' || Number.isNaN(height)) return undefined
  const samples = width * height * (channels[read.u8(25)] ?? 4)
  const isInterlaced = read.u8(28) === 1
  // else rows are read as they are needed
  const memory = samples * (read.u8(24) === 16 ? 2 : 1) * (isInterlaced ? 1.5 : 0.25)
  const nanoseconds = samples * nsPerSample * (isInterlaced ? 1.5 : 1) + height * nsPerRow
  return { width, height, nanoseconds, memory }
}
