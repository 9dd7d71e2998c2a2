/**
 * Are p-values honest? The share of held-out positives with p <= alpha, over repeated fits, against alpha.
 *
 *   node dist/bench/calibration.js [--data DIR] [--repeats 6] [--sizes 50,100,200,400] [--parts 504]
 *   node dist/bench/calibration.js --simulate 200 [--sizes 30,100,200,1000] [--columns 32] [--contaminated 0,0.02,0.05] [--seed 2026]
 *     # only what `simulation.ts` says
 *   node dist/bench/calibration.js --images DIR [--fits 12] [--classes a,b] [--sizes 30,100,200]   # `real-rates.ts`
 *
 * Gaussian: rows of 64 numbers from one random covariance, n to fit on, 500 fresh ones to judge by, drawn anew each time.
 * MVTec: the good rows of each category's `train.npy`, 70 % drawn to fit on, the rest to judge by; `test.npy` is not opened.
 * Parts: the demo's rendered parts through the embedded backbone, drawn anew from a pool.
 * Intervals are Wilson's, over images; images judged by the same fit share its luck, so true ones are wider. The spread over
 * fits is printed beside.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Matrix, matrix, takeRows } from '../src/core/matrix.ts'
import { readNpy } from '../src/core/npy.ts'
import { createRandom, type Random, sample } from '../src/core/random.ts'
import { openBackbone } from '../src/features/registry.ts'
import { renderPart } from '../src/images/demo-images.ts'
import { encodeImage } from '../src/images/encode.ts'
import type { ImageSource } from '../src/images/source.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { fitFeatures } from '../src/pipeline/fit-features.ts'
import { embedAll, markdownTable, mean, share, wilson } from './material.ts'
import { realRates, realRatesHead } from './real-rates.ts'
import { type Setting, simulate, simulationHead } from './simulation.ts'

const alphas = [0.01, 0.02, 0.05, 0.1, 0.2]

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    repeats: { type: 'string', default: '6' },
    sizes: { type: 'string' },
    parts: { type: 'string', default: '504' },
    simulate: { type: 'string' },
    columns: { type: 'string', default: '32' },
    contaminated: { type: 'string', default: '0,0.02,0.05' },
    seed: { type: 'string', default: '2026' },
    images: { type: 'string' },
    classes: { type: 'string' },
    fits: { type: 'string', default: '12' },
  },
})
const repeats = Number(values.repeats)
const seed = Number(values.seed)
const sizes = (values.sizes ?? (values.simulate ? '30,100,200,1000' : '50,100,200,400')).split(',').map(Number)
const head = ['positives', 'n', 'fits', 'judged', ...alphas.map((a) => `at ${a}`), 'spread over fits at .05']
const lines: string[][] = []

if (values.images !== undefined) {
  const classes = values.classes?.split(',') ?? (await readdir(values.images)).sort()
  const asked = { sizes: (values.sizes ?? '30,100,200').split(',').map(Number), fits: Number(values.fits) }
  console.log(markdownTable(realRatesHead, await realRates(values.images, { ...asked, classes, seed })))
} else if (values.simulate === undefined) {
  await gaussian()
  await mvtec()
  if (Number(values.parts) > 0) await parts(Number(values.parts))
  console.log(markdownTable(head, lines))
} else await simulateAll(Number(values.simulate))

async function simulateAll(fits: number): Promise<void> {
  const rows: string[][] = []
  const columns = Number(values.columns)
  const add = async (setting: Omit<Setting, 'columns'>) => {
    rows.push(await simulate({ ...setting, columns }, fits, seed))
    console.log(markdownTable(simulationHead, rows))
  }
  for (const n of sizes) {
    for (const contaminated of values.contaminated.split(',').map(Number)) {
      await add({ n, contaminated })
      if (contaminated > 0) await add({ n, contaminated, excludes: true })
    }
    if (n === 1000) await add({ n, contaminated: 0, method: 'split' })
  }
}

async function gaussian(): Promise<void> {
  const d = 64
  const random = createRandom(2024)
  const mix = matrix(d, d)
  for (let k = 0; k < mix.data.length; k++) mix.data[k] = random.normal() / Math.sqrt(d)
  const draw = (n: number): Matrix => {
    const rows = matrix(n, d)
    for (let i = 0; i < n; i++) {
      const z = Float64Array.from({ length: d }, () => random.normal())
      for (let j = 0; j < d; j++) {
        let sum = 0.5
        for (let k = 0; k < d; k++) sum += mix.data[j * d + k]! * z[k]!
        rows.data[i * d + j] = sum
      }
    }
    return rows
  }
  for (const n of sizes) {
    const fits: number[][] = []
    for (let r = 0; r < repeats; r++) fits.push(await pValuesOf(draw(n), draw(500), r))
    record('Gaussian, 64-d', `${n}`, fits)
  }
}

async function mvtec(): Promise<void> {
  const root = join(values.data, 'mvtec-resnet18')
  if (!existsSync(root)) return console.log(`MVTec features are skipped: "${root}" is not there.`)
  const fits: number[][] = []
  const counts: number[] = []
  for (const category of (await readdir(root)).sort()) {
    const path = join(root, category, 'train.npy')
    if (!existsSync(path)) continue
    const X = readNpy(await readFile(path))
    for (let r = 0; r < 2; r++) {
      const { fit, held } = split(X.rows, Math.round(0.7 * X.rows), createRandom(r).fork(category))
      counts.push(fit.length)
      fits.push(await pValuesOf(takeRows(X, fit), takeRows(X, held), r))
    }
  }
  record('MVTec good rows, 512-d', `${Math.min(...counts)} to ${Math.max(...counts)}`, fits)
}

async function parts(pool: number): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'oneclass-bench-'))
  const backbone = await openBackbone(undefined, { home })
  try {
    const random = createRandom(7)
    const sources: ImageSource[] = []
    for (let i = 0; i < pool; i++)
      sources.push({ name: `part ${i}`, bytes: await encodeImage(renderPart(random), 'jpeg', 90) })
    const { X } = await embedAll(backbone, sources)
    for (const n of sizes.filter((size) => size <= X.rows - 100)) {
      const fits: number[][] = []
      for (let r = 0; r < Math.min(repeats, 4); r++) {
        const { fit, held } = split(X.rows, n, createRandom(r))
        fits.push(await pValuesOf(takeRows(X, fit), takeRows(X, held), r))
      }
      record(`rendered parts, ${X.cols}-d`, `${n}`, fits)
    }
  } finally {
    await backbone.close()
    await rm(home, { recursive: true, force: true })
  }
}

function split(rows: number, n: number, random: Random): { fit: number[]; held: number[] } {
  const order = Array.from(sample(rows, rows, random))
  return { fit: order.slice(0, n), held: order.slice(n) }
}

async function pValuesOf(fit: Matrix, held: Matrix, seed: number): Promise<number[]> {
  const classifier = createClassifier(await fitFeatures(fit, { seed }), { model: 'calibration@1' })
  return classifier.scoreMatrix(held).map(({ pValue }) => pValue)
}

function record(what: string, n: string, fits: readonly number[][]): void {
  const all = fits.flat()
  const hits = (p: readonly number[], alpha: number) => p.filter((value) => value <= alpha).length
  const perFit = fits.map((p) => hits(p, 0.05) / p.length)
  const centre = mean(perFit)
  const deviation = Math.sqrt(mean(perFit.map((value) => (value - centre) ** 2)))
  const cells = alphas.map((alpha) => {
    const [low, high] = wilson(hits(all, alpha), all.length)
    return `${share(hits(all, alpha) / all.length)} (${share(low)}-${share(high)})`
  })
  lines.push([what, n, `${fits.length}`, `${all.length}`, ...cells, share(deviation)])
  console.error(`${what}, n = ${n}: done`)
}
