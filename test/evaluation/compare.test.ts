/** The whole comparison on images drawn here, with a backbone of a few colour statistics: what every row says, and when it says no. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { type CompareOptions, compare } from '../../src/evaluation/compare.ts'
import type { Split } from '../../src/evaluation/compare-report.ts'
import { methods } from '../../src/evaluation/methods.ts'
import { renderReport, writeReport } from '../../src/evaluation/report.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'

const scratch = await mkdtemp(join(tmpdir(), 'oneclass-compare-'))
after(() => rm(scratch, { recursive: true, force: true }))

/** Means and spreads of a 4 x 4 grid: enough to tell the drawn classes apart. */
const backbone: Backbone = {
  id: 'grid',
  hash: 'grid-1',
  dim: 48,
  target: { width: 32, height: 32, resize: 'stretch' },
  async embed(images) {
    return images.map(({ data }) => {
      const out = new Float32Array(48)
      for (let i = 0; i < 32 * 32; i++) {
        const cell = Math.floor(i / 256) * 4 + Math.floor((i % 32) / 8)
        for (let c = 0; c < 3; c++) out[cell * 3 + c]! += data[i * 3 + c]! / 64 / 255
      }
      return out
    })
  },
  async close() {},
}

/** A disc (the class) or stripes (others), in random places and shades. */
function draw(kind: 'disc' | 'stripes', seed: number): Pixels {
  const random = createRandom(seed)
  const [cx, cy, r] = [12 + random.int(8), 12 + random.int(8), 6 + random.int(4)]
  const step = 2 + random.int(5)
  const data = new Uint8Array(32 * 32 * 3)
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const inside = kind === 'disc' ? (x - cx) ** 2 + (y - cy) ** 2 < r * r : Math.floor((x + seed) / step) % 2 === 0
      const at = (y * 32 + x) * 3
      for (let c = 0; c < 3; c++) data[at + c] = (inside ? [200, 60, 40][c]! : 90) + random.int(50)
    }
  }
  return { width: 32, height: 32, data }
}

async function sources(kind: 'disc' | 'stripes', count: number, from: number, folder: string): Promise<ImageSource[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `${folder}/<b>${i}</b>.png`,
      bytes: await encodeImage(draw(kind, from + i), 'png'),
    })),
  )
}

const images: Record<Split, ImageSource[]> = {
  trainPositive: await sources('disc', 30, 100, 'train/positive'),
  trainNegative: await sources('stripes', 20, 300, 'train/negative'),
  testPositive: await sources('disc', 16, 500, 'test/positive'),
  testNegative: await sources('stripes', 16, 700, 'test/negative'),
}
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
  const report = await compare({ ...options, images: { ...images, testNegative: [...images.testNegative, broken] } })
  assert.deepEqual(
    report.methods.map(({ status, reason }) => [status, reason]),
    fast.map(() => ['done', null]),
  )
  assert.deepEqual(
    report.data.unreadable.map(({ image }) => image),
    ['test/negative/broken.jpg'],
  )
  const ensemble = report.methods.find(({ key }) => key === 'ensemble')!
  assert.ok(ensemble.auroc! > 0.9, `AUROC ${ensemble.auroc}`)
  assert.ok(ensemble.aurocInterval![0] <= ensemble.auroc! && ensemble.auroc! <= ensemble.aurocInterval![1])
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
  if (report.data.nearDuplicatesDropped) assert.ok(!report.images.some(({ image }) => image === copy.name))
})

test('a comparison that was stopped goes on with what it had', async () => {
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
  const resumed = await compare({ ...options, resumeFolder, methods: ['transfer-binary', 'mahalanobis'] })
  const straight = await compare({ ...options, methods: ['transfer-binary', 'mahalanobis'] })
  assert.deepEqual(resumed.images, straight.images)
  await assert.rejects(readdir(resumeFolder))
})

test('a method that there is not is refused with the list of those there are', async () => {
  await assert.rejects(compare({ ...options, methods: ['magic'] }), { code: 'INVALID_ARGUMENT', message: /ensemble/ })
  assert.equal(new Set(methods.map(({ key }) => key)).size, 11)
})
