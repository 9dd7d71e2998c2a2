/** The library as its user meets it: every form of input, order, cancelling, closing, and an event loop that stays free. */
import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createRandom } from '../../src/core/random.ts'
import {
  compare,
  embed,
  evaluate,
  fit,
  type ImageInput,
  load,
  loadModels,
  type Matrix,
  models,
} from '../../src/index.ts'
import { drawFolder, drawOthers } from '../support/command-line.ts'
import { watchEventLoop } from '../support/held.ts'

let folder = ''
let home = ''
let paths: string[] = []
let others: string[] = []
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'oneclass-library-'))
  home = join(folder, 'home')
  paths = await drawFolder(join(folder, 'train'), 24, 1)
  others = await drawOthers(join(folder, 'others'), 10, 2)
  await writeFile(join(folder, 'broken.jpg'), 'no image')
})
after(() => rm(folder, { recursive: true, force: true }))

test('fit takes a folder, paths, bytes and streams, all at once or one by one: the same model each time', async () => {
  const held = watchEventLoop()
  const stages = new Set<string>()
  const byFolder = await fit(join(folder, 'train'), {
    name: 'part',
    home,
    onProgress: (_d, _t, stage) => stages.add(stage),
  })
  const longest = held()
  assert.deepEqual([byFolder.name, byFolder.version, byFolder.used], ['part', 1, 24])
  assert.equal(byFolder.report.n, 24)
  assert.deepEqual([...stages], ['images', 'fitting'])
  // 50 ms is the promise; the rest is for a machine that does other things
  assert.ok(longest < 100, `the event loop was held for ${longest.toFixed(0)} ms`)
  async function* oneByOne(): AsyncGenerator<ImageInput> {
    for (const [i, path] of paths.entries()) {
      const name = `train/${path.slice(-12)}`
      if (i % 5 === 0) yield { name, image: path }
      else if (i % 5 === 1) yield { name, image: pathToFileURL(path) }
      else if (i % 5 === 2) yield { name, image: await readFile(path) }
      else if (i % 5 === 3) yield { name, image: createReadStream(path) }
      else yield { name, image: new Blob([new Uint8Array(await readFile(path))]) }
    }
    yield join(folder, 'broken.jpg')
    yield createReadStream(join(folder, 'not-there.jpg'))
  }
  const byStream = await fit(oneByOne(), { name: 'part', home })
  assert.equal(byStream.sha256, byFolder.sha256)
  assert.deepEqual(
    byStream.rejected.map(({ image, error }) => [image, error.code]),
    [
      ['image 26', 'IMAGE_NOT_FOUND'],
      [join(folder, 'broken.jpg'), 'IMAGE_UNREADABLE'],
    ],
  )
})

test('one load: single images, many in order, errors in their place, features, an explanation', async () => {
  await using part = await load('part@1', { home })
  assert.equal(part.info.version, 1)
  const [good, bad] = [await part.score(paths[0]!), await part.score(await readFile(others[0]!))]
  assert.ok('isPositive' in good && good.isPositive && good.image === paths[0])
  assert.ok('isPositive' in bad && !bad.isPositive && bad.image === 'image')
  const broken = await part.score(join(folder, 'broken.jpg'))
  assert.ok('error' in broken && broken.error.code === 'IMAGE_UNREADABLE')

  const list: ImageInput[] = [...others, join(folder, 'broken.jpg'), createReadStream(paths[3]!), ...paths]
  const seen: (readonly [number, number | undefined])[] = []
  const results = []
  for await (const result of part.scoreAll(list, { abstain: true, onProgress: (...at) => seen.push(at) }))
    results.push(result)
  assert.deepEqual(
    results.map(({ image }) => image),
    list.map((image, i) => (typeof image === 'string' ? image : `image ${i + 1}`)),
  )
  assert.equal(results.filter((result) => 'error' in result).length, 1)
  assert.ok(results.every((result) => 'error' in result || result.verdict !== undefined))
  assert.deepEqual(seen.at(-1), [list.length, list.length])
  const { verdict: _, ...alone } = results[12] as typeof good & { verdict?: string }
  assert.deepEqual(alone, good)

  const flagged = []
  for await (const result of part.scoreAll(folder, { fdr: 0.5 })) flagged.push(result)
  assert.equal(flagged.length, 35)
  assert.ok(flagged.every((result) => 'error' in result || result.flagged !== undefined))

  const why = await part.explain(others[0]!)
  assert.ok('pValue' in why)
  // a model that looks at whole images only has no heat
  const map = why.heatmap
  assert.equal(map !== undefined, why.detectors.patches !== undefined)
  assert.ok(map === undefined || map.values.length === map.width * map.height)
})

