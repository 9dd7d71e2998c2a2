/** The whole comparison on images drawn here, with a backbone of a few colour statistics: what every row says, and when it says no. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type CompareOptions, compare } from '../../src/evaluation/compare.ts'
import { methods } from '../../src/evaluation/methods.ts'
import { nearDuplicateWords } from '../../src/evaluation/near-duplicate-words.ts'
import { renderReport, writeReport } from '../../src/evaluation/report/report.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import type { Split } from '../../src/wire/splits.ts'
import { backbone, images } from '../support/drawn-images.ts'

const scratch = await mkdtemp(join(tmpdir(), 'oneclass-compare-'))
after(() => rm(scratch, { recursive: true, force: true }))

const fast = [
  'transfer-binary',
  'isolation-forest',
  'one-class-svm',
  'deep-one-class',
  'mahalanobis',
  'nearest-neighbour',
  'ensemble',
]
const options: CompareOptions = { images, backbone, effort: 'quick', methods: fast, keepNearDuplicates: true }

test('every row is filled, the files hold what the product promises, and the HTML is self-contained', async () => {
  const broken: ImageSource = { name: 'test/negative/broken.jpg', bytes: new Uint8Array([0xff, 0xd8, 0xff, 1, 2, 3]) }
  const error = { code: 'IMAGE_TOO_LARGE', message: 'It is too large.' } as const
  const failed = [{ split: 'trainPositive', image: 'train/positive/large.jpg', error }] as const
  const mixed = { ...images, testNegative: [...images.testNegative, broken] }
  const report = await compare({ ...options, images: mixed, failed })
  assert.deepEqual(
    report.methods.map(({ status, reason }) => [status, reason]),
    fast.map(() => ['done', null]),
  )
  assert.deepEqual(
    report.data.unreadable.map(({ image, error: { code } }) => [image, code]),
    [
      ['train/positive/large.jpg', 'IMAGE_TOO_LARGE'],
      ['test/negative/broken.jpg', 'IMAGE_UNREADABLE'],
    ],
  )
  const ensemble = report.methods.find(({ key }) => key === 'ensemble')!
  assert.ok(ensemble.auroc! > 0.9, `AUROC ${ensemble.auroc}`)
  assert.ok(ensemble.aurocInterval![0] <= ensemble.auroc! && ensemble.auroc! <= ensemble.aurocInterval![1])
  assert.match(report.verdict.join(' '), /positives moved the ensemble of whole images by .* looks at no places\)/)
  await writeReport(report, scratch)
  assert.deepEqual((await readdir(scratch)).sort(), ['report.html', 'report.json', 'scores.csv'])
  const json = JSON.parse(await readFile(join(scratch, 'report.json'), 'utf8'))
  for (const field of [
    'key',
    'status',
    'reason',
    'auroc',
    'aurocInterval',
    'averagePrecision',
    'falseRejectionRate',
    'truePositiveRate',
    'accuracy',
    'fitSeconds',
    'scoreMs',
  ]) {
    assert.ok(field in json.methods[0], field)
  }
  const html = await readFile(join(scratch, 'report.html'), 'utf8')
  assert.doesNotMatch(html, /(?:src|href)="(?!data:|#)/)
  assert.doesNotMatch(html, /<b>\d+<\/b>/)
  const lines = (await readFile(join(scratch, 'scores.csv'), 'utf8')).trim().split('\n')
  assert.equal(lines[0], 'image,label,method,score,isPositive')
  assert.equal(lines.length, 1 + 32 * fast.length)
  // Excel reads names that are no plain ASCII by the mark only, and takes " =1" for a formula
  const named = report.images.map((image, i) => ({ ...image, image: [' =1.jpg', 'Grüße.jpg'][i] ?? image.image }))
  const csv = renderReport({ ...report, images: named })['scores.csv']
  assert.ok(csv.startsWith("\uFEFFimage,label,method,score,isPositive\n' =1.jpg,"), csv.slice(0, 80))
})

test('images without a face are named apart from damaged ones, and counted as rejected', async () => {
  const report = await compare({ ...options, methods: ['ensemble'] })
  const { positiveAccepted, negativeRejected } = report.methods[0]!.confusion!
  const none = (split: Split) => ({ split, image: 'a.png', error: { code: 'NO_FACE', message: 'no face was found.' } })
  const unreadable = [none('testPositive'), none('testNegative'), none('testNegative'), none('trainNegative')] as const
  const html = renderReport({ ...report, data: { ...report.data, unreadable } as typeof report.data })['report.html']
  assert.match(html, /4 images have no face, or several of like size \(1 in train\/negative, 1 in test\/positive, 2 in/)
  assert.ok(html.includes(`right in ${positiveAccepted + negativeRejected + 2} of 35 test images`))
  assert.doesNotMatch(html, /could not be read/)
})

test('without negatives the rows that need them say so, and the reference set is drawn by us', async () => {
  const report = await compare({
    ...options,
    images: { ...images, trainNegative: [], testNegative: [] },
    methods: ['binary-cnn', 'transfer-binary', 'deep-one-class', 'ensemble'],
  })
  assert.deepEqual(
    report.methods.map(({ status }) => status),
    ['skipped', 'skipped', 'done', 'done'],
  )
  assert.match(report.methods[0]!.reason!, /needs negatives/)
  assert.match(report.methods[2]!.notes.join(), /draws itself/)
  assert.equal(report.methods[3]!.auroc, null)
  assert.equal(typeof report.methods[3]!.falseRejectionRate, 'number')
  assert.match(report.verdict[0]!, /no test negatives/)
  assert.match(renderReport(report)['report.html'], /skipped: needs negatives/)
})

test('a copy of a training image is found in the test and left out', async () => {
  const copy = { ...images.trainPositive[0]!, name: 'test/positive/copy.png' }
  const report = await compare({
    ...options,
    keepNearDuplicates: false,
    methods: ['mahalanobis'],
    images: { ...images, testPositive: [copy, ...images.testPositive] },
  })
  const found = report.data.nearDuplicates.find(({ image }) => image === copy.name)
  assert.equal(found?.of, images.trainPositive[0]!.name)
  assert.equal(found?.bits, 0)
  const words = nearDuplicateWords(report.data, (name) => name)!
  assert.match(
    words,
    /^\d+ test images? nearly repeats? a training image \((left out of|kept in) the test\): .* is much like /,
  )
  assert.ok(renderReport(report)['report.html'].includes('a training image ('))
  if (report.data.nearDuplicatesDropped) assert.ok(!report.images.some(({ image }) => image === copy.name))
})

test('a comparison that was stopped goes on with what it had, and not with what is damaged', async () => {
  const resumeFolder = join(scratch, 'partial')
  const stop = new AbortController()
  const stopped = compare(
    { ...options, resumeFolder, methods: ['transfer-binary', 'mahalanobis'] },
    {
      signal: stop.signal,
      onProgress: ({ message }) => {
        if (/Transfer learning.*: done/.test(message)) stop.abort()
      },
    },
  )
  await assert.rejects(stopped, { code: 'CANCELLED' })
  const [folder] = await readdir(resumeFolder)
  assert.deepEqual(await readdir(join(resumeFolder, folder!)), ['transfer-binary-1.json'])
  const kept = join(resumeFolder, folder!, 'transfer-binary-1.json')
  const entry = JSON.parse(await readFile(kept, 'utf8')) as { scores: object }
  assert.match(JSON.stringify(entry.scores), /^\{"\$float64":"[A-Za-z0-9+/=]{100,}"\}$/)
  await writeFile(kept, JSON.stringify({ ...entry, scores: { $float64: 'AAAAAAAA8D8=' } }))
  const resumed = await compare({ ...options, resumeFolder, methods: ['transfer-binary', 'mahalanobis'] })
  const straight = await compare({ ...options, methods: ['transfer-binary', 'mahalanobis'] })
  assert.deepEqual(resumed.images, straight.images)
  // until the report is written
  assert.ok((await readdir(join(resumeFolder, folder!))).includes('mahalanobis-1.json'))
})

test('a method that there is not is refused with the list of those there are', async () => {
  await assert.rejects(compare({ ...options, methods: ['magic'] }), { code: 'INVALID_ARGUMENT', message: /ensemble/ })
  assert.equal(new Set(methods.map(({ key }) => key)).size, 11)
})
