/**
 * `npm run bench`: every speed beside a peer or a limit that was measured in the same run, as a table and as JSON lines.
 *
 *   node dist/bench/speed/run.js [--only forest,svm,fit,bulk,network] [--rounds 5] [--sizes 200,1000] [--data DIR] [--json FILE]
 *
 * Peers that are not installed are left out. What is told is only worth something on a quiet machine: the load is printed.
 */
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { usableCpus } from '../../src/system/cpus.ts'
import { markdownTable } from '../material.ts'
import { fits, forest, svm } from './detectors.ts'
import { bulk, networks } from './images.ts'
import type { Measured } from './measure.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '200,1000' },
    data: { type: 'string', default: '../shared/data' },
    backbones: { type: 'string', default: '../shared/backbones' },
    json: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const teachers = ['mobilenet-v1-224-imagenet-whole.onnx', 'mobilenet-v2-224-imagenet.onnx']
const sections: Readonly<Record<string, () => Promise<Measured[]>>> = {
  forest: () => forest(rounds),
  svm: () => svm(rounds),
  fit: () => fits(values.sizes.split(',').map(Number)),
  bulk: () => bulk(values.data, rounds),
  network: () =>
    networks(
      teachers.map((name) => join(values.backbones, name)),
      rounds,
    ),
}
const wanted = values.only?.split(',') ?? Object.keys(sections)
const unknown = wanted.find((name) => !(name in sections))
if (unknown !== undefined) throw new Error(`No part is called "${unknown}": ${Object.keys(sections).join(', ')}.`)

console.log(`${cpus()[0]?.model ?? 'CPU'}, ${usableCpus()} cores, Node ${process.versions.node}, load ${load()}.`)
const all: Measured[] = []
for (const name of wanted) {
  const measured = await sections[name]!()
  all.push(...measured)
  for (const line of measured) process.stderr.write(`${JSON.stringify(line)}\n`)
}
console.log(markdownTable(['what', 'who', 'ms', 'times ours (range)', ''], all.map(rowOf)))
console.log(`\nLoad at the end ${load()}. A load above 0.3 before the start makes these figures rough.`)
if (values.json) await writeFile(values.json, all.map((line) => `${JSON.stringify(line)}\n`).join(''))

function rowOf({ group, name, ms, ratio, note }: Measured): string[] {
  const times = ratio
    ? `${ratio.median.toPrecision(3)} (${ratio.least.toPrecision(3)} to ${ratio.most.toPrecision(3)})`
    : ''
  return [group, name, ms.toPrecision(3), times, note]
}

function load(): string {
  return loadavg()[0]!.toFixed(1)
}