test('memory that an image was given in may be written over as soon as it was given', async () => {
  const part = await load('part', { home })
  try {
    const files = [await readFile(paths[0]!), await readFile(others[0]!)]
    const scores: number[] = []
    for (const file of files) scores.push(scoreOf(await part.score(file)))
    const asked = files.flatMap((file) => {
      const [bytes, buffer] = [Buffer.from(file), Uint8Array.from(file).buffer]
      const piece = async function* () {
        const memory = Buffer.from(file)
        yield memory
        memory.fill(0)
      }
      const results = [part.score(bytes), part.score(buffer), part.score(piece())]
      bytes.fill(0)
      new Uint8Array(buffer).fill(0)
      return results
    })
    assert.deepEqual(
      (await Promise.all(asked)).map(scoreOf),
      [0, 0, 0, 1, 1, 1].map((i) => scores[i]),
    )
    async function* frames(): AsyncGenerator<Uint8Array> {
      const memory = Buffer.alloc(Math.max(...files.map(({ length }) => length)))
      for (const i of [0, 1, 0, 1]) {
        const file = files[i]!
        memory.fill(0)
        memory.set(file)
        yield memory.subarray(0, file.length)
      }
    }
    const seen: number[] = []
    for await (const result of part.scoreAll(frames())) seen.push(scoreOf(result))
    assert.deepEqual(
      seen,
      [0, 1, 0, 1].map((i) => scores[i]),
    )
  } finally {
    await part.close()
  }
})

function scoreOf(result: object): number {
  return 'score' in result ? Number(result.score) : assert.fail(JSON.stringify(result))
}

test('a slow source gets its answers as it goes, and is left when nobody asks any more', async () => {
  await using part = await load('part', { home })
  let wake = () => {}
  let isLeft = false
  async function* slow() {
    try {
      yield paths[0]!
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      yield paths[1]!
    } finally {
      isLeft = true
    }
  }
  const results = part.scoreAll(slow())
  assert.equal((await results.next()).value?.image, paths[0])
  await results.return()
  wake()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(isLeft)
  const stop = new AbortController()
  const cancelled = part.scoreAll(slow(), { signal: stop.signal })
  await cancelled.next()
  setTimeout(() => stop.abort(), 20)
  await assert.rejects(cancelled.next(), { code: 'CANCELLED' })
  assert.ok('isPositive' in (await part.score(paths[0]!)), 'the model still answers')
  await part.close()
  await assert.rejects(part.score(paths[0]!), { code: 'CANCELLED' })
})

test('several models at once', async () => {
  await fit(others, { name: 'other', home })
  await using both = await loadModels('all', { home })
  assert.deepEqual([...both.refs].sort(), ['other', 'part'])
  const result = await both.score(await readFile(paths[5]!))
  assert.ok('labels' in result && result.best === 'part')
  const results = []
  const all = both.scoreAll([paths[1]!, join(folder, 'broken.jpg')], { fdr: 0.1, abstain: true })
  for await (const entry of all) results.push(entry)
  const answer = 'models' in results[0]! ? results[0].models['part']! : undefined
  assert.ok(answer && 'verdict' in answer && answer.verdict && answer.flagged === false)
  assert.deepEqual(
    results.map((entry) => 'error' in entry),
    [false, true],
  )
})

test('a fit of embeddings, and its scores', async () => {
  const random = createRandom(3)
  const X: Matrix = { rows: 60, cols: 8, data: Float64Array.from({ length: 480 }, () => random.normal()) }
  const fitted = await fit(X, { name: 'rows', home, alpha: 0.1 })
  assert.deepEqual([fitted.alpha, fitted.used, fitted.backbone], [0.1, 60, null])
  await using rows = await load('rows', { home })
  const kept = await fit(X, { name: 'kept', home, preprocess: 'none' })
  assert.deepEqual([fitted.preprocess?.reason, kept.preprocess?.reason], ['whitened', 'asked'])
  const fewer = await fit(X, { name: 'fewer', home, exclude: [59, 'row 2'] })
  assert.deepEqual([fewer.used, fewer.excluded], [58, ['row 2', 'row 59']])
  for (const wrong of [60, 'row 60', 'part.jpg'])
    await assert.rejects(fit(X, { name: 'no', home, exclude: [wrong] }), {
      code: 'INVALID_ARGUMENT',
      message: /There is no row/,
    })
  const scored = await rows.scoreFeatures(X, { abstain: true })
  assert.deepEqual([scored.length, 'row' in scored[59]! && scored[59].row], [60, 59])
  await assert.rejects(rows.score(paths[0]!), { code: 'MODEL_INCOMPATIBLE', message: /scoreFeatures/ })
  await assert.rejects(rows.scoreFeatures({ rows: 1, cols: 3, data: new Float64Array(3) }), {
    code: 'FEATURES_WRONG_WIDTH',
  })
})

