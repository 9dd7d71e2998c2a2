/** Half a file is never taken for a whole one, however busy the decoder is, and whatever it decoded before. */
import assert from 'node:assert/strict'
import test from 'node:test'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { isWholePng } from '../../src/images/whole-png.ts'

const target = { width: 64, height: 64, resize: 'cover' } as const

/** What becomes of 40 at once. */
async function outcomes(bytes: Uint8Array): Promise<Set<string>> {
  const decode = () => decodeImage({ name: 'x', bytes }, target)
  return new Set(
    await Promise.all(
      Array.from({ length: 40 }, () =>
        decode().then(
          ({ notes }) => notes?.[0]?.code ?? 'WHOLE',
          ({ code }) => code,
        ),
      ),
    ),
  )
}

test('a JPEG cut in the middle is refused among many others, one without its end mark is used', async () => {
  const whole = await encodeImage(renderPart(createRandom(1).fork(0)))
  assert.deepEqual(await outcomes(whole.subarray(0, whole.length / 2)), new Set(['IMAGE_UNREADABLE']))
  assert.deepEqual(await outcomes(whole.subarray(0, -2)), new Set(['TRUNCATED']))
})

test('so is a PNG, also where the whole one was decoded just before and its rows still stand in memory', async () => {
  const part = renderPart(createRandom(1).fork(0))
  const raw = { width: part.width, height: part.height, channels: 3 } as const
  const whole = await sharp(part.data, { raw }).resize(700, 700).png().toBuffer()
  for (const share of [0.5, 0.8, 0.97]) {
    assert.deepEqual(await outcomes(whole), new Set(['WHOLE']))
    assert.deepEqual(await outcomes(whole.subarray(0, whole.length * share)), new Set(['IMAGE_UNREADABLE']))
  }
  assert.deepEqual(await outcomes(whole.subarray(0, -16)), new Set(['TRUNCATED']))
})

test('whether a PNG has all of its pixels is told by its own bytes, of every kind of pixel', async () => {
  const part = renderPart(createRandom(1).fork(1))
  const raw = { width: part.width, height: part.height, channels: 3 } as const
  const image = () => sharp(part.data, { raw })
  const kinds = {
    colour: image().png(),
    alpha: image().ensureAlpha(0.5).png(),
    grey: image().toColourspace('b-w').png(),
    palette: image().png({ palette: true, colours: 16 }),
    'black and white': image().threshold(100).toColourspace('b-w').png({ palette: true, colours: 2 }),
    '16 bits': image().toColourspace('rgb16').png(),
  }
  for (const [kind, encoded] of Object.entries(kinds)) {
    const bytes = await encoded.toBuffer()
    assert.ok(await isWholePng(bytes), kind)
    assert.ok(await isWholePng(bytes.subarray(0, -16)), `${kind}, without its end`)
    assert.ok(!(await isWholePng(bytes.subarray(0, bytes.length * 0.95))), `${kind}, cut`)
  }
  const interlaced = await image().png({ progressive: true }).toBuffer()
  assert.ok(!(await isWholePng(interlaced)))
  for (const length of [0, 7, 8, 20, 32, 40]) assert.ok(!(await isWholePng(interlaced.subarray(0, length))))
})

test('what is said of a damaged file is never said of another', async () => {
  const part = renderPart(createRandom(1).fork(2))
  const raw = { width: part.width, height: part.height, channels: 3 } as const
  const halves = await Promise.all(
    (['jpeg', 'png', 'webp', 'gif'] as const).map(async (format) => {
      const bytes = await sharp(part.data, { raw }).resize(500, 500).toFormat(format).toBuffer()
      return { format, bytes: bytes.subarray(0, bytes.length / 2) }
    }),
  )
  const names = { jpeg: /jpeg/i, png: /png/i, webp: /webp/i, gif: /gif/i }
  const all = Array.from({ length: 30 }, () => halves).flat()
  await Promise.all(
    all.map(async ({ format, bytes }) => {
      const error = await decodeImage({ name: 'x', bytes }, target).then(
        () => assert.fail(`half a ${format} was used`),
        (thrown: Error & { code: string }) => thrown,
      )
      assert.equal(error.code, 'IMAGE_UNREADABLE')
      const [, said] = /file \((.*)\)\.$/.exec(error.message) ?? []
      if (said !== undefined) assert.match(said, names[format])
    }),
  )
})
