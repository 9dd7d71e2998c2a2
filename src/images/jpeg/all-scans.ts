/**
 * Did all scans of a JPEG come? A file that was cut between two of them decodes without a word: a progressive one to a coarse picture,
 * one with a scan for each component to other colours. ITU T.81, annexes B.2.3 "Scan header" and G.1.1 "Progressive".
 */
import { isFrameHeader, nextMarker } from '../cost/jpeg.ts'

const startOfScan = 0xda
const endOfImage = 0xd9
const coefficients = 64

/** False of a file whose last scan was cut off before its data; whether its data is all there the decoder tells. */
export function hasAllScans(bytes: Uint8Array): boolean {
  /** Of each component, bits of each coefficient that are still to come. */
  let missing: Map<number, Uint8Array> | undefined
  let isProgressive = false
  for (let at = nextMarker(bytes, 2); at >= 0 && at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    if (marker === endOfImage) break
    const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
    const segment = bytes.subarray(at + 4, end)
    if (isFrameHeader(marker) && missing === undefined) {
      isProgressive = (marker & 3) === 2 // SOF2, SOF10
      missing = new Map(idsOf(segment, 5, 3).map((id) => [id, new Uint8Array(coefficients).fill(allBits)]))
    }
    if (marker === startOfScan) {
      const ids = idsOf(segment, 0, 2)
      const [first = 0, last = -1, bits = allBits] = segment.subarray(1 + 2 * ids.length)
      for (const id of ids)
        if (isProgressive) missing?.get(id)?.fill(bits & 15, first, last + 1)
        else missing?.get(id)?.fill(0)
    }
    at = nextMarker(bytes, end)
  }
  return missing !== undefined && [...missing.values()].every((left) => left.every((bits) => bits === 0))
}

const allBits = 255

/** Of components that a header lists: their number, then so many bytes for each, the first its id. */
function idsOf(segment: Uint8Array, at: number, size: number): number[] {
  return Array.from({ length: segment[at] ?? 0 }, (_, i) => segment[at + 1 + size * i]).filter((id) => id !== undefined)
}
