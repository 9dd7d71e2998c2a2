/** `oneclass embed`: rows and names of what could be read, and a feature file that `fit` takes. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { matrix, row } from '../../src/core/matrix.ts'
import { readNpy, writeNpy } from '../../src/core/npy.ts'
import { createRandom } from '../../src/core/random.ts'
import { embedImages } from '../../src/features/embed.ts'
import { openBackbone } from '../../src/features/registry.ts'
import { drawFolder, type Json, runCommand } from '../support/command-line.ts'

let folder = ''
let home = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-embed-'))
  home = join(folder, 'home')
  await drawFolder(join(folder, 'photos'), 12, 1)
  await writeFile(join(folder, 'photos/broken.jpg'), 'no image')
  await writeFile(join(folder, 'photos/list.pdf'), '%PDF')
})
after(() => rm(folder, { recursive: true, force: true }))
const run = (...args: string[]) => runCommand(args, { cwd: folder, home })

test('embeddings in the order of the names; a broken image is reported, exit status 2', async () => {
  const { status, out, err } = await run('embed', 'photos', '--out', 'X.npy', '--json')
  assert.equal(status, 2, err)
  const said = JSON.parse(out) as Json
  assert.deepEqual([said['rows'], said['names'], said['rejected'][0].image], [12, 'X.txt', 'photos/broken.jpg'])
  assert.equal(said['skipped'][0].count, 1)
  assert.match(err, /photos\/broken\.jpg: IMAGE_/)
  const names = (await readFile(join(folder, 'X.txt'), 'utf8')).trimEnd().split('\n')
  assert.deepEqual(
    names,
    Array.from({ length: 12 }, (_, i) => `photos/part-${String(i).padStart(3, '0')}.jpg`),
  )
  const X = readNpy(await readFile(join(folder, 'X.npy')))
  assert.deepEqual([X.rows, X.cols], [12, said['dim']])
  const backbone = await openBackbone(undefined, { home })
  for await (const { embedding } of embedImages(backbone, [{ name: 'x', path: join(folder, names[7]!) }]))
    assert.ok(embedding!.every((value, j) => Math.abs(value - row(X, 7)[j]!) < 1e-4))
  await backbone.close()
  assert.equal((await run('fit', '--features', 'X.npy', '--name', 'rows')).status, 0)
  const scored = await run('score', '--features', 'X.npy', '--model', 'rows', '--format', 'jsonl')
  assert.equal(scored.out.trim().split('\n').length, 12)
})

test('nothing is left behind where nothing could be made', async () => {
  assert.match(
    (await run('embed', 'photos/broken.jpg', '--out', 'Y.npy')).err,
    /IMAGE_.*Of 1 image none has an embedding/,
  )
  assert.match((await run('embed', 'photos')).err, /Expected --out X\.npy/)
  assert.match((await run('embed', 'photos', '--out', 'no/Y.npy')).err, /INVALID_ARGUMENT.*its folder does not exist/)
  let isKilled = false
  const interrupted = await runCommand(['embed', ...Array(60).fill('photos'), '--out', 'Z.npy'], {
    cwd: folder,
    home,
    onErr: (said, kill) => {
      if (isKilled || !said.includes('images')) return
      isKilled = true
      kill('SIGINT')
    },
  })
  assert.equal(interrupted.status, 130)
  assert.deepEqual((await readdir(folder)).sort(), ['X.npy', 'X.txt', 'home', 'photos'])
})

test('feature rows that were whitened before are found out and said; --preprocess decides', async () => {
  const random = createRandom(1)
  const rows = Float64Array.from({ length: 60 * 20 }, () => random.normal())
  await writeFile(join(folder, 'white.npy'), writeNpy(matrix(60, 20, rows)))
  const fit = (...args: string[]) => run('fit', '--features', 'white.npy', '--name', 'white', ...args)
  assert.match((await fit()).out, /features +rows keep their lengths, they were whitened before/)
  assert.equal((JSON.parse((await fit('--json')).out) as Json)['preprocess'].reason, 'whitened')
  assert.match((await fit('--preprocess', 'l2')).out, /features +each row is scaled to length 1/)
  assert.match((await fit('--preprocess', 'l3')).err, /Expected --preprocess to be auto, l2, none/)
  assert.match((await run('fit', 'photos', '--name', 'x', '--preprocess', 'none')).err, /is for rows of --features/)
})
