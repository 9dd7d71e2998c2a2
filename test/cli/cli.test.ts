/** The command line as its user meets it: processes, files, exit statuses. */
import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import test, { after, before } from 'node:test'
import sharp from 'sharp'
import { createRandom } from '../../src/core/random.ts'
import { renderOther, renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'
import { type Json, json, lines, runCommand } from '../support/command-line.ts'

let folder = ''
let photos = ''
const oneclass = (...args: string[]) => runCommand(args, { cwd: folder, home: join(folder, 'home') })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-cli-'))
  photos = join(folder, 'photos')
  await mkdir(join(photos, 'deeper'), { recursive: true })
  const random = createRandom(1)
  for (let i = 0; i < 24; i++) {
    const path = join(photos, i % 2 ? 'deeper' : '.', `part-${i}.jpg`)
    await writeFile(path, await encodeImage(renderPart(random.fork(i))))
  }
  await mkdir(join(folder, 'mix'))
  // a PNG of a JPEG: photos that were never compressed look unlike those that were
  const good = await sharp(await encodeImage(renderPart(random.fork('good 5'))))
    .png()
    .toBuffer()
  await writeFile(join(folder, 'mix/good.png'), good)
  await writeFile(join(folder, 'mix/other.webp'), await encodeImage(renderOther(random.fork('other')), 'webp'))
})
after(() => rm(folder, { recursive: true, force: true }))

test('fit, then score as jsonl, csv and table; the same seed gives the same model', async () => {
  const fitted = await oneclass('fit', photos, '--name', 'part', '--alpha', '0.1', '--json')
  assert.equal(fitted.status, 0, fitted.err)
  const model = json(fitted.out)
  assert.equal(model['model'], 'part@1')
  assert.equal(model['n'], 24)
  assert.ok(model['detail'] === null || model['detail'] >= 1, 'always told')

  const scored = await oneclass('score', 'mix', '--model', 'part', '--format', 'jsonl')
  assert.equal(scored.status, 0, scored.err)
  const [good, other] = lines(scored.out).map(json) as [Json, Json]
  assert.equal(good['image'], 'mix/good.png')
  assert.equal(good['isPositive'], true)
  assert.equal(other['isPositive'], false)
  assert.ok((other['score'] as number) > 0.5 && (good['score'] as number) < 0.5)
  assert.equal(good['alpha'], 0.1)
  assert.deepEqual(Object.keys(good['detectors'] as object).slice(0, 2), ['isolationForest', 'oneClassSvm'])
  assert.match((good['nearest'] as { image: string }[])[0]!.image, /^photos\/(deeper\/)?part-\d+\.jpg$/)

  const csv = await oneclass(
    'score',
    'mix/good.png',
    '--model',
    'part@1',
    '--format',
    'csv',
    '--out',
    join(folder, 'r.csv'),
  )
  assert.equal(csv.status, 0, csv.err)
  assert.match(
    await readFile(join(folder, 'r.csv'), 'utf8'),
    /^image,model,isPositive,score.*\nmix\/good.png,part@1,true,/,
  )
  const table = await oneclass('score', 'mix', '--model', 'part')
  assert.match(table.out, /positive .*good\.png[\s\S]*NEGATIVE .*other\.webp/)

  const again = await oneclass('fit', photos, '--name', 'twin', '--alpha', '0.1', '--json')
  assert.equal(json(again.out)['sha256'], model['sha256'])
})