test('a fit that is cancelled ends soon and saves nothing', async () => {
  const stop = new AbortController()
  const fitting = fit(join(folder, 'train'), {
    name: 'stopped',
    home,
    signal: stop.signal,
    onProgress: (done) => done > 3 && stop.abort(),
  })
  await assert.rejects(fitting, { code: 'CANCELLED' })
  await assert.rejects(models.show('stopped', { home }), { code: 'MODEL_NOT_FOUND' })
})

test('bytes are written to a folder of the system that is gone after a failure too', async () => {
  const { TMPDIR } = process.env
  const room = join(folder, 'room')
  await mkdir(room)
  process.env['TMPDIR'] = room // other tests write into the usual one meanwhile
  try {
    await assert.rejects(fit([await readFile(paths[0]!)], { name: 'one', home }), { code: 'TOO_FEW_IMAGES' })
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
  assert.deepEqual(await readdir(room), [])
})

test('models: list, show, set, use, rename, export, import, remove', async () => {
  const listed = await models.list({ home })
  assert.ok(listed.some(({ name, version, serving }) => name === 'part' && version === 2 && serving))
  assert.equal((await models.use('part@1', { home })).version, 1)
  assert.match((await models.set('part', { alpha: 1e-6, home })).report.warnings[0]!, /nothing at all is rejected/)
  assert.equal((await models.set('part', { alpha: 0.2, home })).alpha, 0.2)
  assert.equal((await models.show('part', { home })).report.alpha, 0.2)
  const out = join(folder, 'part.oneclass')
  const bytes = await models.export('part', { home, out })
  assert.ok(Buffer.from(bytes).equals(await readFile(out)))
  const copies = [await models.import(out, { home, name: 'copy' }), await models.import(bytes, { home, name: 'copy' })]
  assert.deepEqual(
    copies.map(({ version, alpha }) => [version, alpha]),
    [
      [1, 0.2],
      [2, 0.2],
    ],
  )
  assert.equal((await models.rename('copy', 'copied', { home })).name, 'copied')
  await models.remove('copied@2', { home })
  await models.remove('copied', { home })
  await assert.rejects(models.show('copied', { home }), { code: 'MODEL_NOT_FOUND' })
  await assert.rejects(models.import(Buffer.from('no model'), { home, name: 'x' }), { code: 'MODEL_CORRUPT' })
  await assert.rejects(models.export('part', { home, out: folder }), { code: 'INVALID_ARGUMENT', message: /a folder/ })
  await assert.rejects(models.import(folder, { home, name: 'x' }), { code: 'MODEL_NOT_FOUND' })
})

test('embed and evaluate and compare, each in a thread; embeddings are those that a fit uses', async () => {
  const embedded = await embed([...paths, join(folder, 'broken.jpg'), await readFile(paths[0]!)], { home })
  assert.deepEqual([embedded.embeddings.rows, embedded.images.at(-1), embedded.rejected.length], [25, 'image 26', 1])
  const first = embedded.embeddings.data.subarray(0, embedded.embeddings.cols)
  assert.deepEqual(first, embedded.embeddings.data.subarray(-embedded.embeddings.cols))
  const labelled = join(folder, 'labelled')
  await drawFolder(join(labelled, 'positive'), 16, 8)
  await drawOthers(join(labelled, 'negative'), 8, 9)
  const progress: number[] = []
  const evaluation = await evaluate('part', labelled, { home, onProgress: (done) => progress.push(done) })
  assert.deepEqual([evaluation.images.positive, evaluation.images.negative, progress.at(-1)], [16, 8, 24])
  const out = join(folder, 'report')
  const methods = ['nearest-neighbour', 'ensemble']
  const fractions: number[] = []
  // as data sets of defects name them
  const named = join(folder, 'named')
  for (const [kind, seed] of [
    ['dent', 9],
    ['scratch', 10],
  ] as const)
    await drawOthers(join(named, kind), 4, seed)
  await drawFolder(join(named, 'good'), 16, 8)
  const report = await compare({
    train: labelled,
    test: named,
    out,
    methods,
    quick: true,
    keepDuplicates: true,
    home,
    onProgress: ({ fraction }) => fractions.push(fraction),
  })
  assert.deepEqual(
    report.methods.map(({ key, status }) => [key, status]),
    methods.map((key) => [key, 'done']),
  )
  const { counts } = report.data
  assert.deepEqual([counts.testPositive.found, counts.testNegative.found], [16, 8])
  assert.ok(fractions.length > 3 && (await readdir(out)).includes('report.html'))
  await assert.rejects(compare({ train: labelled, out } as never), { code: 'INVALID_ARGUMENT', message: /test/ })
  await assert.rejects(compare({ train: labelled, test: labelled, out, methods: ['x'] }), { code: 'INVALID_ARGUMENT' })
})
