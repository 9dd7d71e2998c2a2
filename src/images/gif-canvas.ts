/**
 * The first frame of a GIF may cover a part of its canvas only. Nothing is drawn on the rest, which is transparent, and the decoder makes
 * it black where the frame has no transparent colour. https://www.w3.org/Graphics/GIF/spec-gif89a.txt, sections 18, 20 and 23
 */
import type { Sharp } from 'sharp'
import { gifBlocks } from './cost/gif.ts'
import { readerOf } from './cost/header-cost.ts'
import { type FailOn, inputOptions } from './decoder-options.ts'
import { alphaBackground, type ImageLimits } from './limits.ts'
import { sharp } from './sharp.ts'

/** Where the sides of the canvas stand, and from the start of a frame where its place and its sides do: 16 bits each. */
const canvasAt = 6
const placeIn = 1
const sidesIn = 5

/** The first frame on a canvas that is white where it is not; undefined where the decoder shows the file right. */
export async function onWholeCanvas(
  bytes: Uint8Array,
  limits: ImageLimits,
  failOn: FailOn,
): Promise<Sharp | undefined> {
  const frame = firstFrame(bytes)
  if (frame === undefined || frame.hasTransparency) return undefined
  const { at, left, top, width, height } = frame
  const [across, down] = [Math.max(frame.canvas.width, left + width), Math.max(frame.canvas.height, top + height)]
  if (width === across && height === down) return undefined
  // the frame as if it were all, since the decoder would draw the canvas
  const alone = new Uint8Array(bytes) // not slice(), which shares the memory of a Buffer
  const view = new DataView(alone.buffer)
  view.setUint32(canvasAt, view.getUint32(at + sidesIn))
  view.setUint32(at + placeIn, 0)
  const { data, info } = await sharp(alone, inputOptions(limits, failOn))
    .timeout({ seconds: limits.timeoutSeconds })
    .toColourspace('srgb')
    .extend({ left, top, right: across - left - width, bottom: down - top - height, background: alphaBackground })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
}

function firstFrame(bytes: Uint8Array) {
  const read = readerOf(bytes, true)
  let hasTransparency = false
  for (const { kind, at } of gifBlocks(read)) {
    const isGraphicControl = kind === 'extension' && read.u8(at + 1) === 0xf9
    if (isGraphicControl) hasTransparency = (read.u8(at + 3) & 1) === 1
    if (kind !== 'frame') continue
    const [left, top] = [read.u16(at + placeIn), read.u16(at + placeIn + 2)]
    const [width, height] = [read.u16(at + sidesIn), read.u16(at + sidesIn + 2)]
    const canvas = { width: read.u16(canvasAt), height: read.u16(canvasAt + 2) }
    return width > 0 && height > 0 ? { at, left, top, width, height, canvas, hasTransparency } : undefined
  }
  return undefined
}
