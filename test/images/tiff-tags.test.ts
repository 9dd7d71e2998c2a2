/** TIFF files whose pixels are whole, whatever else stands in them, and those of several pages: which of them is the image. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decodeImage } from '../../src/images/decode.ts'
import { sizeOf } from '../support/image-files.ts'
import { tiffFile } from '../support/tiff-files.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-tiff-'))
})
after(() => rm(folder, { recursive: true }))

const width = 40
const height = 24
const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 251)
const fields = { width, height, bits: 8, samples: 3 } as const
const whole = (tags: Readonly<Record<number, number>> = {}) => tiffFile({ ...fields, tags }, pixels)

async function read(bytes: Uint8Array, side = { width, height }) {
  const before = Uint8Array.from(bytes)
  const { data, notes = [] } = await decodeImage({ name: 'x.tif', bytes }, { ...side, resize: 'stretch' })
  assert.deepEqual(bytes, before, "the caller's bytes stay as they are")
  // a file's bytes are ours, and changed where they are
  const path = join(folder, 'x.tif')
  await writeFile(path, bytes)
  const ofFile = await decodeImage({ name: 'x.tif', path }, { ...side, resize: 'stretch' })
  assert.deepEqual([ofFile.data, ofFile.notes], [data, notes.length > 0 ? notes : undefined])
  return { data: [...data], notes: notes.map(({ code }) => code), messages: notes.map(({ message }) => message) }
}

const directoryOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(4, true)

function withNext(bytes: Uint8Array, next: number): Uint8Array {
  const view = new DataView(bytes.buffer)
  view.setUint32(10 + 12 * view.getUint16(8, true), next, true)
  return bytes
}

/** One file: each page points to the next one. */
function joined(...pages: readonly Uint8Array[]): Uint8Array {
  let at = 0
  const starts = pages.map((page) => {
    at += at % 2
    const start = at
    at += page.length
    return start
  })
  const out = new Uint8Array(at)
  for (const [i, page] of pages.entries()) {
    const moved = Uint8Array.from(page)
    const view = new DataView(moved.buffer)
    const count = view.getUint16(8, true)
    for (let entry = 10; entry < 10 + 12 * count; entry += 12) {
      const [tag, type, length] = [
        view.getUint16(entry, true),
        view.getUint16(entry + 2, true),
        view.getUint32(entry + 4, true),
      ]
      const isPlace = tag === 273 || (type === 3 && length > 2)
      if (isPlace) view.setUint32(entry + 8, view.getUint32(entry + 8, true) + starts[i]!, true)
    }
    view.setUint32(10 + 12 * count, i + 1 < pages.length ? starts[i + 1]! + directoryOf(page) : 0, true)
    out.set(moved, starts[i])
  }
  return out
}

/** The same as a BigTIFF: its entries written anew before the old file, which keeps the pixels. */
function asBigTiff(bytes: Uint8Array, next: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const count = view.getUint16(8, true)
  const head = 16 + 8 + count * 20 + 8
  const out = new Uint8Array(head + bytes.length)
  const to = new DataView(out.buffer)
  out.set([0x49, 0x49, 43, 0, 8, 0, 0, 0, 16])
  to.setBigUint64(16, BigInt(count), true)
  for (let i = 0; i < count; i++) {
    const [from, at] = [10 + 12 * i, 24 + 20 * i]
    const [tag, type, length] = [
      view.getUint16(from, true),
      view.getUint16(from + 2, true),
      view.getUint32(from + 4, true),
    ]
    to.setUint16(at, tag, true)
    to.setUint16(at + 2, type, true)
    to.setBigUint64(at + 4, BigInt(length), true)
    if (tag === 273) to.setUint32(at + 12, view.getUint32(from + 8, true) + head, true)
    else if (type === 3 && length > 2)
      out.set(bytes.subarray(view.getUint32(from + 8, true), view.getUint32(from + 8, true) + 2 * length), at + 12)
    else out.set(bytes.subarray(from + 8, from + 12), at + 12)
  }
  to.setBigUint64(24 + 20 * count, BigInt(next), true)
  out.set(bytes, head)
  return out
}

