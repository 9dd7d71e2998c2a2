/**
 * Which JPEG files are plain: baseline, one scan, grey or YCbCr, and nothing that says to turn them, to change their colours or to
 * add light to them. Nearly all small ones are. Their pixels need no libvips. ITU T.81, annex B.
 */

export interface PlainJpeg {
  readonly width: number
  readonly height: number
  /** 1: grey; 3: colours. */
  readonly channels: 1 | 3
}

const baseline = 0xc0
const startOfScan = 0xda
/** Tables, restart interval, JFIF, comments, and segments of programs that say nothing of how pixels look. */
const isHarmless = (marker: number): boolean =>
  marker === 0xc4 || marker === 0xdb || marker === 0xdd || marker === 0xfe || marker === 0xe0 || isOther(marker)
/** APP3 to APP15 but APP14, Adobe's colours. APP1 holds EXIF and XMP, APP2 profiles and further pictures. */
const isOther = (marker: number): boolean => marker >= 0xe3 && marker <= 0xef && marker !== 0xee

/** @returns undefined for all other files, damaged ones among them */
export function plainJpeg(bytes: Uint8Array): PlainJpeg | undefined {
  let frame: PlainJpeg | undefined
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1]!
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (bytes[at] !== 0xff || length < 2) return undefined
    const segment = bytes.subarray(at + 4, at + 2 + length)
    if (marker === startOfScan) return frame && segment[0] === frame.channels ? frame : undefined
    if (marker === baseline) {
      if (frame) return undefined
      frame = readFrame(segment)
      if (frame === undefined) return undefined
    } else if (!isHarmless(marker)) return undefined
    at += 2 + length
  }
  return undefined
}

function readFrame(segment: Uint8Array): PlainJpeg | undefined {
  if (segment.length < 6) return undefined
  const [bits = 0, y1 = 0, y0 = 0, x1 = 0, x0 = 0, channels = 0] = segment
  const [width, height] = [(x1 << 8) | x0, (y1 << 8) | y0]
  if (bits !== 8 || width === 0 || height === 0) return undefined
  return channels === 1 || channels === 3 ? { width, height, channels } : undefined
}
