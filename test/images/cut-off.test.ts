/** Half a file is never taken for a whole one, however busy the decoder is, and whatever it decoded before. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { lacksOnlyEnd } from '../../src/images/whole-png.ts'

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
    assert.ok(!(await lacksOnlyEnd(bytes)), `${kind}, not cut`)
    assert.ok(await lacksOnlyEnd(bytes.subarray(0, -16)), `${kind}, without its end`)
    assert.ok(!(await lacksOnlyEnd(bytes.subarray(0, bytes.length * 0.95))), `${kind}, cut`)
  }
  const interlaced = await image().png({ progressive: true }).toBuffer()
  assert.ok(!(await lacksOnlyEnd(interlaced)))
  for (const length of [0, 7, 8, 20, 32, 40]) assert.ok(!(await lacksOnlyEnd(interlaced.subarray(0, length))))
})

test('a PNG that was damaged is refused, cut or not, for its pixels are not what they were', async () => {
  const part = renderPart(createRandom(1).fork(3))
  const { data, info } = await sharp(part.data, { raw: { width: part.width, height: part.height, channels: 3 } })
    .resize(200, 150)
    .raw()
    .toBuffer({ resolveWithObject: true })
  const rows = (filterOf: (row: number) => number) =>
    Buffer.concat(
      Array.from({ length: info.height }, (_, y) => [
        Uint8Array.of(filterOf(y)),
        data.subarray(y * info.width * 3, (y + 1) * info.width * 3),
      ]).flat(),
    )
  const plain = deflateSync(
    rows(() => 0),
    { level: 0 },
  )
  const changed = Uint8Array.from(plain, (value, i) => (i === 30_000 ? value ^ 0x55 : value))
  const png = (packed: Uint8Array) => pngFile(info, packed, 8192)
  const whole = png(plain)
  // the sums of the last chunk and of all data may be missing
  for (const cut of [13, 16, 17, 18]) assert.deepEqual(await outcomes(whole.subarray(0, -cut)), new Set(['TRUNCATED']))
  const harmed = whole.map((value, i) => (i === 20_000 ? value ^ 1 : value))
  const damaged: Record<string, Uint8Array> = {
    'a byte changed': harmed,
    'a byte changed, and cut': harmed.subarray(0, -16),
    'a sum of bytes changed, and cut': whole
      .map((value, i) => (i === 8 + 25 + 8192 + 10 ? value ^ 1 : value))
      .subarray(0, -12),
    'a row without a known filter': png(deflateSync(rows((y) => (y === 60 ? 7 : 0)))),
    'a row without a known filter, and cut': png(deflateSync(rows((y) => (y === 60 ? 5 : 0)))).subarray(0, -12),
    'data without its sum and its last byte, which the end follows': png(plain.subarray(0, -5 - 4)),
    'data with a wrong sum, and cut': png(changed).subarray(0, -12),
    'data that another chunk interrupts': pngFile(info, plain, 8192, 'teXt').subarray(0, -12),
  }
  // each chunk has a sum of its own, so nothing changed
  for (const lacking of [1, 4])
    assert.deepEqual(await outcomes(png(plain.subarray(0, -lacking))), new Set(['TRUNCATED']), 'data without its sum')
  // libvips does not look at what stands there
  assert.ok(!(await lacksOnlyEnd(Buffer.concat([whole.subarray(0, -12), Buffer.alloc(40)]))))
  const last = png(deflateSync(rows(() => 4)))
  assert.deepEqual(await outcomes(last.subarray(0, -13)), new Set(['TRUNCATED']), 'the last filter')
  for (const [what, bytes] of Object.entries(damaged))
    assert.deepEqual(await outcomes(bytes), new Set(['IMAGE_UNREADABLE']), what)
})

/** A PNG of 8 bits in colour, its data in chunks of a length, with a chunk of another kind after the first. */
function pngFile(
  { width, height }: { width: number; height: number },
  packed: Uint8Array,
  length: number,
  between?: string,
): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8)
  const parts = Array.from({ length: Math.ceil(packed.length / length) }, (_, i) =>
    pngChunk('IDAT', packed.subarray(i * length, (i + 1) * length)),
  )
  if (between !== undefined) parts.splice(1, 0, pngChunk(between, Uint8Array.of(1)))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...parts,
    pngChunk('IEND', new Uint8Array(0)),
  ])
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  let sum = 0xffffffff
  for (const byte of chunk.subarray(4, 8 + data.length)) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? 0xedb88320 ^ (sum >>> 1) : sum >>> 1
  }
  chunk.writeUInt32BE((sum ^ 0xffffffff) >>> 0, 8 + data.length)
  return chunk
}

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
