/** Whole files that cannot be read are unsupported, not damaged, and each says what to do. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import sharp from 'sharp'
import { decodeImage } from '../../src/images/decode.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const small = { width: 16, height: 16, resize: 'stretch' } as const
const decode = (bytes: Uint8Array) => decodeImage({ name: 'x', bytes }, small)
const bytesOf = (samples: number) =>
  Uint8Array.from({ length: width * height * samples }, (_, i) => grey[Math.floor(i / samples)]!)
const page = { width, height, bits: 8 }

const jpegOf = await sharp(bytesOf(1), { raw: { width, height, channels: 1 } })
  .jpeg()
  .toBuffer()

describe('what is whole and not accepted: IMAGE_UNSUPPORTED, with what to do', () => {
  const cases: Record<string, [Uint8Array, RegExp]> = {
    'five channels': [tiffFile({ ...page, samples: 5 }, bytesOf(5)), /5 channels.*save it as RGB/],
    Lab: [tiffFile({ ...page, samples: 3, photometric: 8 }, bytesOf(3)), /Lab colours.*convert it to RGB/],
    LZMA: [tiffFile({ ...page, compression: 34925 }, bytesOf(1)), /LZMA compression.*without compression/],
    Zstandard: [tiffFile({ ...page, compression: 50000 }, bytesOf(1)), /Zstandard compression.*without compression/],
    'double floats': [tiffFile({ ...page, bits: 64, sampleFormat: 3 }, bytesOf(8)), /64 bits a sample.*32 bits/],
    'packed 12 bits': [tiffFile({ ...page, bits: 12 }, bytesOf(2)), /12 bits a sample.*8 or 16 bits/],
    'tiles of old JPEG': [
      tiffFile({ ...page, compression: 6, tags: { 322: 16, 323: 16 } }, bytesOf(1)),
      /old form of JPEG.*save it again/,
    ],
    'old JPEG': [tiffFile({ ...page, compression: 6 }, bytesOf(1)), /old form of JPEG.*save it again/],
    'grey and opacity of 4 bits': [
      tiffFile({ ...page, bits: 4, samples: 2, tags: { 338: 2 } }, bytesOf(1)),
      /2 channels of 4 bits.*save it with 8 bits/,
    ],
    'a TIFF that does not say what its samples mean': [
      withoutColours(tiffFile(page, bytesOf(1))),
      /no word about what its samples mean.*RGB or grey/,
    ],
    'HEIF in its short form': [
      Buffer.from('\0\0\0\x10ftypmif3heic\0\0\0\x08mini'),
      /is a HEIF\/HEIC image.*convert it/,
    ],
    'AVIF in its short form': [
      Buffer.from('\0\0\0\x10ftypmif3avif\0\0\0\x08mini'),
      /AVIF image in its short form.*convert it/,
    ],
    'a bitmap of 2 bits': [bitmap(2, 0), /bitmap with 2 bits a pixel.*convert it to PNG/],
    'a JPEG in a bitmap': [bitmap(0, 4), /bitmap that holds a JPEG or PNG.*convert it to PNG/],
    'a bitmap without the head of its file': [
      bitmap(24, 0).subarray(14),
      /bitmap without the head of its file.*save it as PNG/,
    ],
    DNG: [
      tiffFile({ ...page, samples: 3, tags: { 50706: 0x0401 } }, bytesOf(3)),
      /camera raw photo.*export it as JPEG/,
    ],
    'raw by its filter array': [tiffFile({ ...page, photometric: 32803 }, bytesOf(1)), /camera raw photo/],
    'raw by its compression': [tiffFile({ ...page, compression: 34713 }, bytesOf(1)), /camera raw photo/],
    Canon: [Buffer.concat([Buffer.from('II*\0\x10\0\0\0CR\x02\0'), Buffer.alloc(64)]), /camera raw photo/],
    Fujifilm: [Buffer.from('FUJIFILMCCD-RAW 0201'), /camera raw photo/],
    Panasonic: [Buffer.concat([Buffer.from('IIU\0\x08\0\0\0'), Buffer.alloc(64)]), /camera raw photo/],
    'JPEG of 12 bits': [withFrame({ bits: 12 }), /JPEG with 12 bits a sample.*plain JPEG or PNG/],
    'progressive JPEG of 12 bits': [withFrame({ bits: 12, kind: 0xc2 }), /JPEG with 12 bits a sample/],
    'JPEG of several frames': [withFrame({ kind: 0xc5 }), /JPEG with several frames/],
    'JPEG without loss, by arithmetic coding': [withFrame({ kind: 0xcb }), /lossless arithmetic coding/],
    'JPEG without loss, of YCbCr': [withJfif(withFrame({ kind: 0xc3, channels: 3 })), /lossless coding of YCbCr/],
    'JPEG-LS': [withFrame({ kind: 0xf7 }), /JPEG-LS/],
    'JPEG of five channels': [withFrame({ channels: 5 }), /5 channels/],
    'JPEG whose height comes last': [withFrame({ height: 0 }), /its height/],
  }
  for (const [name, [bytes, message]] of Object.entries(cases)) {
    it(name, async () => {
      await assert.rejects(decode(bytes), { code: 'IMAGE_UNSUPPORTED', message })
    })
  }

  it('a thumbnail inside a raw photo is not taken for the photo: the page of the filter array lies below the first', async () => {
    const raw = tiffFile({ ...page, photometric: 32803 }, bytesOf(1))
    const first = tiffFile({ ...page, tags: { 330: 0 } }, bytesOf(1))
    const whole = new Uint8Array(first.length + raw.length)
    whole.set(first)
    // the second file's directory, moved behind the first; its places of data are wrong and are not looked at
    whole.set(raw.subarray(8), first.length)
    const view = new DataView(whole.buffer)
    for (let at = 10; at < first.length; at += 12) {
      if (view.getUint16(at, true) !== 330) continue
      view.setUint32(at + 8, first.length, true)
      break
    }
    await assert.rejects(decode(whole), { code: 'IMAGE_UNSUPPORTED', message: /camera raw photo/ })
    assert.equal((await decode(tiffFile(page, bytesOf(1)))).width, 16)
  })
})

/** A black bitmap of 4 x 4 pixels, or what its header says. */
function bitmap(bits: number, compression: number): Uint8Array {
  const bytes = new Uint8Array(54 + 4 * 12)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from('BM'))
  for (const [at, value] of [
    [2, bytes.length],
    [10, 54],
    [14, 40],
    [18, 4],
    [22, 4],
    [30, compression],
  ] as const)
    view.setUint32(at, value, true)
  view.setUint16(26, 1, true)
  view.setUint16(28, bits, true)
  return bytes
}

