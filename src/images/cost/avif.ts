/**
 * AVIF: what the coded images are, not what the file says of them. The box `ispe` may say 64 x 64 of an AV1 image of
 * 16,384 x 16,384, a grid may use one tile a thousand times, and an item may hold many frames. So each AV1 item's own
 * sequence header is read and its frames are counted, and references are followed. ISO 23008-12; AV1 Image File Format 1.1.
 */
import { type CodedImage, readCodedImage } from './av1.ts'
import { type HeaderCost, maxParts } from './header-cost.ts'
import { readItems } from './heif-items.ts'

const nsPerSample = 60
/** libaom's frames, libheif's conversion to RGB and libvips' copy of it, as measured; bytes for each sample of 8 bits. */
const bytesPerSample = 6

export function avifCost(bytes: Uint8Array): HeaderCost | undefined {
  const items = readItems(bytes)
  if (items === undefined) return undefined
  const coded = new Map<number, CodedImage>()
  for (const { id, type, data } of items.list) {
    const image = type === 'av01' ? readCodedImage(data) : undefined
    if (image) coded.set(id, image)
  }
  let width = items.width
  let height = items.height
  let samples = 0
  let decoded = 0
  let memory = 0
  const visit = (id: number, depth: number): void => {
    if (decoded > maxParts.items) return
    const image = coded.get(id)
    if (image) {
      decoded++
      width = Math.max(width, image.width)
      height = Math.max(height, image.height)
      const size = image.width * image.height * image.channels * (image.bits > 8 ? 1.5 : 1)
      samples += size * Math.max(1, image.frames)
      memory = Math.max(memory, size * bytesPerSample)
    }
    // a grid of grids has no use; deeper is counted as too many
    if (depth > 3) decoded = maxParts.items + 1
    else for (const part of items.derived.get(id) ?? []) visit(part, depth + 1)
  }
  for (const { id } of items.list) if (!items.isPart.has(id)) visit(id, 0)
  if (!(width > 0 && height > 0)) return undefined
  return {
    width,
    height,
    nanoseconds: samples * nsPerSample,
    memory: memory + items.width * items.height * 8,
    parts: { name: 'items', count: Math.max(decoded, items.list.length) },
  }
}