test('tags that say nothing of the pixels make no file damaged, whatever stands in them', async () => {
  const expected = (await read(whole())).data
  assert.deepEqual(expected, [...pixels])
  const nothing = { data: expected, notes: [], messages: [] }
  for (const [tag, ...values] of [
    [274, 0, 9, 65_535], // orientation
    [266, 0, 3], // order of bits
    [296, 0, 4, 77], // unit of the resolution
    [282, 0xffff_fff0], // resolution, somewhere behind the end
    [34_665, 0x7fff_ffff], // EXIF
    [330, 0x7fff_ffff], // pages below
  ])
    for (const value of values) assert.deepEqual(await read(whole({ [tag!]: value })), nothing, `${tag}: ${value}`)
  for (const next of [0x7fff_ffff, 8, 9]) assert.deepEqual(await read(withNext(whole(), next)), nothing, `next ${next}`)
})

test('the same in a BigTIFF', async () => {
  const expected = { data: [...pixels], notes: [], messages: [] }
  assert.deepEqual(await read(asBigTiff(whole(), 0)), expected)
  assert.deepEqual(await read(asBigTiff(whole({ 274: 9, 296: 77 }), 0x7fff_ffff)), expected)
})

test('an orientation of the list is kept', async () => {
  const turned = whole({ 274: 6, 296: 77 })
  assert.deepEqual(await sizeOf(turned), [height, width])
  const { data } = await read(turned, { width: height, height: width })
  assert.deepEqual(data.slice(0, 3), [...pixels.slice((height - 1) * width * 3, (height - 1) * width * 3 + 3)])
})

test('samples that are missing are missing still', async () => {
  await assert.rejects(read(whole({ 296: 77 }).subarray(0, -1)), { code: 'IMAGE_UNREADABLE' })
})

test('a small picture of the page that follows, or a mask of it, is not the image', async () => {
  const small = { ...fields, width: 8, height: 6 }
  const black = new Uint8Array(8 * 6 * 3)
  const nothing = { data: [...pixels], notes: [], messages: [] }
  for (const tags of [{ 254: 1 }, { 254: 4 }, { 255: 2 }] as const) {
    const first = tiffFile({ ...small, tags }, black)
    assert.deepEqual(await read(joined(first, whole())), nothing)
    assert.deepEqual(await read(joined(whole(), first)), nothing)
    assert.deepEqual(await sizeOf(joined(first, whole())), [width, height])
  }
  const largest = await read(joined(tiffFile({ ...small, tags: { 254: 1 } }, black), tiffFile(small, black), whole()))
  assert.deepEqual([largest.data, largest.notes], [[...pixels], ['MORE_PAGES']])
  assert.match(largest.messages[0]!, /2 pages that are images.*page 3/)
  // alone it is all that there is
  assert.equal((await read(tiffFile({ ...small, tags: { 254: 1 } }, black), { width: 8, height: 6 })).data[0], 0)
})

test('of several pages the first is used, and a note says so', async () => {
  const other = tiffFile(
    fields,
    pixels.map((value) => 255 - value),
  )
  const { data, notes, messages } = await read(joined(whole(), other, other))
  assert.deepEqual([data, notes], [[...pixels], ['MORE_PAGES']])
  assert.match(messages[0]!, /3 pages.*page 1/)
})

test('inks that are no CMYK are a kind of file that is not accepted', async () => {
  const inks = tiffFile({ ...fields, samples: 4, photometric: 5, tags: { 332: 2 } }, new Uint8Array(width * height * 4))
  await assert.rejects(read(inks), { code: 'IMAGE_UNSUPPORTED', message: /other inks than CMYK.*convert it to RGB/ })
})
