/**
 * Ratios within one run, one thread each: the networks against each other, and everything else beside the network.
 *
 *   node dist/bench/speed.js [--against FILE.onnx] [--rounds 15]
 *
 * Rounds alternate between the networks, so that a busy machine slows both alike; the median round counts. CPU time is
 * `process.cpuUsage`, which other processes' load moves less than wall time.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { type Matrix, matrix, row } from '../src/core/matrix.ts'
import { createRandom } from '../src/core/random.ts'
import { oneClassSvm } from '../src/detectors/index.ts'
import { trainKernelSvm } from '../src/detectors/kernel-svm.ts'
import { loadLibsvm } from '../src/detectors/libsvm.ts'
import { applyWhitening, fitWhitening } from '../src/detectors/whitening.ts'
import type { Backbone } from '../src/features/backbone.ts'
import { openBackbone } from '../src/features/registry.ts'
import { decodeImage } from '../src/images/decode.ts'
import { renderPart } from '../src/images/demo-images.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { fitFeatures } from '../src/pipeline/fit.ts'
import { markdownTable } from './material.ts'

interface Time {
  readonly wall: number
  readonly cpu: number
}

const { values } = parseArgs({
  options: {
    against: { type: 'string', default: '../shared/backbones/mobilenet-v1-224-imagenet.onnx' },
    rounds: { type: 'string', default: '15' },
  },
})
const rounds = Number(values.rounds)
const home = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
const rows: string[][] = []
const add = (what: string, time: Time, note = ''): void => {
  const cells = [what, time.wall.toFixed(2), Number.isNaN(time.cpu) ? '' : time.cpu.toFixed(2), note]
  rows.push(cells)
  console.error(cells.join('  '))
}

console.log(`Load average at the start: ${loadavg()[0]!.toFixed(1)}.\n`)
try {
  const embedded = await networks()
  await decoding()
  await detectors(embedded)
  await peers()
} finally {
  await rm(home, { recursive: true, force: true })
}
console.log(markdownTable(['what', 'wall ms', 'CPU ms', ''], rows))
console.log(`\nLoad average at the end: ${loadavg()[0]!.toFixed(1)}.`)

/** Pixels of each network's own size to embeddings, in batches of 1 and of 8; milliseconds an image. @returns the embedded one's CPU ms */
async function networks(): Promise<number> {
  const started = performance.now()
  const own = await openBackbone(undefined, { home, threads: 1 })
  add(`load ${own.id}`, { wall: performance.now() - started, cpu: Number.NaN }, 'once a process')
  const contenders: Backbone[] = [own]
  if (existsSync(values.against)) contenders.push(await openBackbone(values.against, { home, threads: 1 }))
  else console.log(`The other network is skipped: "${values.against}" is not there.`)
  let ownCpu = Number.NaN
  for (const batch of [1, 8]) {
    const inputs = contenders.map(({ target }) => Array.from({ length: batch }, (_, k) => noise(target, k)))
    const times: Time[][] = contenders.map(() => [])
    for (let r = -2; r < rounds; r++) {
      for (const [k, network] of contenders.entries()) {
        const time = await timed(async () => {
          for (let i = 0; i < 16 / batch; i++) await network.embed(inputs[k]!)
        })
        if (r >= 0) times[k]!.push({ wall: time.wall / 16, cpu: time.cpu / 16 })
      }
    }
    const medians = times.map(median)
    contenders.forEach(({ id, target }, k) => {
      const ratio = `${(medians[k]!.cpu / medians.at(-1)!.cpu).toFixed(2)} of the CPU time of ${contenders.at(-1)!.id}`
      add(`${id}, ${target.width} px, batch ${batch}`, medians[k]!, k < contenders.length - 1 ? ratio : '')
    })
    ownCpu = medians[0]!.cpu
  }
  for (const network of contenders) await network.close()
  return ownCpu
}

