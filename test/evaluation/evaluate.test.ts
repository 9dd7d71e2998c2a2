/** `oneclass evaluate`: from a fitted model and a folder to numbers, a page and a paired test; several models on one image. */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { Value } from 'typebox/value'
import { evaluate, fit, load, loadModels, use } from '../../src/index.ts'
import { Evaluation } from '../../src/wire/evaluation.ts'
import type { ManyScored } from '../../src/wire/many.ts'
import type { Scored } from '../../src/wire/result.ts'
import { drawFolder, drawOthers, type Json, runCommand } from '../support/command-line.ts'

let folder = ''
let home = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-evaluate-'))
  home = join(folder, 'home')
  await drawFolder(join(folder, 'train'), 40, 1)
  await drawFolder(join(folder, 'test/positive'), 20, 2)
  await drawOthers(join(folder, 'test/negative'), 10, 3)
  await writeFile(join(folder, 'test/negative/broken.jpg'), 'no image')
  await fit(join(folder, 'train'), { name: 'part', home, detail: 1 })
  await fit(join(folder, 'test/positive'), { name: 'part', home, base: 'part@1' })
  await fit(join(folder, 'test/negative'), { name: 'other', home, patches: false })
})
after(() => rm(folder, { recursive: true, force: true }))

test('the command: JSON as its schema says, a page that needs nothing else, exit status 2 for the broken image', async () => {
  const args = ['evaluate', 'part', 'test', '--against', 'part@1', '--out', 'report', '--json']
  const { status, out, err } = await runCommand(args, { cwd: folder, home })
  assert.equal(status, 2, err)
  assert.match(err, /broken\.jpg: IMAGE_UNREADABLE/)
  const told = JSON.parse(out) as Json
  assert.ok(Value.Check(Evaluation, told), JSON.stringify([...Value.Errors(Evaluation, told)].slice(0, 3)))
  assert.deepEqual(told['images'], { positive: 20, negative: 10, unreadable: 1, ofFit: 20 })
  assert.equal(told['model'], 'part@2')
  assert.equal('ofFit' in told['against']!, false)
  assert.match(
    String(told['sentences']),
    /part@2 was fitted on 20 of these 30 images: what is said of them is too good/,
  )
  assert.ok((told['auroc'] as number) > 0.9)
  assert.equal(told['against']!.model, 'part@1')
  const page = await readFile(join(folder, 'report/report.html'), 'utf8')
  assert.match(page, /Evaluation of part@2/)
  assert.doesNotMatch(page, /(?:src|href)="(?!data:)/)
  assert.equal((await readFile(join(folder, 'report/scores.csv'), 'utf8')).trim().split('\n').length, 31)
})

test('folders beside positive and negative, such as masks, are left out with a note', async () => {
  await cp(join(folder, 'test'), join(folder, 'masked'), { recursive: true })
  await drawOthers(join(folder, 'masked/masks'), 3, 4)
  await writeFile(join(folder, 'masked/negative/notes.txt'), 'text')
  const args = ['evaluate', 'part', 'masked', '--json']
  const { out, err } = await runCommand(args, { cwd: folder, home })
  assert.match(err, /note: 3 images are left out, whose label is neither of the class nor its opposite: masks/)
  assert.match(err, /note: left out 1 entry: 1 not an image \(notes\.txt\)/)
  const told = JSON.parse(out) as Json
  assert.deepEqual(told['images'], { positive: 20, negative: 10, unreadable: 1, ofFit: 20 })
  const skipped = [{ reason: 'not an image', count: 1, examples: ['notes.txt'] }]
  assert.deepEqual(told['skipped'], skipped)
  // the same of a comparison, and of the negatives of a fit
  const methods = ['--methods', 'nearest-neighbour', '--quick', '--out', 'compared', '--json']
  const compared = await runCommand(['compare', '--train', 'masked', '--test', 'masked', ...methods], {
    cwd: folder,
    home,
  })
  assert.equal(compared.status, 2, compared.err)
  assert.match(compared.err, /note: left out 2 entries: 2 not an image/)
  assert.match(
    compared.err,
    /note: \d+ test images nearly repeat a training image \(kept in the test\): .* is much like /,
  )
  assert.equal((JSON.parse(compared.out) as Json)['data'].skipped[0].count, 2)
  const negatives = ['--negatives', 'masked/negative', '--name', 'with', '--no-patches', '--home', 'own', '--json']
  const fitted = await runCommand(['fit', 'test/positive', ...negatives], { cwd: folder, home })
  assert.equal(fitted.status, 2, fitted.err)
  assert.deepEqual((JSON.parse(fitted.out) as Json)['skipped'], skipped)
})

test('labels.csv says the same as folders; labels that name no positives and a folder without any are refused', async () => {
  const named = (kind: string, name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `"${kind}/${name}-${String(i).padStart(3, '0')}.jpg",${kind}`)
  const rows = [...named('negative', 'other', 10), ...named('positive', 'part', 20)]
  await cp(join(folder, 'test'), join(folder, 'listed'), { recursive: true })
  const list = join(folder, 'listed/labels.csv')
  await writeFile(list, `\uFEFFimage,label,note\r\n${rows.map((row) => `${row},"a, b"`).join('\r\n')}\r\n`)
  const byList = await evaluate('part@1', join(folder, 'listed'), { home })
  const byFolder = await evaluate('part@1', join(folder, 'test'), { home })
  assert.deepEqual([byList.auroc, byList.confusion], [byFolder.auroc, byFolder.confusion])
  const others = rows.map((row) => row.replace(/negative$/, 'scratch').replace(/positive$/, 'good'))
  await writeFile(list, `image,label\n${others.join('\n')}\n`)
  assert.deepEqual((await evaluate('part@1', list, { home })).confusion, byFolder.confusion)
  await writeFile(list, 'image,label\npositive/part-000.jpg,part\n')
  await assert.rejects(evaluate('part@1', list, { home }), { code: 'INVALID_ARGUMENT', message: /the labels part/ })
  await writeFile(list, 'file,kind\nx.jpg,positive\n')
  await assert.rejects(evaluate('part@1', list, { home }), {
    code: 'INVALID_ARGUMENT',
    message: /columns image and label/,
  })
  await assert.rejects(evaluate('part@1', join(folder, 'train'), { home }), { code: 'FOLDER_EMPTY' })
  await rename(list, join(folder, 'gone.csv'))
})

/** What a model says that could be asked. */
function ofModel({ models }: ManyScored, ref: string): Scored {
  const answer = models[ref]!
  assert.ok(!('error' in answer))
  return answer
}

test('several models at once: each says what it says alone; labels are those that accept, the surest first', async () => {
  const models = await loadModels(['part@1', 'other', 'part@2'], { home })
  const [alone, other] = [await load('part@1', { home }), await load('other', { home })]
  try {
    for await (const result of models.scoreAll(join(folder, 'test'))) {
      const single = await alone.score(result.image)
      if ('error' in result) {
        assert.ok('error' in single && single.error.code === result.error.code)
        continue
      }
      assert.deepEqual({ image: result.image, ...result.models['part@1']! }, single)
      assert.deepEqual({ image: result.image, ...result.models['other']! }, await other.score(result.image))
      const accepted = Object.keys(result.models).filter((ref) => ofModel(result, ref).isPositive)
      assert.deepEqual([...result.labels].sort(), accepted.sort())
      assert.equal(result.best, result.labels[0] ?? null)
      for (const label of result.labels)
        assert.ok(ofModel(result, label).pValue <= ofModel(result, result.best!).pValue)
    }
  } finally {
    await Promise.all([models.close(), alone.close(), other.close()])
  }
  await use('part@1', { home })
  const all = await loadModels('all', { home })
  assert.deepEqual(all.refs, ['other', 'part'])
  const result = await all.score(join(folder, 'test/positive/part-000.jpg'))
  assert.ok(!('error' in result) && ofModel(result, 'part').model === 'part@1')
  await all.close()
  await assert.rejects(loadModels(['part', 'none'], { home }), { code: 'MODEL_NOT_FOUND' })
})
