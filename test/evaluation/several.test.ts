/** Several models at once on the command line: labels and best, feature rows, confusion over classes. */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Value } from 'typebox/value'
import { matrix } from '../../src/core/matrix.ts'
import { writeNpy } from '../../src/core/npy.ts'
import { createRandom } from '../../src/core/random.ts'
import { fit } from '../../src/index.ts'
import { parseCsv } from '../../src/wire/csv.ts'
import { ManyEvaluation } from '../../src/wire/evaluation-many.ts'
import { ManyResult } from '../../src/wire/many.ts'
import type { Fixed } from '../../src/wire/type.ts'
import { drawFolder, drawOthers, type Json, runCommand } from '../support/command-line.ts'

let folder = ''
let home = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-several-'))
  home = join(folder, 'home')
  await drawFolder(join(folder, 'train'), 40, 1)
  await drawFolder(join(folder, 'test/positive'), 20, 2)
  await drawOthers(join(folder, 'test/negative'), 10, 3)
  await writeFile(join(folder, 'test/negative/broken.jpg'), 'no image')
  await fit(join(folder, 'train'), { name: 'part', home, patches: false })
  // enough of them that the model can reject what is not like them at alpha 0.05
  await drawOthers(join(folder, 'others'), 30, 5)
  await fit(join(folder, 'others'), { name: 'other', home, patches: false })
})
after(() => rm(folder, { recursive: true, force: true }))

test('score with several models: as JSON, CSV and a table; an unknown model is an error in its place', async () => {
  const score = (...args: string[]) => runCommand(['score', 'test', ...args], { cwd: folder, home })
  const { status, out, err } = await score('--model', 'part@1,other', '--json', '--fdr', '0.2', '--abstain')
  assert.equal(status, 2, err) // the broken image
  const results = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  assert.equal(results.length, 31)
  for (const result of results) {
    if ('error' in result) {
      assert.equal(result['image'], 'test/negative/broken.jpg')
      continue
    }
    assert.equal<boolean>(Value.Check(ManyResult, result), true)
    assert.deepEqual(Object.keys(result['models']), ['part@1', 'other'])
    assert.equal(typeof result['models']['other'].flagged, 'boolean')
    assert.match(result['models']['other'].verdict, /^(positive|negative|unsure)$/)
  }
  const part = results.filter(({ best }) => best === 'part@1')
  assert.ok(part.length >= 15 && part.every(({ image }) => image.startsWith('test/positive/')), String(part.length))
  const { summary } = JSON.parse(err.trim().split('\n').at(-1)!) as Json
  assert.deepEqual([summary['images'], summary['failed'], summary['best']['part@1']], [31, 1, part.length])

  const csv = await score('--model', 'other, part@1', '--format', 'csv')
  const rows = parseCsv(csv.out)
  assert.equal(rows.length, 1 + 2 * 31)
  assert.deepEqual(rows[1]!.slice(0, 2), ['test/negative/broken.jpg', 'other'])
  assert.deepEqual(rows[2]!.slice(0, 2), ['test/negative/broken.jpg', 'part@1'])
  assert.match(csv.err, /31 images: .*1 could not be read/)

  const one = ['score', 'test/positive/part-000.jpg', '--model', 'part@1,gone']
  const table = await runCommand(one, { cwd: folder, home })
  assert.equal(table.status, 2)
  assert.match(table.out, /^best +p-value +image\npart@1 +0\.\d+ +test\/positive\/part-000\.jpg\n$/)
  assert.match(table.err, /note: MODEL_NOT_FOUND/)
  const inPlace = JSON.parse((await runCommand([...one, '--format', 'jsonl'], { cwd: folder, home })).out) as Json
  assert.deepEqual([inPlace['labels'], inPlace['models']['gone'].error.code], [['part@1'], 'MODEL_NOT_FOUND'])
  assert.match((await score('--model', 'gone,lost')).err, /MODEL_NOT_FOUND/)
  // what is unsure stands in the table too
  const doubtful = results.filter((result) => result['models']?.['part@1'].verdict === 'unsure')
  const told = await score('--model', 'part@1,other', '--abstain')
  assert.ok(doubtful.length > 0)
  assert.equal(told.out.match(/\(unsure: part@1[,)]/g)?.length, doubtful.length)
  assert.match((await score('--model', 'part,other', '--explain', 'why')).err, /Expected one model with --explain/)
})

