/**
 * The axes of a network's places as a file: float32, little-endian, the centre and the steps (d numbers each), then the axes (d x
 * channels).
 */
import { checkAxes } from './check-axes.ts'
import type { PlaceAxes } from './places.ts'

export function encodeAxes({ centre, steps, axes }: PlaceAxes): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * (centre.length + steps.length + axes.length)))
  let at = 0
  for (const value of [...centre, ...steps, ...axes]) {
    view.setFloat32(at, value, true)
    at += 4
  }
  return new Uint8Array(view.buffer)
}

/** @param channels of the map that the axes look at @throws RangeError naming what does not fit */
export function decodeAxes(bytes: Uint8Array, channels: number): PlaceAxes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = bytes.length / 4 / (channels + 2)
  if (!Number.isSafeInteger(count)) throw new RangeError(`${bytes.length} bytes are no axes of ${channels} channels`)
  const numbers = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  const part = (from: number, to: number) => numbers.slice(from * count, to * count)
  const axes = { channels, count, centre: part(0, 1), steps: part(1, 2), axes: part(2, 2 + channels) }
  checkAxes(axes)
  return axes
}
