/**
 * Files that were cut off at their end. Where nothing of the picture is missing (some cameras and grabbers leave the end mark away),
 * other programs show them, and they are used here with a note. Where part of the picture is missing they stay errors: what decoders
 * put in its place is no image. A JPEG is whole when all of its scans are there and it decodes without a word once the mark is, a PNG
 * when nothing of it is damaged and its data, which may lack its sum, unpacks to all of its rows. A GIF is whole when its first frame is;
 * of other formats nothing is known.
 */
import { OneclassError } from '../errors.ts'
import type { Note } from '../wire/notes.ts'
import { inputOptions } from './decoder-options.ts'
import type { ImageFormat } from './format.ts'
import { hasAllScans } from './jpeg/all-scans.ts'
import type { ImageLimits } from './limits.ts'
import { sharp } from './sharp.ts'
import { endOfFirstFrame, firstFrameAlone } from './whole-gif.ts'
import { lacksOnlyEnd } from './whole-png.ts'

const note: Note = {
  code: 'TRUNCATED',
  message: 'The file lacks its end, or the end of its data; it seems that no pixel is missing, and it was used.',
}

/**
 * What can be used of an image although decoding failed: its bytes, perhaps changed, and the note. What the decoder said does not count:
 * libvips has one list of messages for all images at once, so what is said of this one may be missing.
 * @throws the error itself, when part of the image is missing or it was something else
 */
export async function salvage(
  bytes: Uint8Array,
  format: ImageFormat,
  limits: ImageLimits,
  error: unknown,
): Promise<{ readonly bytes: Uint8Array; readonly note: Note }> {
  if (limits.strict || error instanceof OneclassError) throw error
  if (format === 'jpeg' && (await isWholeJpeg(bytes, limits))) return { bytes, note }
  if (format === 'png' && (await lacksOnlyEnd(bytes))) return { bytes, note }
  if (format === 'gif' && (await endOfFirstFrame(bytes)) === 'whole') return { bytes: firstFrameAlone(bytes), note }
  throw error
}

/**
 * A GIF that the decoder reads whole, where it holds its first frame: what is missing in good form it fills up without a word.
 * @throws Error of one that lacks pixels
 */
export async function closedGif(
  bytes: Uint8Array,
  { strict = false }: ImageLimits,
): Promise<{ readonly bytes: Uint8Array; readonly note?: Note }> {
  const end = await endOfFirstFrame(bytes)
  if (end === 'lacks pixels' || (end === 'lacks its end' && strict))
    throw new Error(`this GIF ${end === 'lacks pixels' ? 'lacks pixels of its first frame' : end}`)
  return end === 'lacks its end' ? { bytes: firstFrameAlone(bytes), note } : { bytes }
}

async function isWholeJpeg(bytes: Uint8Array, limits: ImageLimits): Promise<boolean> {
  if (!hasAllScans(bytes)) return false
  // not stats(): it loses the warning of every third file when many are decoded at once
  const closed = sharp(withEndMark(bytes), inputOptions(limits, 'warning'))
    .timeout({ seconds: limits.timeoutSeconds })
    .greyscale()
    .raw()
  return await closed.toBuffer().then(
    () => true,
    () => false,
  )
}

/** With an end mark behind it, whatever is left of one taken away. */
function withEndMark(jpeg: Uint8Array): Uint8Array {
  const whole = jpeg.at(-1) === 0xff ? jpeg.subarray(0, -1) : jpeg
  const closed = new Uint8Array(whole.length + 2)
  closed.set(whole)
  closed.set([0xff, 0xd9], whole.length)
  return closed
}
