/** `oneclass score`: images, folders or feature rows against a model, one result each. */
import { assertAlpha } from '../detectors/calibration.ts'
import { decide, decided } from '../detectors/decide.ts'
import { assertDiscoveryRate, fewestDiscoveries, smallestAlpha } from '../detectors/promise.ts'
import { OneclassError, present } from '../errors.ts'
import { printable } from '../images/left-out.ts'
import { imageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import { classifyImages } from '../pipeline/classify.ts'
import { assertTakesFeatures, assertTakesImages, loadModel, openNetworkOf } from '../pipeline/load-model.ts'
import { alphaWarning } from '../store/fit-facts.ts'
import { openRegistry } from '../store/registry.ts'
import { assertWritable, type Output } from '../system/files.ts'
import type { Decisions } from '../wire/decisions.ts'
import { labelOf } from '../wire/label.ts'
import { plural } from '../wire/plural.ts'
import type { ImageResult, RowResult } from '../wire/result.ts'
import { type Command, deviceOption, type Io } from './command.ts'
import { readFeatures } from './feature-file.ts'
import { tellFailed } from './notes.ts'
import { progressLine } from './progress.ts'
import { formats, type ResultFormat, resultWriter } from './results.ts'
import { readInput, standardInput } from './score-input.ts'
import { scoreMany, severalRefs } from './score-many.ts'
import { type Counts, inOrder, keepFor, outputFor, summarise, writeAll } from './score-output.ts'
import { flag, number, oneOf, required, text } from './values.ts'

export const score: Command = {
  name: 'score',
  summary: 'Score images, folders or feature rows with a model',
  usage: `score IMAGE|DIR|s3://...|PATTERN|@LIST|-... --model NAME[@VERSION],...|all [--alpha A] [--format table|jsonl|csv]
      [--json] [--out FILE] [--explain DIR] [--fdr 0.1] [--abstain]      (@LIST: a file with a path a line; -: the same from standard input)
score --features X.npy --model NAME --format jsonl`,
  options: {
    model: {
      type: 'string',
      value: 'NAME[@V],...',
      description: 'the model, without a version the one in use; several with commas between; or "all"',
    },
    features: { type: 'string', value: 'X.npy', description: 'score embeddings, one result a row' },
    alpha: { type: 'string', value: 'A', description: "another alpha than the model's, without refitting" },
    format: { type: 'string', value: 'FORMAT', description: 'table (default), jsonl or csv' },
    out: { type: 'string', value: 'FILE', description: 'write there instead of to standard output' },
    explain: {
      type: 'string',
      value: 'DIR',
      description: 'write a page that shows each image beside its nearest positives',
    },
    strict: { type: 'boolean', description: 'refuse images that were cut off, even where no pixel is missing' },
    fdr: {
      type: 'string',
      value: 'Q',
      description: 'flag what is anomalous so that at most this share of what is flagged is good, on average',
    },
    abstain: {
      type: 'boolean',
      description: 'add a verdict: positive, negative, or unsure where the model cannot say',
    },
    json: { type: 'boolean', description: 'as --format jsonl, and the closing summary as JSON too' },
    backbone: { type: 'string', value: 'ID|FILE', description: 'where the model’s network is now, if it has moved' },
    ...deviceOption,
  },
  interrupted: 'results that were printed stand, and a file of --out is written only when it is complete',

  async run({ values, positionals, io }) {
    const features = text(values, 'features')
    if ((features === undefined) === (positionals.length === 0)) {
      throw new OneclassError('INVALID_ARGUMENT', 'Expected images or folders, or --features X.npy.')
    }
    const ofImages =
      features === undefined ? undefined : ['explain', 'backbone', 'strict'].find((name) => name in values)
    if (ofImages)
      throw new OneclassError('INVALID_ARGUMENT', `Expected --features or --${ofImages}, not both: that is for images.`)
    const asJson = flag(values, 'json')
    const format = asJson ? 'jsonl' : oneOf(values, 'format', formats, 'table')
    const alpha = number(values, 'alpha')
    if (alpha !== undefined) assertAlpha(alpha)
    const asked = required(values, 'model', 'NAME', '"oneclass models list" names those there are')
    const refs = severalRefs(asked)
    if (refs) return await scoreMany(refs, positionals, values, format, io)
    const model = await loadModel(openRegistry(io.home), asked, alpha)
    const { info, artifact, classifier } = model
    const label = labelOf(info)
    const { calibrationScores } = info
    const warning = alphaWarning(info, classifier.alpha)
    if (warning) io.err(`note: ${warning}`)
    const fdr = number(values, 'fdr')
    if (fdr !== undefined) assertDiscoveryRate(fdr)
    const decisions = { ...(fdr === undefined ? {} : { fdr }), abstain: flag(values, 'abstain') }
    const out = text(values, 'out')
    const explain = text(values, 'explain')
    if (explain !== undefined) await assertWritable(explain, 'folder of --explain', 'name another')
    const file = await outputFor(out, features === undefined ? positionals : [features])
    try {
      if (features !== undefined) {
        assertTakesFeatures(model)
        const X = await readFeatures(features)
        const rows = classifier.scoreMatrix(X).map((result, row): RowResult => ({ row, ...result }))
        sayFewest(rows.length, calibrationScores, fdr, io)
        const counts = await writeResults(decide(rows, calibrationScores, decisions), { format, decisions }, file, io)
        await file?.commit()
        summarise(counts, label, { skipped: [], asJson, fdr, unit: 'row' }, io)
        return 0
      }
      assertTakesImages(model)
      const { entries, skipped } = await readInput(positionals, standardInput, io.signal)
      const names = entries.map((entry) => ('name' in entry ? entry.name : entry.image))
      const sources = entries.filter((entry): entry is ImageSource => !('error' in entry))
      const options = { home: io.home, onNotice: (note: string) => io.err(note) }
      const backbone = await openNetworkOf(model, options, text(values, 'backbone'))
      try {
        const progress = progressLine(io, 'images')
        const isWatched = out !== undefined || format !== 'table'
        const scored: ImageResult[] = []
        const classified = classifyImages(classifier, backbone, sources, {
          signal: io.signal,
          ...(flag(values, 'strict') ? { limits: { ...imageLimits, strict: true } } : {}),
          ...(isWatched ? { onProgress: progress.update } : {}),
        })
        const seen = keepFor(explain === undefined ? undefined : scored, classified)
        const ordered = inOrder(entries, seen)
        sayFewest(sources.length, calibrationScores, fdr, io)
        const counts = await writeResults(
          decided(ordered, (some) => decide(some, calibrationScores, decisions), decisions),
          { format, decisions, names, hasPlaces: artifact.patches !== undefined },
          file,
          io,
        )
        await file?.commit()
        progress.end()
        let unread = 0
        if (explain !== undefined) {
          const { writeExplanations } = await import('./explain.ts')
          const explaining = progressLine(io, 'explain')
          const pairs = scored.map((result, i) => ({ result, source: present(sources[i], 'the source of a result') }))
          const shown = { label, backbone, classifier, signal: io.signal }
          const page = await writeExplanations(explain, pairs, shown, explaining.update)
          explaining.end()
          unread = page.unread
          const but = unread > 0 ? `, where ${plural(unread, 'image')} could not be read a second time` : ''
          io.err(`wrote ${page.path}${but}`)
        }
        summarise(counts, label, { skipped, asJson, fdr, unit: 'image' }, io)
        return counts.failed + unread > 0 ? 2 : 0
      } finally {
        await backbone.close()
      }
    } finally {
      await file?.discard()
    }
  },
}

/** With n held-out scores no p-value is below 1/(n + 1): among many images a few anomalous ones cannot be told from chance. */
function sayFewest(images: number, calibrationScores: number, fdr: number | undefined, io: Io): void {
  if (fdr === undefined) return
  const fewest = fewestDiscoveries(calibrationScores, images, fdr)
  const least = smallestAlpha(calibrationScores).toPrecision(2)
  if (fewest > images)
    io.err(
      `note: of ${plural(images, 'image')} none can be flagged at --fdr ${fdr}: the smallest p-value of this model is ${least}. Take a higher rate, or a model of more photos.`,
    )
  else if (fewest > 1)
    io.err(
      `note: of ${images} images any are flagged only if at least ${fewest} have the smallest p-value, ${least}; with a model of more photos fewer are enough.`,
    )
}

/** Writes each result as it comes. */
async function writeResults(
  results: Iterable<ImageResult | RowResult> | AsyncIterable<ImageResult | RowResult>,
  {
    format,
    decisions,
    names,
    hasPlaces,
  }: { format: ResultFormat; decisions: Decisions; names?: readonly string[]; hasPlaces?: boolean },
  file: Output | undefined,
  io: Io,
): Promise<Counts> {
  const counts: Counts = {
    positive: 0,
    negative: 0,
    failed: 0,
    ...(decisions.fdr !== undefined && { flagged: 0 }),
    ...(decisions.abstain && { unsure: 0 }),
  }
  await writeAll(results, resultWriter(format, names, decisions, hasPlaces), file, io, (result) => {
    if ('error' in result) {
      counts.failed++
      if (format !== 'jsonl' && 'image' in result) tellFailed(result, io)
    } else {
      counts[result.isPositive ? 'positive' : 'negative']++
      if (result.flagged) counts.flagged = (counts.flagged ?? 0) + 1
      if (result.verdict === 'unsure') counts.unsure = (counts.unsure ?? 0) + 1
      if (format !== 'jsonl' && 'image' in result)
        for (const { message } of result.notes ?? []) io.err(`${printable(result.image)}: note: ${message}`)
    }
  })
  return counts
}
