/** More than 8 bits a sample: every kind of file of one picture must give the same pixels. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp, { type CreateRaw } from 'sharp'
import { decodeImage, measureSamples } from '../../src/images/decode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import { rangeOf, type SampleRange, type UsedSamples } from '../../src/images/sample-range.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const stretch = { width, height, resize: 'stretch' } as const
const decode = (bytes: Uint8Array, range?: SampleRange): Promise<Pixels> =>
  decodeImage({ name: 'x.tif', bytes }, { ...stretch, ...(range && { range }) })
const float = { width, height, bits: 32, sampleFormat: 3 }
const rgb = (data: Float64Array, Kind: typeof Float32Array | typeof Uint16Array) =>
  new Kind(Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]!))

const files: Record<string, { bytes: Uint8Array; range: SampleRange | undefined }> = {
  'float 0 to 1': {
    bytes: tiffFile(
      float,
      Float32Array.from(grey, (v) => v / 255),
    ),
    range: { low: 0, high: 1, samples: 'float' },
  },
  'float 0 to 255': { bytes: tiffFile(float, Float32Array.from(grey)), range: { low: 0, high: 255, samples: 'float' } },
  'float RGB': {
    bytes: tiffFile(
      { ...float, samples: 3 },
      rgb(
        grey.map((v) => v / 255),
        Float32Array,
      ),
    ),
    range: { low: 0, high: 1, samples: 'float' },
  },
  int32: {
    bytes: tiffFile(
      { width, height, bits: 32, sampleFormat: 2 },
      Int32Array.from(grey, (v) => v * 257),
    ),
    range: { low: 0, high: 65535, samples: 'integer' },
  },
  'int16, all of it': {
    bytes: tiffFile(
      { width, height, bits: 16, sampleFormat: 2 },
      Int16Array.from(grey, (v) => v * 257 - 32768),
    ),
    range: { low: -32768, high: 32767, samples: 'integer' },
  },
  'int16, nothing below zero': {
    bytes: tiffFile(
      { width, height, bits: 16, sampleFormat: 2 },
      Int16Array.from(grey, (v) => (v * 32767) / 255),
    ),
    range: { low: 0, high: 32767, samples: 'integer' },
  },
  'int16 RGB, nothing below zero': {
    bytes: tiffFile(
      { width, height, bits: 16, sampleFormat: 2, samples: 3 },
      Int16Array.from({ length: grey.length * 3 }, (_, i) => (grey[Math.floor(i / 3)]! * 32767) / 255),
    ),
    range: { low: 0, high: 32767, samples: 'integer' },
  },
  '12 bits in int16': {
    bytes: tiffFile(
      { width, height, bits: 16, sampleFormat: 2 },
      Int16Array.from(grey, (v) => v * 16),
    ),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  'int32, all of it': {
    bytes: tiffFile(
      { width, height, bits: 32, sampleFormat: 2 },
      Int32Array.from(grey, (v) => v * 16_843_009 - 2 ** 31),
    ),
    range: { low: -(2 ** 31), high: 2 ** 31 - 1, samples: 'integer' },
  },
  'int32, nothing below zero': {
    bytes: tiffFile(
      { width, height, bits: 32, sampleFormat: 2 },
      Int32Array.from(grey, (v) => (v * (2 ** 31 - 1)) / 255),
    ),
    range: { low: 0, high: 2 ** 31 - 1, samples: 'integer' },
  },
  uint32: {
    bytes: tiffFile(
      { width, height, bits: 32 },
      Uint32Array.from(grey, (v) => v * 16_843_009),
    ),
    range: { low: 0, high: 2 ** 32 - 1, samples: 'integer' },
  },
  '8 bits in 16': {
    bytes: tiffFile({ width, height, bits: 16 }, Uint16Array.from(grey)),
    range: { low: 0, high: 255, samples: 'integer' },
  },
  '12 bits in 16': {
    bytes: tiffFile(
      { width, height, bits: 16 },
      Uint16Array.from(grey, (v) => v * 16),
    ),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
  '10 bits in 16, RGB': {
    bytes: tiffFile(
      { width, height, bits: 16, samples: 3 },
      rgb(
        grey.map((v) => v * 4),
        Uint16Array,
      ),
    ),
    range: { low: 0, high: 1023, samples: 'integer' },
  },
  '16 bits': {
    bytes: tiffFile(
      { width, height, bits: 16 },
      Uint16Array.from(grey, (v) => v * 257),
    ),
    range: undefined,
  },
  '12 bits in a 16-bit PNG': {
    bytes: await sharp(
      Uint16Array.from(grey, (v) => v * 16),
      { raw: { width, height, channels: 1, depth: 'ushort' } as CreateRaw },
    )
      .toColourspace('grey16')
      .png()
      .toBuffer(),
    range: { low: 0, high: 4095, samples: 'integer' },
  },
}

describe('images of more than 8 bits a sample', () => {
  for (const [name, { bytes, range }] of Object.entries(files)) {
    it(`${name}: the range is found, and the pixels are those of the 8-bit picture`, async () => {
      const used = await measureSamples({ name, bytes })
      assert.ok(used)
      assert.deepEqual(rangeOf([used]), range)
      const { data, notes } = await decode(bytes, range)
      const worst = Math.max(...data.map((value, i) => Math.abs(value - grey[Math.floor(i / 3)]!)))
      assert.ok(worst <= 2, `${worst} levels away`)
      assert.equal(notes, undefined)
    })
  }

  it('a thermal band is spread over the scale, with room for what lies beyond it', async () => {
    const kelvin = Uint16Array.from(grey, (v) => 29_000 + v * 6)
    const bytes = tiffFile({ width, height, bits: 16 }, kelvin)
    const range = rangeOf([(await measureSamples({ name: 'x', bytes }))!])!
    assert.ok(range.low < 29_000 && range.low > 28_600 && range.high > 30_530 && range.high < 30_800)
    const spread = (await decode(bytes, range)).data
    assert.ok(Math.max(...spread) > 220 && Math.min(...spread) < 35)
    const hot = tiffFile(
      { width, height, bits: 16 },
      kelvin.map((v) => v + 4000),
    )
    assert.deepEqual(
      (await decode(hot, range)).notes?.map(({ code }) => code),
      ['OUT_OF_RANGE', 'BLANK'],
    )
  })

  it('dead pixels and one broken image of a hundred do not decide', () => {
    const twelve: UsedSamples = { kind: 'integer', bits: 16, isSigned: false, low: 80, high: 3900 }
    const broken: UsedSamples = { kind: 'integer', bits: 16, isSigned: false, low: 0, high: 65_000 }
    assert.deepEqual(rangeOf([...Array<UsedSamples>(120).fill(twelve), broken]), {
      low: 0,
      high: 4095,
      samples: 'integer',
    })
    assert.equal(rangeOf([]), undefined)
  })

  it('a range of floats says nothing of integers; without one floats are guessed, and that is said', async () => {
    const twelve = files['12 bits in 16']!.bytes
    const plain = await decode(twelve)
    assert.deepEqual((await decode(twelve, { low: 0, high: 1, samples: 'float' })).data, plain.data)
    const any = await decode(twelve, { low: 0, high: 4080, samples: 'any' })
    assert.ok(Math.abs(Math.max(...any.data) - 255) <= 1)
    const guessed = await decode(files['float 0 to 1']!.bytes)
    assert.ok(Math.max(...guessed.data) > 250)
    assert.match(guessed.notes?.[0]?.message ?? '', /0 to 1 was taken/)
  })

  it('8-bit files are never touched', async () => {
    const bytes = await sharp(Uint8Array.from(grey), { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer()
    assert.equal(await measureSamples({ name: 'x', bytes }), undefined)
    assert.deepEqual((await decode(bytes, { low: 0, high: 100, samples: 'any' })).data, (await decode(bytes)).data)
  })
})
