/** What other people's programs write into TIFF files: signed samples, channels beside the colours, holes, colours that are called grey. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeImage, measureSamples } from '../../src/images/decode.ts'
import { rangeOf, type SampleRange } from '../../src/images/sample-range.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const page = { width, height, bits: 8 }
const float = { width, height, bits: 32, sampleFormat: 3 }
const decode = (bytes: Uint8Array, range?: SampleRange) =>
  decodeImage({ name: 'x', bytes }, { width, height, resize: 'stretch', ...(range && { range }) })
/** Pixel by pixel: what `of` makes of the grey value, its place and the channel. */
const interleaved = (channels: number, of: (value: number, channel: number, i: number) => number): number[] =>
  Array.from({ length: grey.length * channels }, (_, i) =>
    of(grey[Math.floor(i / channels)]!, i % channels, Math.floor(i / channels)),
  )
const worst = (data: Uint8Array, of: (i: number) => number = (i) => grey[i]!) =>
  Math.max(...data.map((value, i) => Math.abs(value - of(Math.floor(i / 3)))))

describe('signed samples keep what lies below zero', () => {
  const signed = { sampleFormat: 2 }
  const files = {
    '8 bits': tiffFile(
      { ...page, ...signed },
      Int8Array.from(grey, (v) => v - 128),
    ),
    '16 bits': tiffFile(
      { ...page, ...signed, bits: 16 },
      Int16Array.from(grey, (v) => (v - 128) * 200),
    ),
    '16 bits, RGB': tiffFile(
      { ...page, ...signed, bits: 16, samples: 3 },
      Int16Array.from(interleaved(3, (v) => (v - 128) * 200)),
    ),
  }
  for (const [name, bytes] of Object.entries(files)) {
    it(name, async () => {
      const unit = name === '8 bits' ? 1 : 200
      const range = rangeOf([(await measureSamples({ name, bytes }))!])!
      const [low, high] = name === '8 bits' ? [-128, 127] : [-32768, 32767]
      assert.deepEqual(range, { low, high, samples: 'integer' })
      const exact = { low: -128 * unit, high: 127 * unit, samples: 'any' } as const
      assert.ok(worst((await decode(bytes, exact)).data) <= 2)
      assert.deepEqual(
        (await decode(bytes)).notes?.map(({ code }) => code),
        ['RANGE_GUESSED'],
      )
    })
  }
  it('a band around zero gets a margin, and none that the numbers cannot hold', async () => {
    const rangeIn = async (of: (value: number) => number) => {
      const bytes = tiffFile({ ...page, ...signed, bits: 16 }, Int16Array.from(grey, of))
      return rangeOf([(await measureSamples({ name: 'x', bytes }))!])!
    }
    // Hounsfield units: air to bone
    const inside = await rangeIn((v) => v * 8 - 1000)
    assert.ok(inside.low < -1000 && inside.low > -1300 && inside.high > 1040 && inside.high < 1300)
    assert.equal((await rangeIn((v) => v - 32768)).low, -32768)
  })
  it('32 bits, RGB: unsigned ones reach beyond 255', async () => {
    const bytes = tiffFile({ ...page, bits: 32, samples: 3 }, Uint32Array.from(interleaved(3, (v) => v * 16_843_009)))
    const range = rangeOf([(await measureSamples({ name: 'x', bytes }))!])!
    assert.ok(range.high > 4e9, JSON.stringify(range))
  })
})

describe('a channel beside the colours that is no opacity is left out', () => {
  const other = { tags: { 338: 0 } }
  const files = {
    'RGB and near infrared': tiffFile(
      { ...page, ...other, samples: 4 },
      Uint8Array.from(interleaved(4, (v, c) => (c < 3 ? v : 255 - v))),
    ),
    '16 bits': tiffFile(
      { ...page, ...other, bits: 16, samples: 4 },
      Uint16Array.from(interleaved(4, (v, c) => 257 * (c < 3 ? v : 255 - v))),
    ),
    'grey and a mask': tiffFile(
      { ...page, ...other, samples: 2 },
      Uint8Array.from(interleaved(2, (v, c) => (c === 0 ? v : 0))),
    ),
    'floats and a confidence': tiffFile(
      { ...float, samples: 2 },
      Float32Array.from(interleaved(2, (v, c) => (c === 0 ? v : 0.3))),
    ),
  }
  for (const [name, bytes] of Object.entries(files)) {
    it(name, async () => assert.ok(worst((await decode(bytes)).data) <= 2))
  }
  it('opacity is one all the same', async () => {
    const bytes = tiffFile(
      { ...page, samples: 4, tags: { 338: 2 } },
      Uint8Array.from(interleaved(4, (v, c) => (c < 3 ? v : 0))),
    )
    assert.ok(worst((await decode(bytes)).data, () => 255) <= 1)
  })
})

