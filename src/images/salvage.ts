/**
 * Files that were cut off at their end. Where nothing of the picture is missing (some cameras and grabbers leave the end mark away),
 * other programs show them, and they are used here with a note. Where part of the picture is missing they stay errors: what decoders
 * fill in is no image. A JPEG is whole when it decodes without a word once the mark is there; of other formats the last row tells.
 */
import { OneclassError } from '../errors.ts'
import type { Note } from '../wire/notes.ts'
import { reasonOf } from './decode-error.ts'
import { inputOptions } from './decoder-options.ts'
import type { ImageFormat } from './format.ts'
import type { ImageLimits } from './limits.ts'
import { sharp } from './sharp.ts'

const note: Note = {
  code: 'TRUNCATED',
  message: 'The file was cut off at its end; it seems that no pixel is missing, and it was used.',
}

/**
 * The note for an image that can be used although decoding failed.
 * @throws the error itself, when too much of the image is missing or it was something else
 */
export async function salvage(
  bytes: Uint8Array,
  format: ImageFormat,
  limits: ImageLimits,
  error: unknown,
): Promise<Note> {
  if (limits.strict || error instanceof OneclassError || !isTruncation(reasonOf(error), format)) throw error
  if (format === 'jpeg') {
    // not stats(): it loses the warning of every third file when many are decoded at once
    const closed = sharp(withEndMark(bytes), inputOptions(limits, 'warning'))
      .timeout({ seconds: limits.timeoutSeconds })
      .greyscale()
      .raw()
    const isWhole = await closed.toBuffer().then(
      () => true,
      () => false,
    )
    if (isWhole) return note
    throw error
  }
  if (format === 'png' && isInterlacedPng(bytes)) throw error
  const { data, info } = await sharp(bytes, { ...inputOptions(limits, 'none'), autoOrient: false })
    .timeout({ seconds: limits.timeoutSeconds })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  if (hasEmptyRowAtEnd(data, info.width, info.channels)) throw error
  return note
}

function isTruncation(reason: string, format: ImageFormat): boolean {
  // libvips has one list of messages for all images at once: what is said of this one may be missing. A JPEG is tried anyway.
  if (format === 'jpeg') return true
  if (!['png', 'gif', 'tiff'].includes(format)) return false
  return /premature end|read error|unexpected end|end of (file|data|stream|input)/i.test(reason)
}

/** An Adam7 file is like a progressive one. */
function isInterlacedPng(bytes: Uint8Array): boolean {
  return bytes[28] === 1
}

/** With an end mark behind it, whatever is left of one taken away. */
function withEndMark(jpeg: Uint8Array): Uint8Array {
  const whole = jpeg.at(-1) === 0xff ? jpeg.subarray(0, -1) : jpeg
  const closed = new Uint8Array(whole.length + 2)
  closed.set(whole)
  closed.set([0xff, 0xd9], whole.length)
  return closed
}

/**
 * Is the last row of one colour? Decoders fill with it what is missing.
 * @param data interleaved, `channels` bytes a pixel, of the whole image as it is stored
 */
function hasEmptyRowAtEnd(data: Uint8Array, width: number, channels: number): boolean {
  const at = data.length - width * channels
  for (let i = channels; i < width * channels; i++) if (data[at + i] !== data[at + (i % channels)]) return false
  return true
}
