/** Opacity beside samples of more than 8 bits: laid on white as that of 8 bits, whatever the kind of number. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp, { type CreateRaw } from 'sharp'
import { decodeImage, measureSamples } from '../../src/images/decode.ts'
import { rangeOf, type SampleRange } from '../../src/images/sample-range.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
/** Columns that are opaque, half and a quarter so, and not at all. */
const opacity = Float64Array.from(grey, (_, i) => [1, 0.5, 0.25, 0][i % 4]!)
const onWhite = grey.map((value, i) => 255 + (value - 255) * opacity[i]!)

/** @param colour and opaque: what stands for white and for all opaque; `times` the opacity where it is associated */
function pixels(channels: 2 | 4, colour: number, opaque: number, isAssociated = false): number[] {
  return Array.from({ length: grey.length * channels }, (_, at) => {
    const i = Math.floor(at / channels)
    if (at % channels === channels - 1) return opacity[i]! * opaque
    return ((grey[i]! * colour) / 255) * (isAssociated ? opacity[i]! : 1)
  })
}
const page = { width, height }
const float = { ...page, bits: 32, sampleFormat: 3 }
const straight = { 338: 2 }
const files: Record<string, { bytes: Uint8Array; range: SampleRange }> = {
  'floats, RGB': {
    bytes: tiffFile({ ...float, samples: 4, tags: straight }, Float32Array.from(pixels(4, 1, 1))),
    range: { low: 0, high: 1, samples: 'float' },
  },
  'floats, RGB, multiplied by their opacity': {
    bytes: tiffFile({ ...float, samples: 4, tags: { 338: 1 } }, Float32Array.from(pixels(4, 1, 1, true))),
    range: { low: 0, high: 1, samples: 'float' },
  },
  'floats, RGB, of which nothing is said': {
    bytes: tiffFile({ ...float, samples: 4 }, Float32Array.from(pixels(4, 1, 1))),
    range: { low: 0, high: 1, samples: 'float' },
  },
  'floats, grey': {
    bytes: tiffFile({ ...float, samples: 2, tags: straight }, Float32Array.from(pixels(2, 1, 1))),
    range: { low: 0, high: 1, samples: 'float' },
  },
  'floats, grey, multiplied by their opacity': {
    bytes: tiffFile({ ...float, samples: 2, tags: { 338: 1 } }, Float32Array.from(pixels(2, 1, 1, true))),
    range: { low: 0, high: 1, samples: 'float' },
  },
  '32 bits, multiplied by their opacity': {
    bytes: tiffFile(
      { ...page, bits: 32, samples: 4, tags: { 338: 1 } },
      Uint32Array.from(pixels(4, 4294967295, 4294967295, true)),
    ),
    range: { low: 0, high: 4294967295, samples: 'integer' },
  },
  '32 bits with a sign, grey': {
    bytes: tiffFile(
      { ...page, bits: 32, sampleFormat: 2, samples: 2, tags: straight },
      Int32Array.from(pixels(2, 2147483647, 2147483647)),
    ),
    range: { low: 0, high: 2147483647, samples: 'integer' },
  },
  '12 bits in 16, multiplied by their opacity': {
    bytes: tiffFile({ ...page, bits: 16, samples: 4, tags: { 338: 1 } }, Uint16Array.from(pixels(4, 4095, 4095, true))),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  'floats to 255 with opacity to 1': {
    bytes: tiffFile({ ...float, samples: 4, tags: straight }, Float32Array.from(pixels(4, 255, 1))),
    range: { low: 0, high: 255, samples: 'float' },
  },
  'floats to 255, opacity too': {
    bytes: tiffFile({ ...float, samples: 4, tags: straight }, Float32Array.from(pixels(4, 255, 255))),
    range: { low: 0, high: 255, samples: 'float' },
  },
  '12 bits in 16 with opacity of 16': {
    bytes: tiffFile({ ...page, bits: 16, samples: 4, tags: straight }, Uint16Array.from(pixels(4, 4095, 65535))),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  '12 bits in 16, opacity too': {
    bytes: tiffFile({ ...page, bits: 16, samples: 4, tags: straight }, Uint16Array.from(pixels(4, 4095, 4095))),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  '12 bits in 16, grey': {
    bytes: tiffFile({ ...page, bits: 16, samples: 2, tags: straight }, Uint16Array.from(pixels(2, 4095, 65535))),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  '16 bits with a sign': {
    bytes: tiffFile(
      { ...page, bits: 16, sampleFormat: 2, samples: 4, tags: straight },
      Int16Array.from(pixels(4, 32767, 32767)),
    ),
    range: { low: 0, high: 32767, samples: 'integer' },
  },
  '16 bits with a sign, grey': {
    bytes: tiffFile(
      { ...page, bits: 16, sampleFormat: 2, samples: 2, tags: straight },
      Int16Array.from(pixels(2, 32767, 32767)),
    ),
    range: { low: 0, high: 32767, samples: 'integer' },
  },
  '32 bits': {
    bytes: tiffFile(
      { ...page, bits: 32, samples: 4, tags: straight },
      Uint32Array.from(pixels(4, 4294967295, 4294967295)),
    ),
    range: { low: 0, high: 4294967295, samples: 'integer' },
  },
  '12 bits in a 16-bit PNG': {
    bytes: await sharp(Uint16Array.from(pixels(4, 4095, 65535)), {
      raw: { width, height, channels: 4, depth: 'ushort' } as CreateRaw,
    })
      .toColourspace('rgb16')
      .png()
      .toBuffer(),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
}

describe('opacity is laid on white', () => {
  const decode = async (bytes: Uint8Array, range?: SampleRange) => {
    const target = { width, height, resize: 'stretch', ...(range && { range }) } as const
    const { data } = await decodeImage({ name: 'x', bytes }, target)
    return Math.max(...data.map((value, i) => Math.abs(value - onWhite[Math.floor(i / 3)]!)))
  }
  it('8 bits', async () => {
    const bytes = tiffFile({ ...page, bits: 8, samples: 4, tags: straight }, Uint8Array.from(pixels(4, 255, 255)))
    assert.ok((await decode(bytes)) <= 2)
  })
  for (const [name, { bytes, range }] of Object.entries(files)) {
    it(name, async () => {
      assert.deepEqual(rangeOf([(await measureSamples({ name, bytes }))!]), range)
      const worst = await decode(bytes, range)
      assert.ok(worst <= 2, `${worst} levels away`)
    })
  }
  it('a channel of floats that is no opacity is left out', async () => {
    const bytes = tiffFile({ ...float, samples: 4, tags: { 338: 0 } }, Float32Array.from(pixels(4, 1, 0)))
    const { data } = await decodeImage({ name: 'x', bytes }, { width, height, resize: 'stretch' })
    assert.ok(Math.max(...data.map((value, i) => Math.abs(value - grey[Math.floor(i / 3)]!))) <= 2)
  })
})