/** Encoded rendered parts, 176 px, and a 500 x 375 photo-like JPEG, to the embedded backbone's size. */
async function decoding(): Promise<void> {
  const part = renderPart(createRandom(1))
  const raw = { raw: { width: part.width, height: part.height, channels: 3 as const } }
  const small = await sharp(part.data, raw).jpeg({ quality: 90 }).toBuffer()
  const photo = await sharp(part.data, raw).resize(500, 375, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer()
  for (const [name, bytes] of [
    ['176x176', small],
    ['500x375', photo],
  ] as const) {
    const times: Time[] = []
    for (let r = -2; r < rounds; r++) {
      const time = await timed(async () => {
        for (let i = 0; i < 10; i++) {
          await decodeImage({ name, bytes }, { width: 128, height: 128, resize: 'stretch' })
        }
      })
      if (r >= 0) times.push({ wall: time.wall / 10, cpu: time.cpu / 10 })
    }
    add(`decode JPEG ${name} to 128 px`, median(times), 'one at a time')
  }
}

async function detectors(networkCpu: number): Promise<void> {
  const X = gaussianRows(200, 1024, 1)
  const test = gaussianRows(100, 1024, 2)
  const fits: Time[] = []
  for (let r = 0; r < 3; r++) fits.push(await timed(async () => void (await fitFeatures(X, { seed: r }))))
  add('fit 200 x 1024, calibration included', median(fits), 'whole fit')
  const classifier = createClassifier(await fitFeatures(X), { model: 'speed@1' })
  const scoring: Time[] = []
  for (let r = -2; r < rounds; r++) {
    const time = await timed(async () => {
      for (let i = 0; i < test.rows; i++) classifier.scoreEmbedding(row(test, i))
    })
    if (r >= 0) scoring.push({ wall: time.wall / test.rows, cpu: time.cpu / test.rows })
  }
  const time = median(scoring)
  add('score one embedding, 1024-d', time, `${((100 * time.cpu) / networkCpu).toFixed(0)} % of the network's CPU time`)
}

/** The npm packages as they are, on the same 200 x 1024 rows. */
async function peers(): Promise<void> {
  const X = gaussianRows(200, 1024, 1)
  const test = gaussianRows(100, 1024, 2)
  const whitening = fitWhitening(X)
  const whitened = applyWhitening(whitening, X)
  add(
    'our one-class SVM: kernel, libsvm-js, rho',
    median(await repeat(3, async () => void (await trainKernelSvm(whitened, oneClassSvm.defaults, createRandom(1))))),
    'train, 200 x 1024',
  )
  const Svm = await loadLibsvm()
  const asRows = Array.from({ length: X.rows }, (_, i) => row(whitened, i))
  add(
    'libsvm-js with its own kernel',
    median(
      await repeat(3, async () => {
        const svm = new Svm({ type: Svm.SVM_TYPES.ONE_CLASS, kernel: '2', gamma: 0.5, nu: 0.02, quiet: true })
        svm.train(asRows, new Array<number>(X.rows).fill(1))
        svm.free()
      }),
    ),
    'train, 200 x 1024',
  )
  const name: string = 'isolation-forest'
  const module = (await import(name).catch(() => undefined)) as
    | { IsolationForest: new () => { fit(rows: object[]): void; predict(rows: object[]): number[] } }
    | undefined
  if (!module) return console.log('The npm package isolation-forest is not installed: skipped.')
  const forest = new module.IsolationForest()
  const [train, probe] = [asObjects(X), asObjects(test)]
  add('npm isolation-forest, 100 trees: fit', await timed(async () => forest.fit(train)), 'no calibration')
  const scoring = await timed(async () => void forest.predict(probe))
  add(
    'npm isolation-forest: score one',
    { wall: scoring.wall / 100, cpu: scoring.cpu / 100 },
    '100 trees, ours has 1000',
  )
}

async function timed(work: () => Promise<void>): Promise<Time> {
  const before = process.cpuUsage()
  const started = performance.now()
  await work()
  const wall = performance.now() - started
  const { user, system } = process.cpuUsage(before)
  return { wall, cpu: (user + system) / 1000 }
}

async function repeat(times: number, work: () => Promise<void>): Promise<Time[]> {
  const out: Time[] = []
  for (let r = 0; r < times; r++) out.push(await timed(work))
  return out
}

function median(times: readonly Time[]): Time {
  const middle = (pick: (time: Time) => number) => times.map(pick).sort((a, b) => a - b)[times.length >> 1]!
  return { wall: middle(({ wall }) => wall), cpu: middle(({ cpu }) => cpu) }
}

function noise({ width, height }: { width: number; height: number }, seed: number): Pixels {
  const random = createRandom(seed)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.int(256)) }
}

function gaussianRows(n: number, d: number, seed: number): Matrix {
  const random = createRandom(seed)
  const rows = matrix(n, d)
  for (let k = 0; k < rows.data.length; k++) rows.data[k] = 1 + random.normal()
  return rows
}

function asObjects(X: Matrix): Record<string, number>[] {
  return Array.from({ length: X.rows }, (_, i) =>
    Object.fromEntries(Array.from(row(X, i), (value, j) => [`f${j}`, value])),
  )
}
