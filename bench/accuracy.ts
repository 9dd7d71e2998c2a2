/**
 * How well a model fitted on positives alone tells the test images apart, by the product's own path: embed, fit, classify.
 *
 *   node dist/bench/accuracy.js [--data DIR] [--backbone ID|FILE] [--cifar DIR] [--only SET,SET] [--seed 1] [--json FILE]
 *
 * `--data` (default ../shared/data) holds image sets (train/positive, test/positive, test/negative) and `mvtec-resnet18`;
 * `--cifar` is a checkout of CIFAR-10 as images (train/<class>, test/<class>). What is absent is skipped with a sentence.
 * `test/` is scored and used for nothing else.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Matrix, takeRows } from '../src/core/matrix.ts'
import { readNpy } from '../src/core/npy.ts'
import { createRandom, sample } from '../src/core/random.ts'
import { auroc, truePositiveRateAt } from '../src/evaluation/metrics.ts'
import type { Backbone } from '../src/features/backbone.ts'
import { openBackbone } from '../src/features/registry.ts'
import { collectImages } from '../src/images/collect.ts'
import type { ImageSource } from '../src/images/source.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { inLight } from '../src/pipeline/first-look.ts'
import { fitFeatures } from '../src/pipeline/fit-features.ts'
import { chooseWay } from '../src/pipeline/way.ts'
import { embedAll, markdownTable, mean, share, stackRows } from './material.ts'

const alphas = [0.01, 0.05, 0.1] as const

interface Row {
  readonly set: string
  readonly train: number
  readonly positives: number
  readonly negatives: number
  readonly ensemble: number
  readonly isolationForest: number
  readonly oneClassSvm: number
  /** At each of `alphas`. */
  readonly falseRejection: readonly number[]
  /** Share of negatives rejected at alpha .05. */
  readonly negativesRejected: number
  /** Positives accepted by the threshold that accepts 5 % of the negatives. */
  readonly tprAt5: number
}

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    backbone: { type: 'string' },
    cifar: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const seed = Number(values.seed)
const wanted = (set: string) => !values.only || values.only.split(',').includes(set)

const home = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
const backbone = await openBackbone(values.backbone, { home })
try {
  console.log(`Backbone ${backbone.id}, ${backbone.hash.slice(0, 12)}, ${backbone.dim}-d; seed ${seed}.\n`)
  const photos = await imageSets(backbone)
  if (photos.length > 0) print(photos)
  const mvtec = wanted('mvtec-resnet18') ? await mvtecCategories() : []
  if (mvtec.length > 0) print(mvtec)
  const cifar = values.cifar && wanted('cifar-10') ? await cifarClasses(backbone, values.cifar) : []
  if (cifar.length > 0) print(cifar)
  else if (!values.cifar) console.log('CIFAR-10 is skipped: name a checkout with --cifar.')
  if (values.json) {
    const { id, hash, dim } = backbone
    await writeFile(values.json, JSON.stringify({ backbone: { id, hash, dim }, seed, photos, mvtec, cifar }, null, 1))
  }
} finally {
  await backbone.close()
  await rm(home, { recursive: true, force: true })
}

async function imageSets(network: Backbone): Promise<Row[]> {
  const rows: Row[] = []
  const names = existsSync(values.data) ? (await readdir(values.data)).sort() : []
  for (const set of names) {
    const folder = (part: string) => join(values.data, set, part)
    if (!wanted(set) || !existsSync(folder('train/positive'))) continue
    const sources = await collectImages(folder('train/positive'))
    const seeing = await asFitted(network, sources)
    const train = await embedAll(seeing, sources)
    const positive = await embedAll(seeing, await collectImages(folder('test/positive')))
    const negative = await embedAll(seeing, await collectImages(folder('test/negative')))
    const lost = train.unreadable + positive.unreadable + negative.unreadable
    if (lost > 0) console.log(`${set}: ${lost} images could not be used.`)
    rows.push(await judge(set, train, positive.X, negative.X))
  }
  if (rows.length === 0 && !values.only) console.log(`Image sets are skipped: there is none in "${values.data}".`)
  return rows
}

/** The network as a fit of these whole images looks at them: in the light that its first look chooses. */
async function asFitted(network: Backbone, sources: readonly ImageSource[]): Promise<Backbone> {
  const { light } = await chooseWay(sources, network, undefined, { range: undefined, patches: false })
  return inLight(network, light)
}