test('a version based on another one, with some left out; what is no index or has no gallery', async () => {
  const fit = (...args: string[]) => oneclass('fit', ...args, '--json')
  const next = await fit('--name', 'part', '--base', 'part@1', '--exclude', '3, 5')
  assert.equal(next.status, 0, next.err)
  const model = json(next.out)
  assert.deepEqual([model['model'], model['n'], model['alpha']], ['part@2', 22, 0.1])
  assert.deepEqual(
    (model['excluded'] as string[]).map((name) => basename(name)),
    ['part-15.jpg', 'part-19.jpg'], // the fourth and the sixth: those of "deeper" come first
  )
  const more = await fit(photos, '--name', 'part', '--base', 'part@2', '--alpha', '0.2')
  assert.deepEqual([json(more.out)['n'], json(more.out)['alpha']], [24, 0.2])
  assert.deepEqual(json(more.out)['growth'], { base: 'part@2', kept: 22, added: 2, excluded: 0, repeated: 22 })
  const added = await oneclass('fit', 'part@1', '--add', 'mix', '--json')
  const { growth, rejectedByBase, n } = json(added.out)
  assert.deepEqual(growth, { base: 'part@1', kept: 24, added: 2, excluded: 0, repeated: 0 })
  assert.deepEqual([rejectedByBase, n], [1, 26])
  const named = await fit('mix', '--name', 'named', '--base', 'part@1', '--exclude', '0,part-2.jpg')
  assert.equal(named.status, 0, named.err)
  const less = { base: 'part@1', kept: 22, added: 2, excluded: 2, repeated: 0 }
  assert.deepEqual([json(named.out)['growth'], json(named.out)['rejectedByBase']], [less, 1])
  const told = await oneclass('fit', 'part@4', '--add', photos, '--exclude', '25')
  assert.match(told.out, /25 positives of part@4, 0 new, 1 left out, 24 given again and counted once/)
  assert.match(told.out, /undo: oneclass models use part@4/)
  assert.match(
    (await oneclass('fit', 'part@1', '--add', photos)).err,
    /INVALID_ARGUMENT: Of 24 new images all are positives/,
  )
  assert.match((await fit(photos, '--name', 'part', '--base', 'part@1')).err, /there is nothing to add/)
  assert.match((await oneclass('models', 'use', 'part@1')).out, /part is now part@1/)
  assert.equal(json((await oneclass('models', 'show', 'part', '--json')).out)['model'], 'part@1')
  assert.match((await oneclass('models', 'use', 'part')).err, /MODEL_NAME_INVALID/)
  assert.match((await oneclass('models', 'list')).out, /created \(UTC\)[\s\S]*part@2 .*:\d\d\n[\s\S]*part@1 .* yes\n/)
  for (const args of [
    ['--base', 'part@1', '--exclude', '3,x'],
    ['--base', 'part@1', '--exclude', '24'],
    ['--base', 'part@1', '--backbone', 'oc-s2'],
    [photos, '--exclude', '3'],
  ]) {
    const refused = await fit(...args, '--name', 'no')
    assert.equal(refused.status, 1)
    assert.match(refused.err, /INVALID_ARGUMENT/)
  }
})

test('a broken image is reported and stops nothing: exit status 2, in fit and in score', async () => {
  const dirty = join(folder, 'dirty')
  await mkdir(dirty)
  for (let i = 0; i < 24; i += 2) await copyFile(join(photos, `part-${i}.jpg`), join(dirty, `${i}.jpg`))
  await writeFile(join(dirty, 'text.jpg'), 'this is a text file')
  const whole = await readFile(join(photos, 'part-0.jpg'))
  await writeFile(join(dirty, 'truncated.jpg'), whole.subarray(0, whole.length / 2))
  await writeFile(join(dirty, 'empty.png'), '')
  const fitted = await oneclass('fit', dirty, '--name', 'dirty', '--no-patches', '--json')
  assert.equal(fitted.status, 2, fitted.err)
  const rejected = json(fitted.out)['rejected'] as { image: string; error: { code: string } }[]
  assert.deepEqual(rejected.map(({ image }) => image).sort(), [
    'dirty/empty.png',
    'dirty/text.jpg',
    'dirty/truncated.jpg',
  ])
  assert.ok(rejected.every(({ error }) => error.code.startsWith('IMAGE_')))
  const scored = await oneclass('score', dirty, '--model', 'dirty', '--format', 'jsonl')
  assert.equal(scored.status, 2)
  assert.equal(lines(scored.out).length, 15)
  assert.equal(lines(scored.out).filter((line) => 'error' in json(line)).length, 3)
})

