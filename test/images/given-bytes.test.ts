/** A file in a part of a larger memory, as a Buffer often is: the same pixels, and no byte in or around it changes. */
import assert from 'node:assert/strict'
import test from 'node:test'
import sharp from 'sharp'
import { decodeImage, measureSamples } from '../../src/images/decode.ts'
import { sizeOf } from '../support/image-files.ts'
import { picture, tiffFile } from '../support/tiff-files.ts'

const [width, height] = [64, 48]
const grey = picture(width, height)
const samples = (channels: number) =>
  Float32Array.from({ length: grey.length * channels }, (_, i) => grey[Math.floor(i / channels)]! / 255)
const bytesOf = (channels: number) => Uint8Array.from(samples(channels), (value) => Math.round(value * 255))
const page = { width, height, bits: 8 }
const floats = { width, height, bits: 32, sampleFormat: 3 }
const image = () => sharp(bytesOf(3), { raw: { width, height, channels: 3 } })

const avif = await image().avif().toBuffer()
avif.write('avis', 8)

const files: Record<string, Uint8Array> = {
  JPEG: await image().jpeg().toBuffer(),
  'progressive JPEG': await image().jpeg({ progressive: true }).toBuffer(),
  PNG: await image().png().toBuffer(),
  'PNG of 16 bits': await image().toColourspace('rgb16').png().toBuffer(),
  WebP: await image().webp().toBuffer(),
  GIF: await image().gif().toBuffer(),
  'animated AVIF': avif,
  BMP: bitmap(),
  TIFF: tiffFile({ ...page, samples: 3 }, bytesOf(3)),
  'TIFF of three channels that are called grey': tiffFile({ ...page, samples: 3, photometric: 1 }, bytesOf(3)),
  'TIFF of three floats that are called grey': tiffFile({ ...floats, samples: 3, photometric: 1 }, samples(3)),
  'TIFF of colours multiplied by their opacity': tiffFile({ ...floats, samples: 4, tags: { 338: 1 } }, samples(4)),
}

for (const [name, file] of Object.entries(files))
  test(name, async () => {
    const target = { width: 32, height: 24, resize: 'stretch' } as const
    // memory of its own, which starts where the file does
    const alone = await decodeImage({ name: 'x', bytes: new Uint8Array(file) }, target)
    for (const offset of [0, 1, 100]) {
      const around = Buffer.concat([Buffer.alloc(offset, 0x49), file, Buffer.alloc(50, 0x4d)])
      const before = Buffer.from(around)
      const source = { name: 'x', bytes: around.subarray(offset, offset + file.length) }
      for (let i = 0; i < 2; i++) assert.deepEqual(await decodeImage(source, target), alone)
      await sizeOf(source.bytes)
      await measureSamples(source)
      assert.ok(around.equals(before))
    }
  })

function bitmap(): Uint8Array {
  const head = Buffer.alloc(54)
  head.write('BM', 'latin1')
  head.writeUInt32LE(54, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, bytesOf(3)])
}