describe('floats with holes', () => {
  const range = { low: 0, high: 255, samples: 'float' } as const
  for (const [name, hole] of Object.entries({ NaN: Number.NaN, infinity: Infinity, 'least float': -3.4028235e38 })) {
    it(`${name} is black, and its neighbours are as they were`, async () => {
      const isHole = (i: number) => i % width < 10
      const bytes = tiffFile(
        float,
        Float32Array.from(grey, (v, i) => (isHole(i) ? hole : v)),
      )
      const found = rangeOf([(await measureSamples({ name, bytes }))!])
      assert.deepEqual(found, range)
      assert.ok(worst((await decode(bytes, range)).data, (i) => (isHole(i) ? 0 : grey[i]!)) <= 1)
    })
  }
  it('a file with nothing but holes is blank, and that is said', async () => {
    for (const hole of [Number.NaN, Infinity]) {
      const bytes = tiffFile(float, new Float32Array(width * height).fill(hole))
      assert.equal(await measureSamples({ name: 'x', bytes }), undefined)
      const codes = async (known?: typeof range) => (await decode(bytes, known)).notes?.map(({ code }) => code)
      assert.deepEqual(await codes(range), ['OUT_OF_RANGE', 'BLANK'])
      assert.ok((await codes())?.includes('BLANK'))
    }
  })
})

it('three channels that are called grey are colours', async () => {
  const of = (v: number, c: number) => (c === 2 ? v : 0)
  for (const bytes of [
    tiffFile({ ...page, samples: 3, photometric: 1 }, Uint8Array.from(interleaved(3, of))),
    tiffFile({ ...float, samples: 3, photometric: 1 }, Float32Array.from(interleaved(3, of))),
  ]) {
    const { data } = await decode(bytes, { low: 0, high: 255, samples: 'float' })
    assert.ok(Math.max(...data.map((value, i) => Math.abs(value - (i % 3 === 2 ? grey[Math.floor(i / 3)]! : 0)))) <= 1)
  }
})

it('what is read wrong is refused with what to do: half floats, YCbCr without JPEG, four greys, white as zero', async () => {
  for (const [bytes, message] of [
    [tiffFile({ ...float, photometric: 0 }, new Float32Array(grey.length)), /white as its least value.*invert it/],
    [tiffFile({ ...page, sampleFormat: 2, photometric: 0 }, new Int8Array(grey.length)), /white as its least value/],
    [tiffFile({ ...page, samples: 3, photometric: 32845 }, new Uint8Array(grey.length * 3)), /logarithmic light.*RGB/],
    [tiffFile({ ...float, bits: 16 }, new Uint16Array(grey.length)), /floats of 16 bits.*32 bits a sample/],
    [tiffFile({ ...page, samples: 3, photometric: 6 }, new Uint8Array(grey.length * 3)), /YCbCr colours.*RGB/],
    [tiffFile({ ...page, samples: 4, photometric: 1 }, new Uint8Array(grey.length * 4)), /4 channels.*save it as RGB/],
  ] as const)
    await assert.rejects(decode(bytes), { code: 'IMAGE_UNSUPPORTED', message })
})

it('16 bits of which the darkest part is used are taken as they are, with a note', async () => {
  const bytes = tiffFile(
    { ...page, bits: 16 },
    Uint16Array.from(grey, (v) => v * 16),
  )
  const { notes } = await decode(bytes)
  assert.deepEqual(
    notes?.map(({ code }) => code),
    ['EXTREME'],
  )
  assert.match(notes![0]!.message, /16 bits.*range/)
})
