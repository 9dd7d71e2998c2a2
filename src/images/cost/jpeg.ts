/**
 * JPEG. One scan of a baseline file is decoded as it is read. A progressive file (or one with a scan for each component)
 * is held whole as coefficients, and each of its scans goes over all blocks again: a scan of a few bytes costs as much as
 * one of megabytes, so the scans are counted, not the bytes. ITU T.81, annex B.
 */
import { type HeaderCost, maxParts } from './header-cost.ts'

interface Component {
  readonly id: number
  /** Blocks of 8 x 8. */
  readonly blocks: number
}

interface Frame {
  readonly width: number
  readonly height: number
  readonly isProgressive: boolean
  readonly components: readonly Component[]
}

const nsPerBlock = 45
const nsPerByte = 12
const nsPerPixel = 15

export function jpegCost(bytes: Uint8Array): HeaderCost | undefined {
  let frame: Frame | undefined
  let scans = 0
  let blocks = 0
  let isOneScan = false
  for (let at = 2; at + 4 <= bytes.length && scans <= maxParts.scans; ) {
    at = nextMarker(bytes, at)
    if (at < 0 || at + 4 > bytes.length) break
    const marker = bytes[at + 1]!
    if (marker === 0xd9) break
    const end = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!)
    if (isFrameHeader(marker)) frame ??= readFrame(bytes.subarray(at, end), marker)
    if (marker === 0xda && frame) {
      const selected = componentsOf(bytes.subarray(at, end), frame)
      scans++
      blocks += selected.reduce((sum, component) => sum + component.blocks, 0)
      isOneScan = scans === 1 && !frame.isProgressive && selected.length === frame.components.length
      if (isOneScan) break // libjpeg reads no further
    }
    at = end
  }
  if (frame === undefined) return undefined
  const { width, height, components } = frame
  const pixels = width * height
  const coefficients = isOneScan ? 0 : components.reduce((sum, component) => sum + component.blocks, 0) * 128
  return {
    width,
    height,
    nanoseconds: pixels * nsPerPixel + bytes.length * nsPerByte + blocks * nsPerBlock,
    memory: coefficients + pixels * 1.5, // shrunk on load

    parts: { name: 'scans', count: scans },
  }
}

/** Place of the next marker from `at` on, beyond entropy-coded data, stuffed zeros and restarts; -1 at the end. */
export function nextMarker(bytes: Uint8Array, at: number): number {
  for (let place = bytes.indexOf(0xff, at); place >= 0; place = bytes.indexOf(0xff, place + 1)) {
    const marker = bytes[place + 1] ?? 0
    if (marker !== 0 && marker !== 0xff && marker !== 0x01 && !(marker >= 0xd0 && marker <= 0xd8)) return place
  }
  return -1
}

export function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

function readFrame(segment: Uint8Array, marker: number): Frame | undefined {
  const number = segment[9] ?? 0
  if (segment.length < 10 + 3 * number || number === 0) return undefined
  const height = (segment[5]! << 8) | segment[6]!
  const width = (segment[7]! << 8) | segment[8]!
  const factors = Array.from({ length: number }, (_, i) => ({
    id: segment[10 + 3 * i]!,
    across: Math.max(1, segment[11 + 3 * i]! >> 4),
    down: Math.max(1, segment[11 + 3 * i]! & 15),
  }))
  const across = Math.max(...factors.map((factor) => factor.across))
  const down = Math.max(...factors.map((factor) => factor.down))
  const components = factors.map((factor) => ({
    id: factor.id,
    blocks: Math.ceil((width * factor.across) / across / 8) * Math.ceil((height * factor.down) / down / 8),
  }))
  // SOF2, SOF6, SOF10, SOF14
  return { width, height, isProgressive: (marker & 3) === 2, components }
}

function componentsOf(segment: Uint8Array, frame: Frame): Component[] {
  const ids = Array.from({ length: segment[4] ?? 0 }, (_, i) => segment[5 + 2 * i])
  return ids.flatMap((id) => frame.components.filter((component) => component.id === id))
}