test('misuse: one sentence with a code, exit status 1, and nothing left behind', async () => {
  await mkdir(join(folder, 'void'))
  await mkdir(join(folder, 'single'))
  await copyFile(join(photos, 'part-0.jpg'), join(folder, 'single/one.jpg'))
  await mkdir(join(folder, 'same'))
  for (let i = 0; i < 12; i++) await copyFile(join(photos, 'part-0.jpg'), join(folder, `same/${i}.jpg`))
  for (const [args, expected] of [
    [[], /Usage/],
    [['frobnicate'], /INVALID_ARGUMENT.*frobnicate/],
    [['fit', photos], /INVALID_ARGUMENT.*--name/],
    [['fit', photos, '--name', '../evil'], /MODEL_NAME_INVALID/],
    [['fit', photos, '--name', 'x', '--alpha', '2'], /ALPHA_INVALID/],
    [['fit', photos, '--name', 'x', '--seed', '1.5'], /INVALID_ARGUMENT.*--seed/],
    [['fit', photos, '--name', 'x', '--nonsense'], /INVALID_ARGUMENT.*nonsense/],
    [['fit', 'nowhere', '--name', 'x'], /FOLDER_NOT_FOUND/],
    [['fit', 'void', '--name', 'x'], /FOLDER_EMPTY/],
    [['fit', 'single', '--name', 'x'], /TOO_FEW_IMAGES/],
    [['fit', 'same', '--name', 'x'], /IMAGES_IDENTICAL/],
    [['fit', photos, '--name', 'x', '--backbone', 'nothing'], /BACKBONE_NOT_FOUND/],
    [['fit', '--features', 'nowhere.npy', '--name', 'x'], /FEATURES_UNREADABLE/],
    [['fit', '--features', 'nowhere.npy', '--name', 'x', '--detail', '2'], /INVALID_ARGUMENT.*--detail/],
    [['score', 'mix', '--model', 'nobody'], /MODEL_NOT_FOUND/],
    [['score', 'mix', '--model', '../../etc/passwd'], /MODEL_NAME_INVALID/],
    [['score', 'mix', '--model', 'nobody', '--format', 'xml'], /INVALID_ARGUMENT.*format/],
    [['fit', photos, '--name', 'all'], /MODEL_NAME_INVALID: "all" means every model/],
    [['models', 'rename', 'part', 'all'], /MODEL_NAME_INVALID: "all" means every model/],
    [['models', 'list', 'part'], /INVALID_ARGUMENT: "oneclass models list" takes no name.*oneclass models show part/],
    [['backbones', 'list', 'oc-s2'], /INVALID_ARGUMENT.*"list oc-s2"/],
    [
      ['serve', '--root', join(photos, 'part-0.jpg'), '--port', '0'],
      /FOLDER_NOT_FOUND: ".*part-0.jpg" of --root is no folder/,
    ],
  ] as [string[], RegExp][]) {
    const { status, out, err } = await oneclass(...args)
    assert.equal(status, 1, args.join(' '))
    assert.match(out + err, expected)
    assert.doesNotMatch(err, /\n\s+at /, 'no stack trace')
  }
  assert.doesNotMatch((await oneclass('models', 'list')).out, /x@/)
})

test('score --explain writes a page that shows where each image is unusual', async () => {
  const explained = ['--explain', join(folder, 'why'), '--format', 'jsonl']
  const { status, err } = await oneclass('score', 'mix', '--model', 'twin', ...explained)
  assert.equal(status, 0, err)
  const page = await readFile(join(folder, 'why/index.html'), 'utf8')
  assert.match(page, /good\.png/)
  assert.match(page, /src="good\.heatmap\.png"/)
  assert.match(page, /At most 7 % of good images show any mark/)
  const png = await readFile(join(folder, 'why/other.heatmap.png'))
  assert.equal(png.subarray(1, 4).toString('latin1'), 'PNG')
  const plain = await oneclass('fit', photos, '--name', 'whole', '--no-patches')
  assert.equal(plain.status, 0, plain.err)
  await oneclass('score', 'mix', '--model', 'whole', '--explain', join(folder, 'whole'))
  const whole = await readFile(join(folder, 'whole/index.html'), 'utf8')
  assert.match(whole, /looks at whole images only/)
  assert.match(whole, /src="other\.heatmap\.png"/)
})
