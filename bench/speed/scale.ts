/**
 * How the cost of a fit and of a score grows with the number of positives and with the width of their embeddings.
 *
 *   node dist/bench/speed/scale.js [--rows 50,100,...] [--width 1312] [--widths 128,256,...] [--n 200]
 *
 * Processor time, not wall time: other work on the machine then matters less. Each exponent compares a line with the one before it.
 */
import { parseArgs } from 'node:util'
import { row } from '../../src/core/matrix.ts'
import { createClassifier } from '../../src/pipeline/classify.ts'
import { fitFeatures } from '../../src/pipeline/fit-features.ts'
import { encodeArtifact } from '../../src/store/artifact.ts'
import { markdownTable } from '../material.ts'
import { correlatedRows } from './rows.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '50,100,200,400,800,1000,1200,2500,5000,10000,20000' },
    width: { type: 'string', default: '1312' },
    widths: { type: 'string', default: '128,256,512,1024,2048' },
    n: { type: 'string', default: '200' },
  },
})
/** Rows that are scored one by one, as a worker scores images. */
const scored = 200

interface Cost {
  readonly size: number
  readonly fitSeconds: number
  readonly scoreMs: number
  readonly megabytes: number
}

const list = (text: string) => text.split(',').map(Number)
const [n, width] = [Number(values.n), Number(values.width)]
await table(`rows of ${width}`, list(values.rows), (size) => costOf(size, width))
await table(`columns, ${n} rows`, list(values.widths), (size) => costOf(n, size))

async function table(
  what: string,
  sizes: readonly number[],
  measure: (size: number) => Promise<Omit<Cost, 'size'>>,
): Promise<void> {
  const costs: Cost[] = []
  for (const size of sizes) costs.push({ ...(await measure(size)), size })
  const rows = costs.map((cost, k) => [
    cost.size.toLocaleString('en'),
    cost.fitSeconds.toFixed(2),
    exponent(costs[k - 1], cost, 'fitSeconds'),
    cost.scoreMs.toFixed(2),
    exponent(costs[k - 1], cost, 'scoreMs'),
    cost.megabytes.toFixed(1),
  ])
  console.log(
    `${markdownTable([what, 'fit, s of CPU', 'exponent', 'score, ms of CPU', 'exponent', 'model, MB'], rows)}\n`,
  )
}

async function costOf(rows: number, cols: number): Promise<Omit<Cost, 'size'>> {
  const X = correlatedRows(rows, cols, 1)
  const fitted = await cpuSeconds(() => fitFeatures(X))
  const classifier = createClassifier(fitted.result, { model: 'scale@1' })
  const test = correlatedRows(scored, cols, 2)
  const scores = await cpuSeconds(() => {
    for (let i = 0; i < scored; i++) classifier.scoreEmbedding(row(test, i))
  })
  return {
    fitSeconds: fitted.seconds,
    scoreMs: (1000 * scores.seconds) / scored,
    megabytes: encodeArtifact(fitted.result).length / 1e6,
  }
}

async function cpuSeconds<T>(work: () => Promise<T> | T): Promise<{ result: T; seconds: number }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (user + system) / 1e6 }
}

function exponent(before: Cost | undefined, now: Cost, key: 'fitSeconds' | 'scoreMs'): string {
  return before ? (Math.log(now[key] / before[key]) / Math.log(now.size / before.size)).toFixed(1) : ''
}
