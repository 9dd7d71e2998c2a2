/** Files that hold a picture and are no photo of their own: thumbnails, trash, backups, unfinished downloads, our own heat maps. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { collect } from '../../src/images/collect.ts'
import { decodeImage } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { withOwnMark } from '../../src/images/own-picture.ts'
import { leftOutAmong } from '../../src/wire/system-names.ts'

let root = ''
let png: Uint8Array
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'oneclass-left-'))
  png = await encodeImage({ width: 8, height: 8, data: new Uint8Array(192).fill(90) }, 'png')
})
after(() => rm(root, { recursive: true }))

async function fill(folder: string, names: readonly string[], bytes = png): Promise<string> {
  for (const name of names) {
    await mkdir(join(root, folder, dirname(name)), { recursive: true })
    await writeFile(join(root, folder, name), bytes)
  }
  return join(root, folder)
}

const photos = [
  'a.jpg',
  'Mac.photoslibrary/originals/0/b.jpeg',
  'Old.photolibrary/Masters/2009/c.jpg',
  'iPhoto Library/Originals/d.jpg',
  'preview/e.jpg',
  'Cache/f.jpg',
  'resources/derivatives/g.jpg',
  'no-ending',
  'part.one',
]
const ofSystems = [
  'DCIM/MVI_1.THM',
  'PRIVATE/THMBNL/C0001T01.JPG',
  'Mac.photoslibrary/resources/derivatives/0/b_1_105_c.jpeg',
  'Old.photolibrary/Thumbnails/c.jpg',
  'iPhoto Library/Thumbnails/d.jpg',
  'shoot/CaptureOne/Cache/Thumbnails/x.jpg',
  'cloud/appdata_oc1a2b/preview/1/256-256.png',
  'cloud/me/files_trashbin/files/x.jpg',
  'cloud/me/files_versions/x.jpg',
  'share/trashbox/x.jpg',
  'share/Recycle Bin/x.jpg',
  'x.jpg.download/x.jpg',
]
const sideFiles = [
  'a.jpg_original',
  'a.jpg~',
  '#a.jpg#',
  'a.bak',
  'a.jpg.BAK',
  'b.jpg.part',
  'b.jpg.crdownload',
  'b.tmp',
]

const counts = (skipped: readonly { reason: string; count: number }[]) =>
  Object.fromEntries(skipped.map(({ reason, count }) => [reason, count]))

test('thumbnails, trash, backups and unfinished downloads are counted; the photos of a library are used', async () => {
  const folder = await fill('mixed', [...photos, ...ofSystems, ...sideFiles])
  const { images, skipped } = await collect(folder, { names: 'relative' })
  assert.deepEqual(images.map(({ name }) => name).sort(), [...photos].sort())
  assert.deepEqual(counts(skipped), { 'system files': ofSystems.length, 'backup or unfinished': sideFiles.length })
})

test('what is named by itself is used', async () => {
  const folder = await fill('named', [...ofSystems, ...sideFiles])
  for (const name of [...sideFiles, ofSystems[0]!]) {
    const { images } = await collect(join(folder, name))
    assert.equal(images.length, 1, name)
  }
  for (const name of ofSystems.slice(1)) {
    const { images } = await collect(join(folder, dirname(name)))
    assert.equal(images.length, 1, name)
  }
  // a library that is named itself is one all the same
  const library = await collect(await fill('X.photoslibrary', ['originals/a.jpg', 'resources/derivatives/a.jpg']), {
    names: 'relative',
  })
  assert.deepEqual(
    library.images.map(({ name }) => name),
    ['originals/a.jpg'],
  )
})

test('heat maps of ours are told by their mark, or by the page beside them', async () => {
  const marked = withOwnMark(png)
  const { data } = await decodeImage({ name: 'marked', bytes: marked }, { width: 8, height: 8, resize: 'stretch' })
  assert.ok(data.every((value) => value === 90))
  const folder = await fill('maps', ['a.jpg', 'b.heatmap.png', 'old/c.heatmap.png'])
  await fill('maps', ['old/index.html'], Buffer.from('<!doctype html>'))
  await fill('maps', ['d.heatmap.png', 'new/e.heatmap.png'], marked)
  const { images, skipped } = await collect(folder, { names: 'relative' })
  assert.deepEqual(
    images.map(({ name }) => name),
    ['a.jpg', 'b.heatmap.png'],
    "somebody else's heat map is an image",
  )
  assert.deepEqual(counts(skipped), { 'made by oneclass': 3, 'not an image': 1 })
  await assert.rejects(collect(join(folder, 'new')), { code: 'FOLDER_EMPTY', message: /1 made by oneclass/ })
})

test('by names alone, as the page does', () => {
  const names = [
    'a.jpg',
    'thmbnl/b.jpg',
    'X.photoslibrary/resources/c.jpg',
    'd.tmp',
    'why/e.heatmap.png',
    'why/index.html',
  ]
  const isLeftOut = leftOutAmong([...names, 'f.heatmap.png'])
  assert.deepEqual(names.filter(isLeftOut), names.slice(1, 5))
  assert.ok(!isLeftOut('f.heatmap.png'))
})