async function mvtecCategories(): Promise<Row[]> {
  const root = join(values.data, 'mvtec-resnet18')
  if (!existsSync(root)) {
    console.log(`MVTec features are skipped: "${root}" is not there.`)
    return []
  }
  const rows: Row[] = []
  for (const category of (await readdir(root)).sort()) {
    if (!existsSync(join(root, category, 'train.npy'))) continue
    const X = readNpy(await readFile(join(root, category, 'train.npy')))
    const test = readNpy(await readFile(join(root, category, 'test.npy')))
    const anomalous = readLabels(await readFile(join(root, category, 'labels.npy')))
    const rowsOf = (label: number) => anomalous.flatMap((value, i) => (value === label ? [i] : []))
    rows.push(await judge(category, { X }, takeRows(test, rowsOf(0)), takeRows(test, rowsOf(1))))
  }
  return rows
}

/** One class against nine: 200 training images of the class, drawn by the seed; every test image, embedded once. */
async function cifarClasses(network: Backbone, folder: string): Promise<Row[]> {
  const classes = (await readdir(join(folder, 'train'))).sort()
  const tests: Matrix[] = []
  for (const name of classes) tests.push((await embedAll(network, await collectImages(join(folder, 'test', name)))).X)
  const rows: Row[] = []
  for (const [k, name] of classes.entries()) {
    const all = await collectImages(join(folder, 'train', name))
    const drawn = Array.from(sample(all.length, 200, createRandom(seed).fork(name)).toSorted(), (i) => all[i]!)
    if ((await asFitted(network, drawn)) !== network)
      throw new Error(`The light of "${name}" would be evened out: embed the tests so too.`)
    const train = await embedAll(network, drawn)
    const others = tests.filter((_, i) => i !== k).reduce(stackRows)
    rows.push(await judge(name, train, tests[k]!, others))
  }
  return rows
}

async function judge(
  set: string,
  train: { readonly X: Matrix; readonly groups?: readonly number[] },
  positive: Matrix,
  negative: Matrix,
): Promise<Row> {
  const artifact = await fitFeatures(train.X, { seed, ...(train.groups ? { groups: train.groups } : {}) })
  const results = createClassifier(artifact, { model: `${set}@1` }).scoreMatrix(stackRows(positive, negative))
  const isPositive = results.map((_, i) => (i < positive.rows ? 1 : 0))
  const rejected = (alpha: number, from: number, to: number) =>
    mean(results.slice(from, to).map(({ pValue }) => (pValue <= alpha ? 1 : 0)))
  const scores = results.map(({ score }) => score)
  return {
    set,
    train: train.X.rows,
    positives: positive.rows,
    negatives: negative.rows,
    ensemble: auroc(scores, isPositive),
    isolationForest: auroc(
      results.map(({ detectors }) => detectors.isolationForest.score),
      isPositive,
    ),
    oneClassSvm: auroc(
      results.map(({ detectors }) => detectors.oneClassSvm.score),
      isPositive,
    ),
    falseRejection: alphas.map((alpha) => rejected(alpha, 0, positive.rows)),
    negativesRejected: rejected(0.05, positive.rows, results.length),
    tprAt5: truePositiveRateAt(scores, isPositive, 0.05),
  }
}

function print(rows: readonly Row[]): void {
  const head = [
    'set',
    'train',
    'test + / -',
    'ensemble',
    'forest',
    'SVM',
    ...alphas.map((alpha) => `FRR at ${share(alpha).replace(/0$/, '')}`),
    'negatives rejected at .05',
    'TPR at 5 % FAR',
  ]
  const numbers = (row: Row) => [
    row.ensemble,
    row.isolationForest,
    row.oneClassSvm,
    ...row.falseRejection,
    row.negativesRejected,
    row.tprAt5,
  ]
  const means = numbers(rows[0]!).map((_, k) => mean(rows.map((row) => numbers(row)[k]!)))
  console.log(
    `${markdownTable(head, [
      ...rows.map((row) => [
        row.set,
        `${row.train}`,
        `${row.positives} / ${row.negatives}`,
        ...numbers(row).map(share),
      ]),
      ['mean', '', '', ...means.map(share)],
    ])}\n`,
  )
}

/** NumPy vector of whole numbers or floats, little-endian. */
function readLabels(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = 10 + view.getUint16(8, true)
  const header = Buffer.from(bytes.subarray(10, start)).toString('latin1')
  const type = /'descr':\s*'[<|=]([a-z]\d)'/.exec(header)?.[1] ?? ''
  const width = Number(type.slice(1))
  const readers: Record<string, (at: number) => number> = {
    f4: (at) => view.getFloat32(at, true),
    f8: (at) => view.getFloat64(at, true),
    i8: (at) => Number(view.getBigInt64(at, true)),
    i4: (at) => view.getInt32(at, true),
    i1: (at) => view.getInt8(at),
    u1: (at) => view.getUint8(at),
    b1: (at) => view.getUint8(at),
  }
  const read = readers[type]
  if (!read) throw new Error(`Labels of type "${type}" are not read here.`)
  return Array.from({ length: (bytes.length - start) / width }, (_, i) => read(start + i * width))
}
