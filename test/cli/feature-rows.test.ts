/** The command line on rows of features, and on models: no image and no network. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { matrix } from '../../src/core/matrix.ts'
import { writeNpy } from '../../src/core/npy.ts'
import { createRandom } from '../../src/core/random.ts'
import { json, lines, runCommand } from '../support/command-line.ts'

const folder = await mkdtemp(join(tmpdir(), 'oneclass-rows-'))
after(() => rm(folder, { recursive: true, force: true }))
await mkdir(join(folder, 'mix'))
await writeFile(join(folder, 'mix/other.webp'), 'never read')

const oneclass = (...args: string[]) => runCommand(args, { cwd: folder, home: join(folder, 'home') })

test('feature files: fit and score rows, in order; wrong width and NaN are named', async () => {
  const random = createRandom(2)
  const rows = (n: number, d: number) =>
    matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, () => 1 + random.next()),
    )
  const save = async (name: string, m = rows(30, 12)) => {
    await writeFile(join(folder, name), writeNpy(m, 'float32'))
    return name
  }
  assert.equal((await oneclass('fit', '--features', await save('x.npy'), '--name', 'rows')).status, 0)
  const negatives = ['--features', 'x.npy', '--negatives', await save('not.npy', rows(3, 12)), '--name', 'two']
  const withNegatives = await oneclass('fit', ...negatives)
  assert.match(withNegatives.out, /with 3 negatives/)
  assert.match(
    withNegatives.out,
    /given negatives +[\d.]+ % of 3 rejected, each judged by a model that had not seen it/,
  )
  const scored = await oneclass(
    'score',
    '--features',
    await save('t.npy', rows(5, 12)),
    '--model',
    'rows',
    '--format',
    'jsonl',
  )
  assert.equal(scored.status, 0, scored.err)
  assert.deepEqual(
    lines(scored.out).map((line) => json(line)['row']),
    [0, 1, 2, 3, 4],
  )
  const narrow = await oneclass('score', '--features', await save('n.npy', rows(5, 11)), '--model', 'rows')
  assert.equal(narrow.status, 1)
  assert.match(narrow.err, /FEATURES_WRONG_WIDTH.*11.*12/)
  const holed = rows(20, 12)
  holed.data[25] = Number.NaN
  const nan = await oneclass('fit', '--features', await save('nan.npy', holed), '--name', 'nan')
  assert.equal(nan.status, 1)
  assert.match(nan.err, /FEATURES_NOT_FINITE: Row 2, column 1/)
  const notFinite = await oneclass('fit', '--features', 'x.npy', '--negatives', 'nan.npy', '--name', 'nan')
  assert.match(notFinite.err, /FEATURES_NOT_FINITE: Row 2, column 1 of the negatives/)
  const otherWidth = await oneclass('fit', '--features', 'x.npy', '--negatives', 'n.npy', '--name', 'n')
  assert.match(otherWidth.err, /FEATURES_WRONG_WIDTH: The negatives have 11 columns, the positives 12/)
  const summary = await oneclass('score', '--features', 't.npy', '--model', 'rows', '--json')
  assert.match(summary.err, /^{"summary":{"model":"rows@1","images":5,/m)
  assert.match((await oneclass('score', '--features', 't.npy', '--model', 'rows')).err, /^5 rows: \d positive/m)
  const explained = await oneclass('score', '--features', 't.npy', '--model', 'rows', '--explain', 'why')
  assert.match(explained.err, /INVALID_ARGUMENT: Expected --features or --explain, not both/)
  const images = await oneclass('score', 'mix', '--model', 'rows')
  assert.match(images.err, /MODEL_INCOMPATIBLE/)
})

test('models: list, show, set, export, import, remove; an altered file is refused', async () => {
  await oneclass('fit', '--features', await feature('m.npy'), '--name', 'moved')
  assert.match((await oneclass('models', 'list')).out, /moved@1/)
  assert.match((await oneclass('models', 'show', 'moved')).out, /threshold .*\n[\s\S]*good rows rejected/)
  assert.equal((await oneclass('models', 'set', 'moved', '--alpha', '0.2')).status, 0)
  assert.equal(json((await oneclass('models', 'show', 'moved', '--json')).out)['alpha'], 0.2)
  assert.equal((await oneclass('models', 'export', 'moved', '--out', 'moved.oneclass')).status, 0)
  assert.equal((await oneclass('models', 'remove', 'moved')).status, 0)
  assert.match((await oneclass('score', '--features', 'm.npy', '--model', 'moved')).err, /MODEL_NOT_FOUND/)
  assert.match((await oneclass('models', 'import', 'moved.oneclass')).out, /moved@1/)
  assert.equal(json((await oneclass('models', 'show', 'moved', '--json')).out)['alpha'], 0.2)
  const bytes = await readFile(join(folder, 'moved.oneclass'))
  await writeFile(join(folder, 'short.oneclass'), bytes.subarray(0, bytes.length - 10))
  assert.match((await oneclass('models', 'import', 'short.oneclass')).err, /MODEL_CORRUPT/)
})

async function feature(name: string): Promise<string> {
  const random = createRandom(5)
  await writeFile(
    join(folder, name),
    writeNpy(
      matrix(
        20,
        6,
        Float64Array.from({ length: 120 }, () => random.next()),
      ),
    ),
  )
  return name
}

test('rows whose squares no number can hold have the scores of the same rows at an ordinary scale', async () => {
  const random = createRandom(5)
  const data = Float64Array.from({ length: 40 * 6 }, () => 1 + random.next())
  const save = (name: string, factor: number) =>
    writeFile(
      join(folder, name),
      writeNpy(
        matrix(
          40,
          6,
          data.map((value) => value * factor),
        ),
      ),
    )
  const scores = async (file: string) => {
    const { status, out, err } = await oneclass('score', '--features', file, '--model', 'wide', '--format', 'jsonl')
    assert.equal(status, 0, err)
    return lines(out).map((line) => (json(line)['score'] as number).toFixed(6))
  }
  await save('one.npy', 1)
  await save('huge.npy', 1e200)
  await save('tiny.npy', 1e-200)
  const fitted = await oneclass('fit', '--features', 'huge.npy', '--name', 'wide')
  assert.equal(fitted.status, 0, fitted.err)
  const plain = await scores('one.npy')
  assert.deepEqual(await scores('huge.npy'), plain)
  assert.deepEqual(await scores('tiny.npy'), plain)
  const kept = await oneclass('fit', '--features', 'huge.npy', '--name', 'kept', '--preprocess', 'none')
  assert.match(kept.err, /FEATURES_NOT_FINITE: .*multiply all of them by one number/)
})

test('rows that differ in length only say how to keep it; other kinds of files say how to become NPY', async () => {
  const ray = matrix(
    30,
    3,
    Float64Array.from({ length: 90 }, (_, i) => (1 + (i % 3)) * (1 + Math.floor(i / 3) / 30)),
  )
  await writeFile(join(folder, 'ray.npy'), writeNpy(ray))
  const refused = await oneclass('fit', '--features', 'ray.npy', '--name', 'ray')
  assert.match(refused.err, /IMAGES_IDENTICAL: .*preprocess "none"/)
  assert.equal((await oneclass('fit', '--features', 'ray.npy', '--name', 'ray', '--preprocess', 'none')).status, 0)
  const python2 = Buffer.from(writeNpy(ray)).toString('latin1').replace('(30, 3)', '(30L, 3L)').replace('  \n', '\n')
  for (const [name, content, said] of [
    ['x.csv', '1,2\n3,4\n', /it is text.*numpy\.save/],
    ['x.npz', 'PK\x03\x04'.padEnd(40), /it is an archive.*numpy\.save/],
    ['x.npy', '', /the file is empty/],
    ['old.npy', python2, /IMAGES_IDENTICAL/],
  ] as const) {
    await writeFile(join(folder, name), content, 'latin1')
    assert.match((await oneclass('fit', '--features', name, '--name', 'x')).err, said)
  }
  assert.match((await oneclass('fit', '--features', 'none.npy', '--name', 'x')).err, /"none\.npy" does not exist/)
  assert.match((await oneclass('fit', '--features', '.', '--name', 'x')).err, /"\." is a folder/)
})

test('rows are left out by number or as misfits, and the others keep their names', async () => {
  const random = createRandom(4)
  const wrong = [3, 17, 40]
  const X = matrix(
    60,
    8,
    Float64Array.from({ length: 480 }, (_, k) => {
      const row = Math.floor(k / 8)
      return 4 + random.normal() + (wrong.includes(row) && k % 8 === wrong.indexOf(row) ? 40 : 0)
    }),
  )
  await writeFile(join(folder, 'wrong.npy'), writeNpy(X, 'float64'))
  const fit = (...args: string[]) => oneclass('fit', '--features', 'wrong.npy', '--json', ...args)
  const all = json((await fit('--name', 'whole')).out)
  const misfits = all['misfits'] as { image: string }[]
  const named = misfits.map(({ image }) => image).sort()
  assert.deepEqual(named, ['row 17', 'row 3', 'row 40'])
  const clean = json((await fit('--name', 'clean', '--exclude', 'misfits')).out)
  assert.deepEqual([clean['n'], clean['excluded']], [57, ['row 3', 'row 17', 'row 40']])
  // without one of them, the other two are still rows 17 and 40
  const two = json((await fit('--name', 'two-left', '--exclude', 'row 3')).out)
  const still = (two['misfits'] as { image: string; reason: string }[]).map(({ image }) => image)
  assert.deepEqual([two['n'], still.sort()], [59, ['row 17', 'row 40']])
  // the model, too, names its rows as the file does
  await oneclass('fit', '--features', 'wrong.npy', '--name', 'late', '--exclude', '0,1, 2')
  const scored = await oneclass('score', '--features', 'wrong.npy', '--model', 'late', '--format', 'jsonl')
  const nearest = json(lines(scored.out)[30]!)['nearest'] as { row: number; similarity: number }[]
  assert.deepEqual([nearest[0]!.row, Math.round(nearest[0]!.similarity * 1e4)], [30, 1e4])
  for (const [exclude, message] of [
    ['60', /There is no row "60" to exclude: the features have the rows 0 to 59/],
    ['x.jpg', /There is no row "x.jpg" to exclude: give numbers of rows/],
    ['-1', /There is no row "-1"/],
    ['3,misfits', /There is no row "misfits"/],
  ] as const) {
    const { status, err } = await fit('--name', 'none', `--exclude=${exclude}`)
    assert.equal(status, 1)
    assert.match(err, message)
  }
  X.data[8 * 30] = Number.NaN
  await writeFile(join(folder, 'wrong.npy'), writeNpy(X, 'float64'))
  assert.match((await fit('--name', 'nan', '--exclude', '0')).err, /FEATURES_NOT_FINITE: Row 30, column 0/)
  assert.equal((await fit('--name', 'nan', '--exclude', '30')).status, 0)
})