test('several models on feature rows: another width is an error of its model', async () => {
  const random = createRandom(1)
  const rows = (n: number, d: number, mean: number) =>
    matrix(
      n,
      d,
      Float64Array.from({ length: n * d }, (_, i) => random.normal() + (i % d === 0 ? mean : 0)),
    )
  await fit(rows(40, 6, 9), { name: 'near', home: join(folder, 'rows') })
  await fit(rows(40, 6, -9), { name: 'far', home: join(folder, 'rows') })
  await fit(rows(40, 5, 9), { name: 'narrow', home: join(folder, 'rows') })
  await writeFile(join(folder, 'X.npy'), writeNpy(rows(20, 6, 9)))
  const args = ['score', '--features', 'X.npy', '--model', 'near,far,narrow', '--format', 'jsonl']
  const { status, out, err } = await runCommand(args, { cwd: folder, home: join(folder, 'rows') })
  assert.equal(status, 2, err)
  const results = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  assert.deepEqual(
    results.map(({ row }) => row),
    Array.from({ length: 20 }, (_, i) => i),
  )
  assert.ok(results.filter(({ best }) => best === 'near').length >= 15)
  assert.ok(results.every(({ models }) => models['far'].isPositive === false))
  assert.ok(results.every(({ models }) => models['narrow'].error.code === 'FEATURES_WRONG_WIDTH'))
})

test('confusion over models: a class is a folder named as its model; other folders should have no label', async () => {
  await cp(join(folder, 'test/positive'), join(folder, 'classes/part'), { recursive: true })
  await cp(join(folder, 'test/negative'), join(folder, 'classes/other'), { recursive: true })
  await drawOthers(join(folder, 'classes/unknown'), 6, 12)
  const run = (...args: string[]) => runCommand(['evaluate', 'part@1,other', ...args], { cwd: folder, home })
  const { status, out, err } = await run('classes', '--json', '--out', 'confused')
  assert.equal(status, 2, err) // the broken image
  const told = JSON.parse(out) as Fixed<typeof ManyEvaluation>
  assert.equal<boolean>(Value.Check(ManyEvaluation, told), true)
  assert.deepEqual(
    told.classes.map(({ label, images, model }) => [label, images, model]),
    [
      ['other', 10, 'other'],
      ['part', 20, 'part@1'],
      ['unknown', 6, null],
    ],
  )
  const part = told.classes[1]!
  assert.equal(part.none + part.best['part@1']! + part.best['other']!, 20)
  assert.ok(part.best['part@1']! >= 15 && part.rejectedByOwn!.images === 20 - part.accepted['part@1']!)
  assert.equal(told.classes[2]!.rejectedByOwn, null)
  assert.ok(told.classes[2]!.best['part@1'] === 0 && told.noneIsRight !== null && told.unreadable.length === 1)
  const csv = parseCsv(await readFile(join(folder, 'confused/confusion.csv'), 'utf8'))
  assert.deepEqual(csv[0], ['class', 'images', 'part@1', 'other', 'none'])
  assert.deepEqual(csv[2]!.slice(0, 3), ['part', '20', String(part.best['part@1'])])
  assert.match(await readFile(join(folder, 'confused/report.html'), 'utf8'), /<h2>Best label<\/h2>/)
  const { mode } = await stat(join(folder, 'confused/report.html'))
  assert.equal(mode & 0o777, 0o666 & ~process.umask(), 'others may read a report, as far as the umask lets them')
  const table = await run('classes')
  assert.match(table.out, /part: \d+ of 20 are missing from their own label.*promise/)
  assert.match((await run('test')).err, /None of the labels negative, positive is the name of a model/)
  assert.match((await run('classes', '--against', 'part')).err, /Expected one model with --against/)
})
