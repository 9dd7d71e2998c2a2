/** `oneclass compare`: every method on the user's own images, as a report. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { availableCpus, version } from '../config.ts'
import { OneclassError } from '../errors.ts'
import { compare as compareMethods } from '../evaluation/compare.ts'
import type { Split } from '../evaluation/compare-report.ts'
import { renderReport, writeReport } from '../evaluation/report.ts'
import { openBackbone } from '../features/registry.ts'
import { collectImages } from '../images/collect.ts'
import type { ImageSource } from '../images/decode.ts'
import type { Command, Io } from './command.ts'
import { flag, number, required, text } from './values.ts'

const folders: Readonly<Record<Split, readonly ['train' | 'test', 'positive' | 'negative']>> = {
  trainPositive: ['train', 'positive'],
  trainNegative: ['train', 'negative'],
  testPositive: ['test', 'positive'],
  testNegative: ['test', 'negative'],
}

export const compare: Command = {
  name: 'compare',
  summary: 'Compare every method on your own images, as a report',
  usage:
    'compare --train DIR --test DIR --out DIR [--methods a,b] [--quick] [--backbone ID|FILE] [--alpha 0.05] [--seed 1] [--json]',
  options: {
    train: {
      type: 'string',
      value: 'DIR',
      description: 'DIR/positive, and DIR/negative for the methods that need negatives',
    },
    test: { type: 'string', value: 'DIR', description: 'DIR/positive and DIR/negative' },
    out: { type: 'string', value: 'DIR', description: 'where report.html, report.json and scores.csv go' },
    methods: { type: 'string', value: 'A,B', description: 'only these methods' },
    quick: { type: 'boolean', description: 'minutes instead of the full recipes' },
    backbone: { type: 'string', value: 'ID|FILE', description: 'network of the methods that use one' },
    alpha: { type: 'string', value: 'A', description: 'false-rejection rate asked for (default 0.05)' },
    seed: { type: 'string', value: 'N', description: 'seed of all randomness (default 1)' },
    json: { type: 'boolean', description: 'print report.json too' },
  },

  async run({ values, positionals, io }) {
    if (positionals.length > 0)
      throw new OneclassError('INVALID_ARGUMENT', `"oneclass compare" takes no "${positionals[0]}".`)
    const roots = { train: required(values, 'train', 'DIR'), test: required(values, 'test', 'DIR') }
    const out = required(values, 'out', 'DIR')
    const images = Object.fromEntries(
      await Promise.all(
        Object.entries(folders).map(async ([split, [part, kind]]) => [
          split,
          await collectSplit(roots[part], part, kind),
        ]),
      ),
    ) as Record<Split, ImageSource[]>
    const methods = text(values, 'methods')
      ?.split(',')
      .map((key) => key.trim())
    const backbone = await openBackbone(text(values, 'backbone'), { home: io.home, onNotice: (note) => io.err(note) })
    try {
      const report = await compareMethods(
        {
          images,
          backbone,
          methods,
          effort: flag(values, 'quick') ? 'quick' : 'full',
          alpha: number(values, 'alpha') ?? 0.05,
          seed: number(values, 'seed', 'whole') ?? 1,
          command: `oneclass compare --train ${roots.train} --test ${roots.test} --out ${out}${flag(values, 'quick') ? ' --quick' : ''}`,
          resumeFolder: join(out, '.partial'),
          cpus: availableCpus(),
          packageVersion: version,
        },
        { onProgress: progressPrinter(io), signal: io.signal },
      )
      await writeReport(report, out)
      if (flag(values, 'json')) await io.out(renderReport(report)['report.json'].trim())
      else {
        await io.out(`${'method'.padEnd(22)} AUROC   TPR    FRR    accuracy`)
        for (const row of report.methods) {
          const cell = (value: number | null | undefined) =>
            (typeof value === 'number' ? value.toFixed(3) : '-').padEnd(6)
          const reason = row.status === 'done' ? '' : `${row.status}: ${row.reason ?? ''}`
          const cells = [row.auroc, row.truePositiveRate, row.falseRejectionRate, row.accuracy].map(cell)
          await io.out(`${row.key.padEnd(22)} ${cells.join(' ')} ${reason}`)
        }
        await io.out(`wrote ${join(out, 'report.html')}`)
      }
      for (const { image, error } of report.data.unreadable) io.err(`${image}: ${error.code}: ${error.message}`)
      return report.data.unreadable.length > 0 ? 2 : 0
    } finally {
      await backbone.close()
    }
  },
}

async function collectSplit(
  root: string,
  part: 'train' | 'test',
  kind: 'positive' | 'negative',
): Promise<ImageSource[]> {
  const folder = join(root, kind)
  // only negatives to train on may be missing: the methods that need them then say so in their rows
  if (part === 'train' && kind === 'negative' && !existsSync(folder)) return []
  return await collectImages(folder)
}

function progressPrinter(io: Io): (progress: { fraction: number; message: string }) => void {
  let last = ''
  return ({ fraction, message }) => {
    const step = message.replace(/\d+ of \d+$/, '')
    const line = `${String(Math.round(100 * fraction)).padStart(3)} %  ${message}`
    if (io.isTerminal) process.stderr.write(`\r\x1b[K${line}`)
    else if (step !== last) io.err(line)
    last = step
  }
}
