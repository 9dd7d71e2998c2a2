/** Small plain JPEG files go a shorter way than through libvips. Its pixels are libvips's, to the bit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp, { type JpegOptions, type Sharp } from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { decodePlain } from '../../src/images/jpeg/decode-plain.ts'
import { canReduce, reduce } from '../../src/images/jpeg/reduce.ts'

const stretch = (width: number, height = width) => ({ width, height, resize: 'stretch' }) as const

/** Smooth colours with noise and hard edges: what JPEG keeps, loses and overshoots. */
function drawn(width: number, height: number, channels: 1 | 3, seed: number): Sharp {
  const random = createRandom(seed)
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const smooth = 128 + 90 * Math.sin(x / (7 + 9 * c)) * Math.cos(y / 13)
        const edge = (x >> 5) % 4 === 0 ? ((x + y) % 2) * 255 : smooth
        data[(y * width + x) * channels + c] = Math.max(0, Math.min(255, edge + 40 * (random.next() - 0.5)))
      }
  return sharp(data, { raw: { width, height, channels } })
}

const byLibvips = async (bytes: Uint8Array, width: number, height: number): Promise<Buffer> =>
  await sharp(bytes, { failOn: 'warning', autoOrient: true })
    .resize({ width, height, fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()

test('what is made smaller is the same bits as of libvips, whatever the sizes', async () => {
  const random = createRandom(3)
  let compared = 0
  for (const [toWidth, toHeight] of [
    [160, 160],
    [224, 224],
    [96, 131],
    [320, 320],
    [225, 192],
  ] as const)
    for (let i = 0; i < 60; i++) {
      const factor = () => [1, 1.5, 2.5, 1.875, 3.9][i % 5]! * (i < 5 ? 1 : 0.3 + 0.7 * random.next())
      const [width, height] = [
        Math.max(toWidth, Math.round(toWidth * factor())),
        Math.max(toHeight, Math.round(toHeight * factor())),
      ]
      const channels = i % 7 === 0 ? 1 : 3
      if (!canReduce({ width, height }, { width: toWidth, height: toHeight })) continue
      compared++
      const data = Uint8Array.from({ length: width * height * channels }, () => 256 * random.next())
      // from a file, which libvips reads in strips, as it does a JPEG
      const file = await sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 0 }).toBuffer()
      const expected = await sharp(file)
        .resize({ width: toWidth, height: toHeight, fit: 'fill', kernel: 'linear' })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer()
      const reduced = reduce({ width, height, channels, data }, { width: toWidth, height: toHeight })
      assert.ok(expected.equals(reduced), `${width} x ${height} x ${channels} to ${toWidth} x ${toHeight}`)
    }
  assert.ok(compared > 120)
})

test('a plain JPEG decodes to the same bits as with libvips', async () => {
  const kinds: JpegOptions[] = [
    { quality: 90 },
    { quality: 30, chromaSubsampling: '4:4:4' },
    { quality: 1 },
    { quality: 100, chromaSubsampling: '4:4:4' },
    { quality: 75, optimiseCoding: true },
  ]
  for (const [i, options] of kinds.entries())
    for (const channels of [1, 3] as const) {
      const bytes = await drawn(201 + 37 * i, 160 + 41 * i, channels, i)
        .jpeg(options)
        .toBuffer()
      const plain = await decodePlain(bytes, stretch(160))
      assert.ok(plain, `kind ${i}`)
      assert.deepEqual(plain.size, { width: 201 + 37 * i, height: 160 + 41 * i })
      const { data } = await decodeImage({ name: 'drawn.jpg', bytes }, stretch(160))
      assert.ok((await byLibvips(bytes, 160, 160)).equals(data), `kind ${i}, ${channels} channels`)
    }
})

test('what is turned, coloured, enlarged, in several scans or large is left to libvips', async () => {
  const image = drawn(300, 200, 3, 1)
  const file = (options: JpegOptions, change = (from: Sharp) => from) => change(image.clone()).jpeg(options).toBuffer()
  const others: Record<string, Buffer> = {
    progressive: await file({ progressive: true }),
    turned: await file({}, (from) => from.withMetadata({ orientation: 6 })),
    profile: await file({}, (from) => from.withIccProfile('p3')),
    cmyk: await file({}, (from) => from.toColourspace('cmyk')),
    small: await drawn(150, 300, 3, 1).jpeg().toBuffer(),
    large: await drawn(900, 700, 3, 1).jpeg().toBuffer(),
  }
  for (const [name, bytes] of Object.entries(others))
    assert.equal(await decodePlain(bytes, stretch(160)), undefined, name)
  const plain = await file({})
  assert.equal(await decodePlain(plain, { ...stretch(160), resize: 'cover' }), undefined)
  assert.ok(await decodePlain(plain, stretch(160)))
})

test('a damaged file is left to libvips, and does not spoil the next', async () => {
  const bytes = await drawn(256, 192, 3, 5).jpeg().toBuffer()
  const cut = bytes.subarray(0, bytes.length - 900)
  const damaged = [cut, Buffer.concat([cut, Buffer.from([0xff, 0xd9])]), bytes.subarray(0, 30), Buffer.alloc(0)]
  // at once: each takes the decoder away from those that wait for it
  const found = await Promise.all([...damaged, bytes, cut, bytes].map((file) => decodePlain(file, stretch(160))))
  assert.deepEqual(
    found.map((plain) => plain !== undefined),
    [false, false, false, false, true, false, true],
  )
  await assert.rejects(decodeImage({ name: 'cut.jpg', bytes: cut }, stretch(160)), { code: 'IMAGE_UNREADABLE' })
})