/** The same TIFF, whose tag that tells grey from colour is one that nobody knows. */
function withoutColours(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer)
  for (let at = 10; at < bytes.length; at += 12) {
    if (view.getUint16(at, true) !== 262) continue
    view.setUint16(at, 261, true)
    break
  }
  return bytes
}

/** The same JPEG with another head of its frame; what follows may not fit it. */
function withFrame(frame: { kind?: number; bits?: number; height?: number; channels?: number }): Uint8Array {
  const at = jpegOf.findIndex((value, i) => value === 0xff && jpegOf[i + 1] === 0xc0)
  const { kind = 0xc0, bits = 8, height: rows = height, channels = 1 } = frame
  const components = Array.from({ length: channels }, (_, i) => [i + 1, 0x11, 0]).flat()
  const head = [0xff, kind, 0, 8 + 3 * channels, bits, 0, rows, 0, width, channels, ...components]
  return Buffer.concat([jpegOf.subarray(0, at), Buffer.from(head), jpegOf.subarray(at + 13)])
}

/** With the mark that says YCbCr. */
function withJfif(jpeg: Uint8Array): Uint8Array {
  const mark = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')
  return Buffer.concat([jpeg.subarray(0, 2), mark, jpeg.subarray(2)])
}

it('which it is does not depend on what else is decoded: the decoder has one list of complaints for all', async () => {
  const cut = jpegOf.subarray(0, -40)
  const withoutChannels = Uint8Array.from(withFrame({ channels: 0 }))
  const codeOf = (bytes: Uint8Array) =>
    decode(bytes).then(
      () => 'used',
      ({ code }: { code: string }) => code,
    )
  const all = Array.from(
    { length: 60 },
    () =>
      [
        [withFrame({ bits: 12 }), 'IMAGE_UNSUPPORTED'],
        [withFrame({ kind: 0xc7 }), 'IMAGE_UNSUPPORTED'],
        [cut, 'IMAGE_UNREADABLE'],
        [withoutChannels, 'IMAGE_UNREADABLE'],
      ] as const,
  ).flat()
  const codes = await Promise.all(all.map(([bytes]) => codeOf(bytes)))
  assert.deepEqual(
    codes,
    all.map(([, code]) => code),
  )
})

it('of an animated AVIF the still picture is taken; a film without one is unsupported', async () => {
  const still = await sharp(bytesOf(1), { raw: { width, height, channels: 1 } })
    .avif({ quality: 90 })
    .toBuffer()
  const animated = Uint8Array.from(still)
  animated.set(Buffer.from('avis'), 8)
  assert.deepEqual((await decode(animated)).data, (await decode(still)).data)
  assert.equal(Buffer.from(animated.subarray(8, 12)).toString(), 'avis')
  const at = Buffer.from(animated).indexOf('pitm')
  animated.set(Buffer.from('free'), at)
  await assert.rejects(decode(animated), { code: 'IMAGE_UNSUPPORTED', message: /AVIF/ })
})
