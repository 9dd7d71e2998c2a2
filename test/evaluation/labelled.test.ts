/** Lists of labels as spreadsheets and other systems write them, and folders that hold more than labels. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { readLabelled, readNamed } from '../../src/evaluation/labelled.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-labelled-'))
  await mkdir(join(folder, 'ü'))
  for (const name of ['ü/a.jpg', 'b, "c".jpg', 'd\\e.jpg']) await writeFile(join(folder, name), '')
})
after(() => rm(folder, { recursive: true, force: true }))

const wanted = [
  [join('ü', 'a.jpg'), 'positive'],
  ['b, "c".jpg', 'negative'],
]
const comma = '\uFEFF"image","label"\r\nü/a.jpg,positive\r\n"b, ""c"".jpg",negative\r\n'
const semicolon = 'label;image\r\n\r\npositive;ü/a.jpg\r\nnegative;"b, ""c"".jpg"'
const rows: [string, Buffer, string[][]][] = [
  ['commas, a byte order mark, quotes', Buffer.from(comma), wanted],
  ['semicolons, other columns first, an empty line', Buffer.from(semicolon), wanted],
  ['semicolons in Windows-1252', Buffer.from(semicolon, 'latin1'), wanted],
  [
    'tabs in UTF-16',
    Buffer.from('\uFEFFImage\tLabel\nü/a.jpg\tpositive\n"b, ""c"".jpg"\tnegative\n', 'utf16le'),
    wanted,
  ],
  ['slashes of Windows', Buffer.from(comma.replace('ü/a', 'ü\\a')), wanted],
  ['the separator in a line of its own, as Excel writes it', Buffer.from(`sep=;\r\n${semicolon}`), wanted],
  ['line ends of the first Macintosh', Buffer.from(semicolon.replaceAll('\r\n', '\r')), wanted],
  [
    'one other label beside that of negatives is the class',
    Buffer.from(comma.replace(',positive', ',part').replace(',negative', ',other')),
    wanted,
  ],
  ['an image that is named again counts once', Buffer.from(`${comma}ü/a.jpg,positive\r\n./ü/a.jpg,positive`), wanted],
  ['a backslash that is part of a name', Buffer.from('image,label\nd\\e.jpg,good\n'), [['d\\e.jpg', 'positive']]],
]

for (const [what, bytes, expected] of rows)
  test(`labels.csv: ${what}`, async () => {
    const path = join(folder, 'labels.csv')
    await writeFile(path, bytes)
    const { images } = await readLabelled(path)
    const found = images.map(({ source, label }) => [source, label] as const)
    assert.deepEqual(
      found.map(([source, label]) => ['path' in source && source.path, label]),
      expected.map(([name, label]) => [join(folder, name!), label]),
    )
    await rm(path)
  })

test('what cannot be looked at keeps the label that it stands under', async () => {
  const path = join(folder, 'addresses.csv')
  await writeFile(
    path,
    `image,label\nü/a.jpg,ok\nhttp://a.b/c.jpg,ok\nhttp://a.b/d.jpg,scratch\n"b, ""c"".jpg",scratch\n`,
  )
  const { images, failed } = await readLabelled(path)
  assert.equal(images.length, 2)
  assert.deepEqual(
    failed.map(({ image, label }) => [image, label]),
    [
      ['http://a.b/c.jpg', 'positive'],
      ['http://a.b/d.jpg', 'negative'],
    ],
  )
})

test('folders of systems are no labels; what is no folder is FOLDER_NOT_FOUND', async () => {
  const root = join(folder, 'root')
  for (const name of ['positive', 'negative', '@eaDir', '__MACOSX', '.git']) {
    await mkdir(join(root, name), { recursive: true })
    await writeFile(join(root, name, 'a.jpg'), '')
  }
  const { images } = await readNamed(root)
  assert.deepEqual(
    images.map(({ label }) => label),
    ['negative', 'positive'],
  )
  await assert.rejects(readNamed('https://me:secret@a.example/b'), {
    message: /^"https:\/\/a.*is an address.*fetch it/,
  })
  await assert.rejects(readLabelled('s3://photos/in'), {
    code: 'FOLDER_NOT_FOUND',
    message: /^"s3:\/\/photos\/in" is in a bucket, .*copy it to a folder first.*fit, score and embed read buckets/,
  })
  for (const path of ['/dev/null', join(folder, 'none')])
    await assert.rejects(readNamed(path), { code: 'FOLDER_NOT_FOUND' })
})

test('two labels for one image are refused with their lines; an address is a result with its sentence', async () => {
  const path = join(folder, 'labels.csv')
  await writeFile(path, `${comma}ü/a.jpg,negative`)
  await assert.rejects(readLabelled(path), { code: 'INVALID_ARGUMENT', message: /Lines 2 and 4 .*keep one of them/ })
  await writeFile(path, `${comma}https://me:secret@a.example/b.jpg,positive\nü/a.jpg,positive`)
  const { failed, images, note } = await readLabelled(path)
  assert.equal(images.length, 2)
  assert.match(failed[0]!.error.message, /is an address.*fetch it first/)
  assert.doesNotMatch(failed[0]!.error.message, /secret/)
  assert.match(note ?? '', /1 line repeats/)
})
