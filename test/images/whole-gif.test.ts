/** A GIF is used where it holds all pixels of its first frame, whatever else is missing, and refused where it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { gifBlocks } from '../../src/images/cost/gif.ts'
import { readerOf } from '../../src/images/cost/header-cost.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { imageLimits } from '../../src/images/limits.ts'
import { noise } from '../support/image-files.ts'

const target = { width: 48, height: 32, resize: 'stretch' } as const

async function outcome(bytes: Uint8Array, limits = imageLimits) {
  return await decodeImage({ name: 'x', bytes }, target, limits).then(
    ({ data, notes }) => ({ data: [...data], notes: (notes ?? []).map(({ code }) => code) }),
    ({ code, message }) => ({ code, message }),
  )
}

const kinds = {
  'many colours': { pixels: noise(90 * 60 * 3, 1), width: 90, height: 60, colours: 256 },
  'few colours': { pixels: noise(90 * 60 * 3, 2), width: 90, height: 60, colours: 4 },
  'long runs': { pixels: new Uint8Array(999 * 3).map((_, i) => 200 + (i >> 9)), width: 999, height: 1, colours: 16 },
  'two pixels': { pixels: Uint8Array.of(250, 10, 10, 10, 10, 250), width: 2, height: 1, colours: 2 },
}
const gifOf = ({ pixels, width, height, colours }: (typeof kinds)['many colours']) =>
  sharp(pixels, { raw: { width, height, channels: 3 } })
    .gif({ colours, effort: 1 })
    .toBuffer()

/** Where the blocks of the first frame begin, the one that ends them last. */
function blocksOf(gif: Uint8Array): number[] {
  const frame = [...gifBlocks(readerOf(gif, true))].find(({ kind }) => kind === 'frame')!.at
  const flags = gif[frame + 9]!
  let at = frame + 11 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)
  const starts = [at]
  for (; gif[at]! > 0; starts.push(at)) at += 1 + gif[at]!
  return starts
}

test('cut anywhere at its end it has the same pixels, with a note, or is refused', async () => {
  for (const [kind, made] of Object.entries(kinds)) {
    const gif = await gifOf(made)
    const whole = await outcome(gif)
    assert.deepEqual('notes' in whole && whole.notes, [], kind)
    // only the marks of the end are missing
    assert.deepEqual(await outcome(gif.subarray(0, -2)), { ...whole, notes: ['TRUNCATED'] }, kind)
    const strict = await outcome(gif.subarray(0, -2), { ...imageLimits, strict: true })
    assert.equal('code' in strict && strict.code, 'IMAGE_UNREADABLE', kind)
    const data = blocksOf(gif)[0]!
    for (let cut = 3; cut < Math.min(40, gif.length - data); cut++) {
      const short = await outcome(gif.subarray(0, -cut))
      if ('code' in short) assert.equal(short.code, 'IMAGE_UNREADABLE')
      else assert.deepEqual(short, { ...whole, notes: ['TRUNCATED'] }, `${kind}, ${cut}`)
    }
  }
})

test('data that ends too early in good form is refused: the decoder would fill up what is missing', async () => {
  const gif = await gifOf(kinds['many colours'])
  const blocks = blocksOf(gif)
  assert.ok(blocks.length > 5)
  for (const at of [blocks[0]!, blocks[1]!, blocks[3]!, blocks.at(-2)!]) {
    const closed = Buffer.concat([gif.subarray(0, at), Buffer.of(0, 0x3b)])
    const { code, message } = (await outcome(closed)) as { code: string; message: string }
    assert.equal(code, 'IMAGE_UNREADABLE')
    assert.match(message, /lacks pixels of its first frame/)
  }
})

test('of an animation that was cut off the first frame is used', async () => {
  const frames = [1, 2, 3].map((seed) => noise(90 * 60 * 3, seed))
  const raw = { width: 90, height: 180, channels: 3, pageHeight: 60 } as const
  const gif = await sharp(Buffer.concat(frames), { raw }).gif({ effort: 1 }).toBuffer()
  const whole = await outcome(gif)
  const cut = await outcome(gif.subarray(0, -2000))
  assert.ok('data' in whole && 'data' in cut)
  assert.deepEqual(cut.data, whole.data)
})
