/** `oneclass compare`: every method on the user's own images, as report.html, report.json and scores.csv. */
import { join } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { Comparison } from '../evaluation/comparison.ts'
import { nearDuplicateWords } from '../evaluation/near-duplicate-words.ts'
import { printable } from '../images/left-out.ts'
import { callOnce } from '../library/thread.ts'
import { methodKeys } from '../wire/comparison.ts'
import { usualAlpha } from '../wire/fit-choices.ts'
import { type Command, deviceOption, type Io, type Values } from './command.ts'
import { tellFailed, tellSkipped } from './notes.ts'
import { progressLine } from './progress.ts'
import { flag, number, required, text } from './values.ts'

export const compare: Command = {
  name: 'compare',
  summary: 'Compare every method on your images, in one HTML report',
  usage: `compare --train DIR --test DIR --out DIR [--methods a,b] [--quick] [--backbone ID|FILE.onnx|model.json]
                 [--alpha 0.05] [--seed 1] [--keep-duplicates] [--json]`,
  options: {
    train: {
      type: 'string',
      value: 'DIR',
      description: 'has positive/ and, for some methods, negative/; or good/ and kinds of defects, or labels.csv',
    },
    test: { type: 'string', value: 'DIR', description: 'the same, with both' },
    out: { type: 'string', value: 'DIR', description: 'gets report.html, report.json and scores.csv' },
    methods: { type: 'string', value: 'A,B', description: `of ${methodKeys.join(', ')}` },
    quick: { type: 'boolean', description: 'smaller networks, fewer epochs and seeds: minutes' },
    backbone: { type: 'string', value: 'ID|FILE', description: 'network to use (see "oneclass backbones list")' },
    alpha: {
      type: 'string',
      value: 'A',
      description: `share of good images that may be rejected (default ${usualAlpha})`,
    },
    seed: { type: 'string', value: 'N', description: 'seed of all randomness (default 1)' },
    'keep-duplicates': { type: 'boolean', description: 'keep test images that nearly repeat a training image' },
    json: { type: 'boolean', description: 'print report.json instead of a table' },
    ...deviceOption,
  },
  interrupted: 'methods that were finished are kept in .partial below --out, and the same command goes on from there',

  async run({ values, positionals, io }) {
    if (positionals.length > 0) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected --train DIR --test DIR --out DIR but received "${positionals[0]}".`,
      )
    }
    const [train, test, out] = ['train', 'test', 'out'].map((name) => required(values, name, 'DIR')) as [
      string,
      string,
      string,
    ]
    const keys = text(values, 'methods')
      ?.split(',')
      .map((key) => key.trim())
      .filter((key) => key !== '')
    const line = progressLine(io, 'compare')
    let last = ''
    let percent = 0
    try {
      // in a thread of its own, so that a signal is heard at once while it computes
      const report = await callOnce(
        'compare',
        {
          home: io.home,
          train,
          test,
          out,
          methods: keys,
          backbone: text(values, 'backbone'),
          effort: flag(values, 'quick') ? 'quick' : 'full',
          alpha: number(values, 'alpha') ?? usualAlpha,
          seed: number(values, 'seed', 'whole') ?? 1,
          keepNearDuplicates: flag(values, 'keep-duplicates'),
          command: commandLine(values),
        },
        {
          signal: io.signal,
          onNotice: (note) => io.err(note),
          onProgress: ({ fraction, message }: { fraction: number; message: string }) => {
            if (io.isTerminal) line.update(Math.round(100 * fraction), 100)
            // a line a step of the work; of images every 50th, of epochs every fifth
            else if (message !== last && (!/\d+ of/.test(message) || /[05]0 of|epoch \d*[05] /.test(message))) {
              percent = Math.max(percent, Math.round(100 * fraction))
              io.err(`${percent} % ${message}`)
            }
            last = message
          },
        },
      )
      line.end()
      return await tell(report, values, out, io)
    } finally {
      line.end()
    }
  },
}

async function tell(report: Comparison, values: Values, out: string, io: Io): Promise<0 | 2> {
  for (const failed of report.data.unreadable) tellFailed(failed, io)
  for (const warning of report.data.warnings) io.err(`note: ${warning}`)
  tellSkipped(report.data.skipped ?? [], io)
  const repeats = nearDuplicateWords(report.data, printable)
  if (repeats) io.err(`note: ${repeats}`)
  if (flag(values, 'json')) {
    const { embedding: _, ...rest } = report
    await io.out(JSON.stringify(rest))
  } else {
    const cell = (value: number | null) => (value === null ? '-' : value.toFixed(3)).padStart(8)
    await io.out(`${'method'.padEnd(22)}${['AUROC', 'AP', 'accuracy', 'FRR'].map((head) => head.padStart(9)).join('')}`)
    for (const row of report.methods) {
      const numbers = [row.auroc, row.averagePrecision, row.accuracy, row.falseRejectionRate]
      const rest =
        row.status === 'done' ? numbers.map((value) => ` ${cell(value)}`).join('') : ` ${row.status}: ${row.reason}`
      await io.out(`${row.key.padEnd(22)}${rest}`)
    }
    for (const sentence of report.verdict) await io.out(sentence)
    await io.out(`report: ${join(out, 'report.html')}`)
  }
  return report.data.unreadable.length > 0 ? 2 : 0
}

/** The call again, with its defaults left out. */
function commandLine(values: Values): string {
  const parts = Object.entries(values).flatMap(([name, value]) => {
    if (name === 'home' || name === 'json') return []
    if (value === true) return [`--${name}`]
    return typeof value === 'string' ? [`--${name}`, /[^\w./,@-]/.test(value) ? JSON.stringify(value) : value] : []
  })
  return ['oneclass compare', ...parts].join(' ')
}
