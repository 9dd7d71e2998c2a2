/** `oneclass evaluate`: a fitted model on labelled images, without refitting; two versions on the same images. */
import { OneclassError, present } from '../errors.ts'
import { evaluateModel } from '../evaluation/evaluate.ts'
import { evaluateModels } from '../evaluation/evaluate-many.ts'
import { readLabelled, readNamed } from '../evaluation/labelled.ts'
import { writeEvaluation } from '../evaluation/report/evaluation-report.ts'
import { writeManyEvaluation } from '../evaluation/report/many-report.ts'
import { openModels } from '../pipeline/open-models.ts'
import { openRegistry } from '../store/registry.ts'
import { assertWritable } from '../system/files.ts'
import { type Command, deviceOption, type ExitStatus, type Io, type Values } from './command.ts'
import { tellFailed, tellSkipped } from './notes.ts'
import { progressLine } from './progress.ts'
import { severalRefs } from './score-many.ts'
import { flag, number, text } from './values.ts'

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Measure a fitted model on labelled images',
  usage: `evaluate NAME[@VERSION],... DIR [--against NAME[@VERSION]] [--out REPORT_DIR] [--alpha A] [--json]
      (DIR holds positive/ and negative/, or good/ and kinds of defects, or labels.csv with the columns image,label; with several models,
      or all, a folder for each class, named as its model)`,
  options: {
    against: { type: 'string', value: 'NAME[@V]', description: 'another model on the same images, with a paired test' },
    out: { type: 'string', value: 'DIR', description: 'gets report.html, evaluation.json and scores.csv' },
    alpha: { type: 'string', value: 'A', description: "another alpha than the model's, without refitting" },
    json: { type: 'boolean', description: 'print the evaluation as one JSON object' },
    ...deviceOption,
  },

  async run({ values, positionals, io }) {
    const [ref, folder] = positionals
    if (ref === undefined || folder === undefined || positionals.length > 2)
      throw new OneclassError('INVALID_ARGUMENT', 'Expected a model and a folder: oneclass evaluate NAME DIR.')
    const out = text(values, 'out')
    if (out !== undefined) await assertWritable(out, 'folder of --out', 'name another')
    const refs = severalRefs(ref)
    if (refs) return await evaluateMany(refs, folder, values, io)
    const labelled = await readLabelled(folder)
    if (labelled.note) io.err(`note: ${labelled.note}`)
    const against = text(values, 'against')
    const { models, close } = await openModels(openRegistry(io.home), against === undefined ? [ref] : [ref, against], {
      home: io.home,
      onNotice: (note) => io.err(note),
      alpha: number(values, 'alpha'),
    })
    const progress = progressLine(io, 'images')
    try {
      const evaluated = await evaluateModel(
        [present(models[0], 'an opened model'), models[1] ?? (against === undefined ? undefined : models[0])],
        labelled,
        {
          onProgress: progress.update,
          signal: io.signal,
        },
      )
      progress.end()
      const { evaluation } = evaluated
      for (const failed of evaluation.unreadable) tellFailed(failed, io)
      if (out !== undefined) {
        const page = await writeEvaluation(evaluated, labelled, out)
        io.err(`wrote ${page}`)
      }
      tellSkipped(evaluation.skipped, io)
      if (flag(values, 'json')) await io.out(JSON.stringify(evaluation))
      else for (const sentence of evaluation.sentences) await io.out(sentence)
      return evaluation.unreadable.length > 0 ? 2 : 0
    } finally {
      progress.end()
      await close()
    }
  },
}

/** Several models: confusion over their classes. */
async function evaluateMany(refs: readonly string[], folder: string, values: Values, io: Io): Promise<ExitStatus> {
  if (text(values, 'against') !== undefined)
    throw new OneclassError('INVALID_ARGUMENT', `Expected one model with --against but received ${refs.join(',')}.`)
  const labelled = await readNamed(folder)
  if (labelled.note) io.err(`note: ${labelled.note}`)
  const place = { home: io.home, onNotice: (note: string) => io.err(note), alpha: number(values, 'alpha') }
  const { models, close } = await openModels(openRegistry(io.home), refs, place)
  const progress = progressLine(io, 'images')
  try {
    const evaluation = await evaluateModels(models, labelled, { onProgress: progress.update, signal: io.signal })
    progress.end()
    for (const failed of evaluation.unreadable) tellFailed(failed, io)
    tellSkipped(evaluation.skipped, io)
    const out = text(values, 'out')
    if (out !== undefined) io.err(`wrote ${await writeManyEvaluation(evaluation, out)}`)
    if (flag(values, 'json')) await io.out(JSON.stringify(evaluation))
    else {
      const width = Math.max(5, ...evaluation.classes.map(({ label }) => label.length))
      const line = (cells: readonly (string | number)[]) =>
        cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(8))).join('  ')
      await io.out(line(['class', 'images', ...evaluation.models, 'none']))
      for (const { label, images, best, none } of evaluation.classes)
        await io.out(line([label, images, ...evaluation.models.map((ref) => best[ref] ?? 0), none]))
      for (const sentence of evaluation.sentences) await io.out(sentence)
    }
    return evaluation.unreadable.length > 0 ? 2 : 0
  } finally {
    progress.end()
    await close()
  }
}
