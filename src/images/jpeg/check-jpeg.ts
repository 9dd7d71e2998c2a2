/**
 * Kinds of JPEG that the decoder was not built for, told by the file's own header: what libvips says of a file may be gone when it is
 * asked, and then a whole file would be called damaged. ITU T.81, annex B; T.871 (JFIF); T.872 (Adobe's mark); T.87 (JPEG-LS).
 */
import { OneclassError } from '../../errors.ts'
import { isFrameHeader } from '../cost/jpeg.ts'

/**
 * Of the markers that begin a frame. Baseline, extended, progressive and lossless ones are read, arithmetic coding of the first three
 * too.
 */
const unread: Readonly<Record<number, string>> = {
  197: 'several frames',
  198: 'several frames',
  199: 'several frames',
  203: 'lossless arithmetic coding',
  205: 'several frames',
  206: 'several frames',
  207: 'several frames',
  247: 'the coding of JPEG-LS',
}
const lossless = 0xc3

/** Nothing is said of a file that is damaged before its frame begins: that the decoder does. @throws IMAGE_UNSUPPORTED */
export function checkJpeg(bytes: Uint8Array, name: string): void {
  const what = unreadKind(bytes)
  if (what !== undefined)
    throw new OneclassError(
      'IMAGE_UNSUPPORTED',
      `"${name}" is a JPEG with ${what}, which is not accepted: save it again as a plain JPEG or PNG.`,
    )
}

function unreadKind(bytes: Uint8Array): string | undefined {
  let isYcc = false
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++ // fills
      continue
    }
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!
    const segment = bytes.subarray(at + 4, at + 2 + length)
    if (isFrameHeader(marker) || marker === 0xf7) return kindOf(marker, segment, isYcc)
    if (length < 2 || segment.length < length - 2 || marker === 0xda || marker === 0xd9) return undefined
    // a mark of JFIF says YCbCr, Adobe's says what its last byte says
    if (marker === 0xe0 && hasName(segment, 'JFIF')) isYcc = true
    if (marker === 0xee && hasName(segment, 'Adobe')) isYcc ||= (segment[11] ?? 0) !== 0
    at += 2 + length
  }
  return undefined
}

function kindOf(marker: number, segment: Uint8Array, isYcc: boolean): string | undefined {
  const [bits = 0, y1 = 0, y0 = 0, x1 = 0, x0 = 0, channels = 0] = segment
  // else the header is damaged
  if (segment.length !== 6 + 3 * channels || channels === 0 || (x1 | x0) === 0) return undefined
  if (unread[marker] !== undefined) return unread[marker]
  if (bits !== 8) return `${bits} bits a sample`
  if ((y1 | y0) === 0) return 'its height behind its pixels'
  if (channels > 4) return `${channels} channels`
  return marker === lossless && isYcc && channels >= 3 ? 'lossless coding of YCbCr colours' : undefined
}

function hasName(segment: Uint8Array, name: string): boolean {
  return String.fromCharCode(...segment.subarray(0, name.length)) === name
}
