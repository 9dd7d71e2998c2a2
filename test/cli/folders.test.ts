/** Folders as people have them: what is left out is said, and one bad entry stops nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { toOneclassError } from '../../src/errors.ts'
import { drawFolder, type Json, json, lines, program, type RunOptions, runCommand } from '../support/command-line.ts'

let folder = ''
let parts: string[] = []
const oneclass = (args: string[], options: Partial<RunOptions> = {}) =>
  runCommand(args, { cwd: folder, home: join(folder, 'home'), ...options })

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-folders-'))
  parts = await drawFolder(join(folder, 'parts'), 30, 3)
  assert.equal((await oneclass(['fit', 'parts', '--name', 'p', '--no-patches'])).status, 0)
})
after(() => rm(folder, { recursive: true, force: true }))

test('images under any name are found by content, other files are counted with a reason', async () => {
  const mixed = join(folder, 'mixed')
  await mkdir(mixed)
  for (const [i, path] of parts.entries()) {
    await copyFile(path, join(mixed, [`${i}.jpg`, `${i}.MPO`, `${i}.pjpeg`, `photo${i}`][i % 4]!))
  }
  await writeFile(join(mixed, 'labels.csv'), 'a,b\n')
  await writeFile(join(mixed, 'clip.mp4'), '\0\0\0\x18ftypisom\0\0\0\0')
  await writeFile(join(mixed, 'page.html'), '<!doctype html><p><svg></svg>')
  const { status, out, err } = await oneclass(['fit', 'mixed', '--name', 'mixed', '--no-patches', '--json'])
  assert.equal(status, 0, err)
  const result = json(out)
  assert.equal(result['n'], 30)
  assert.deepEqual((result['skipped'] as Json[]).map(({ reason, count }) => [reason, count]).sort(), [
    ['not an image', 2],
    ['video', 1],
  ])
  assert.equal(err.match(/left out/g)?.length, 1)
})

test("thumbnails and trash of systems are not learnt: Synology's, Windows', macOS's", async () => {
  const nas = join(folder, 'nas')
  await mkdir(join(nas, '@eaDir', 'a.jpg'), { recursive: true })
  await mkdir(join(nas, '#recycle'))
  await mkdir(join(nas, '__MACOSX'))
  await mkdir(join(nas, '.thumbnails'))
  for (const path of parts) await copyFile(path, join(nas, path.slice(path.lastIndexOf('/') + 1)))
  for (const name of [
    '@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg',
    '#recycle/old.jpg',
    '__MACOSX/._a.jpg',
    '.thumbnails/t.png',
  ])
    await copyFile(parts[0]!, join(nas, name))
  await writeFile(join(nas, '._part-000.jpg'), 'Mac OS X')
  await writeFile(join(nas, 'Thumbs.db'), 'x')
  const { status, out } = await oneclass(['fit', 'nas', '--name', 'nas', '--no-patches', '--json'])
  assert.equal(status, 0)
  assert.deepEqual(
    [json(out)['n'], json(out)['skipped'][0].reason, json(out)['skipped'][0].count],
    [30, 'system files', 6],
  )
  const empty = await oneclass(['score', 'nas/@eaDir/..', '--model', 'p', '--json'])
  assert.equal(lines(empty.out).length, 30)
})

test('a subfolder without the right to read it is a result, and the others are scored: exit 2', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root, to run the command as somebody else')
  const asOther = await oneclass(['--version'], { uid: 65534 })
  if (asOther.status !== 0) return t.skip('others may not read the folder of this clone')
  const disk = join(folder, 'disk')
  await mkdir(join(disk, 'private'), { recursive: true })
  await mkdir(join(disk, 'lost+found'))
  await copyFile(parts[0]!, join(disk, 'a.jpg'))
  await copyFile(parts[1]!, join(disk, 'private', 'b.jpg'))
  await chmod(folder, 0o755)
  await chmod(join(disk, 'private'), 0o700)
  await chmod(join(disk, 'lost+found'), 0o700)
  const score = () => oneclass(['score', 'disk', '--model', 'p', '--format', 'jsonl'], { uid: 65534 })
  // a data directory is for its owner alone, and that is said
  const refused = await score()
  assert.match(refused.err, /The data directory cannot be read .*EACCES/)
  for (const name of ['', ...(await readdir(join(folder, 'home'), { recursive: true }))])
    await chown(join(folder, 'home', name), 65534, 65534)
  const { status, out, err } = await score()
  assert.equal(status, 2, err)
  const results = lines(out).map(json)
  assert.deepEqual(
    results.map(({ image, error }) => [image, error?.code]),
    [
      ['disk/a.jpg', undefined],
      ['disk/lost+found', 'FOLDER_NOT_FOUND'],
      ['disk/private', 'FOLDER_NOT_FOUND'],
    ],
  )
  const home = join(folder, 'home-of-nobody')
  await mkdir(home)
  await chown(home, 65534, 65534)
  const more = join(disk, 'more')
  await mkdir(more)
  for (const path of parts) await copyFile(path, join(more, path.slice(path.lastIndexOf('/') + 1)))
  const fitted = await oneclass(['fit', 'disk', '--name', 'd', '--no-patches', '--json'], { uid: 65534, home })
  assert.equal(fitted.status, 2, fitted.err)
  assert.deepEqual(
    (json(fitted.out)['rejected'] as Json[]).map(({ image }) => image),
    ['disk/lost+found', 'disk/private'],
  )
  const foreign = await oneclass(['keys', 'create', '--name', 'a'], { uid: 65534, home: join(folder, 'foreign') })
  assert.match(
    foreign.err,
    /DISK_UNAVAILABLE: This user has no right .*\/foreign; --home or ONECLASS_HOME names another data directory\)/,
  )
})

test('names that are no UTF-8, links to nothing and circles of links', async () => {
  const odd = join(folder, 'odd')
  await mkdir(join(odd, 'deep'), { recursive: true })
  const latin = Buffer.concat([Buffer.from(`${odd}/Gr`), Buffer.from([0xfc, 0xdf]), Buffer.from('e.jpg')])
  await copyFile(parts[2]!, latin)
  await copyFile(parts[3]!, join(odd, 'deep', 'a\nb.jpg'))
  await symlink('nowhere.jpg', join(odd, 'dangling.jpg'))
  await symlink('..', join(odd, 'deep', 'up'))
  await symlink('self', join(odd, 'self'))
  await symlink('deep', join(odd, 'other-way'))
  const { status, out, err } = await oneclass(['score', 'odd', '--model', 'p', '--json'])
  assert.equal(status, 2, err)
  assert.deepEqual(
    lines(out)
      .map(json)
      .map(({ image, error }) => [image, error?.code]),
    [
      ['odd/Gr\\xFC\\xDFe.jpg', undefined],
      ['odd/dangling.jpg', 'IMAGE_NOT_FOUND'],
      ['odd/deep/a\nb.jpg', undefined],
      ['odd/deep/up', 'FOLDER_NOT_FOUND'],
      ['odd/self', 'IMAGE_NOT_FOUND'],
    ],
  )
  const { summary } = json(lines(err).at(-1)!)
  assert.deepEqual([summary.images, summary.failed], [5, 3])
  assert.deepEqual(summary.skipped, [{ reason: 'folder read already', count: 1, examples: ['other-way'] }])
})

test('score takes standard input, lists and patterns, and keeps the order', async () => {
  const [a, b, c] = [0, 1, 2].map((i) => `parts/part-00${i}.jpg`) as [string, string, string]
  await writeFile(join(folder, 'list.txt'), `﻿${c}\r\n\r\nparts/gone.jpg\n${a}\n`)
  const names = (text: string) => lines(text).map((line) => json(line)['image'])
  const score = (...args: string[]) => ['score', ...args, '--model', 'p', '--json']
  const listed = await oneclass(score(b, '@list.txt', 'parts/*-00[0-1].{jpg,png}'))
  assert.equal(listed.status, 2)
  assert.deepEqual(names(listed.out), [b, c, 'parts/gone.jpg', a, a, b])
  assert.match(listed.err, /"images":6,"positive":\d,"negative":\d,"failed":1/)
  const piped = await oneclass(score('-'), { input: `${c}\0${a}\0` })
  assert.deepEqual([piped.status, names(piped.out)], [0, [c, a]])
  const wide = await oneclass(score('-'), { input: Buffer.from(`\uFEFF${c}\r\n${a}\r\n`, 'utf16le') })
  assert.deepEqual([wide.status, names(wide.out)], [0, [c, a]])
  const latin = Buffer.from('list/caf\xe9.jpg', 'latin1')
  await mkdir(join(folder, 'list'))
  await copyFile(join(folder, a), Buffer.concat([Buffer.from(`${folder}/`), latin]))
  const bytes = await oneclass(score('-'), { input: Buffer.concat([latin, Buffer.from(`\n${c}\n`)]) })
  assert.deepEqual([bytes.status, names(bytes.out)], [0, ['list/caf\\xE9.jpg', c]])
  const image = await oneclass(score('-'), { input: await readFile(join(folder, a)) })
  assert.deepEqual([image.status, names(image.out)], [0, ['-']])
  for (const [args, input, expected] of [
    [['-'], '\n', /INVALID_ARGUMENT: Standard input names no image/],
    [['@none.txt'], '', /INVALID_ARGUMENT: The list "none.txt" cannot be read/],
    [['none/*.jpg'], '', /IMAGE_NOT_FOUND: "none\/\*\.jpg" fits no file/],
  ] as [string[], string, RegExp][]) {
    const refused = await oneclass(score(...args), { input })
    assert.equal(refused.status, 1)
    assert.match(refused.err, expected)
  }
})

test('a full or a read-only disk is said before any work, with a code and a way out', async (t) => {
  const isolated = spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0
  if (!isolated) return t.skip('this user may not mount file systems')
  const disk = join(folder, 'mounted')
  await mkdir(disk)
  const on = (options: string, args: string[]) => {
    const mounted = `mount -t tmpfs -o ${options} tmpfs "$1" && shift && exec "$@"`
    const command = [process.execPath, program, ...args, '--home', join(disk, 'home')]
    const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', mounted, 'sh', disk, ...command], {
      cwd: folder,
      encoding: 'utf8',
    })
    return `${status} ${stderr}`
  }
  const full = on('size=1m', ['fit', 'parts', '--name', 'x'])
  assert.match(
    full,
    /^1 oneclass: DISK_UNAVAILABLE: The disk of .*mounted\/home" is full .*--home or ONECLASS_HOME\.\n$/,
  )
  const fixed = on('ro', ['fit', 'parts', '--name', 'x'])
  assert.match(
    fixed,
    /^1 oneclass: INVALID_ARGUMENT: .*mounted\/home" cannot be written \(the file system is read-only\)/,
  )
  // found while the model is written
  const late = toOneclassError(Object.assign(new Error("ENOSPC: ..., write '/secret/path'"), { code: 'ENOSPC' }))
  assert.deepEqual([late.code, late.status, late.isPassing], ['DISK_UNAVAILABLE', 503, true])
  assert.match(late.message, /^The disk is full: [^/]*$/)
})

test('what cannot be written is said before any work: --out, --explain and the data directory', async () => {
  await writeFile(join(folder, 'file'), '')
  for (const [args, expected] of [
    [
      ['score', 'parts', '--model', 'p', '--out', 'none/r.csv'],
      /INVALID_ARGUMENT.*none\/r\.csv.*folder does not exist/,
    ],
    [['score', 'parts', '--model', 'p', '--out', '.'], /INVALID_ARGUMENT.*it is a folder/],
    [['score', 'parts', '--model', 'p', '--explain', 'file/x'], /INVALID_ARGUMENT.*file\/x/],
    [['fit', 'parts', '--name', 'x', '--home', '/proc/x'], /INVALID_ARGUMENT.*data directory "\/proc\/x".*--home/],
    [['fit', 'parts', '--name', 'x', '--home', 'file'], /INVALID_ARGUMENT.*data directory/],
  ] as [string[], RegExp][]) {
    const { status, out, err } = await oneclass(args)
    assert.equal(status, 1, args.join(' '))
    assert.match(err, expected)
    assert.equal(out, '')
    assert.doesNotMatch(err, /^(images|fitting)/m, 'no image was read')
  }
  const written = await oneclass(['score', 'parts', '--model', 'p', '--format', 'csv', '--out', 'r.csv'])
  assert.equal(written.status, 0)
  assert.equal(lines(await readFile(join(folder, 'r.csv'), 'utf8')).length, 31)
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('r.csv')),
    ['r.csv'],
  )
})
