/** `oneclass fit`: a folder of positives, or a feature file, becomes the next version of a named model. */
import { assertAlpha } from '../detectors/calibration.ts'
import { assertConfidence } from '../detectors/promise.ts'
import { OneclassError } from '../errors.ts'
import { printable } from '../images/left-out.ts'
import type { FitReply } from '../library/calls.ts'
import { callOnce, fitApart } from '../library/thread.ts'
import { rangeSentence } from '../pipeline/range.ts'
import { refitInput } from '../pipeline/refit.ts'
import { fitReport, nounOf } from '../store/fit-facts.ts'
import { assertNewModelName } from '../store/versions.ts'
import { askedLights, calibrationMethods } from '../wire/fit-choices.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { plural } from '../wire/plural.ts'
import { preprocessModes } from '../wire/preprocess.ts'
import { parseRange } from '../wire/sample-range.ts'
import { type Command, deviceOption, type Io, type Values } from './command.ts'
import { readFeatureRows, readFeatures } from './feature-file.ts'
import { asNamed, assertOfRows, excluded, placesFor } from './fit-arguments.ts'
import { negativesAt, positivesFor } from './fit-input.ts'
import { negativesWords, preprocessWords, reportLines, wayLines } from './fit-words.ts'
import { tellFailed, tellSkipped } from './notes.ts'
import { progressLine } from './progress.ts'
import { flag, number, oneOf, required, text } from './values.ts'

export const fit: Command = {
  name: 'fit',
  summary: 'Fit a model to a folder of positives',
  usage: `fit DIR --name NAME [--negatives DIR2] [--backbone ID|FILE.onnx|model.json] [--alpha 0.05] [--confidence 0.95]
    [--calibration cross-fit|split] [--exclude NAME,...|misfits] [--detail auto|1|2|3] [--no-patches] [--light auto|as-is|even]
    [--seed 1] [--json]
fit s3://bucket/prefix --name NAME [...]
fit NAME --add DIR [--exclude 3,17] [--alpha A] [--seed N] [--json]
fit [DIR] --from-model NAME[@VERSION] [--name NAME] [--backbone ID|FILE] [--json]
fit [DIR] --name NAME --base NAME[@VERSION] [--exclude 3,17] [--alpha A] [--seed N] [--json]
fit --features X.npy --name NAME [--negatives N.npy] [--preprocess auto|l2|none] [--exclude 3,17|misfits] [--alpha 0.05]
    [--seed 1] [--json]`,
  options: {
    name: { type: 'string', value: 'NAME', description: 'name of the model; each fit adds a version' },
    features: { type: 'string', value: 'X.npy', description: 'fit on embeddings, shape (n, d), instead of images' },
    base: { type: 'string', value: 'NAME', description: 'version whose positives come first; DIR holds what is new' },
    add: { type: 'string', value: 'DIR', description: 'new images for the next version of the model NAME' },
    'from-model': {
      type: 'string',
      value: 'NAME',
      description: 'fit this model again: on what is kept of its images, or with --backbone on the images themselves',
    },
    exclude: {
      type: 'string',
      value: 'NAME,...',
      description: 'what to leave out: images by name (of --base by index), rows of --features by number; or "misfits"',
    },
    negatives: {
      type: 'string',
      value: 'DIR',
      description: 'images that do not belong, if there are any, to learn from (with --features: N.npy)',
    },
    backbone: { type: 'string', value: 'ID|FILE', description: 'network to use (see "oneclass backbones list")' },
    alpha: { type: 'string', value: 'A', description: 'share of good images that may be rejected (default 0.05)' },
    confidence: {
      type: 'string',
      value: 'C',
      description: 'keep alpha with this probability, such as 0.95, instead of on average',
    },
    calibration: {
      type: 'string',
      value: 'HOW',
      description:
        'cross-fit: hold out every image once; split: set a quarter aside (default: by the number of images)',
    },
    preprocess: {
      type: 'string',
      value: 'HOW',
      description:
        'rows of --features: l2 scales each to length 1, none keeps them as they are, auto (default) looks whether they were centred or whitened',
    },
    seed: { type: 'string', value: 'N', description: 'seed of all randomness (default 1)' },
    range: {
      type: 'string',
      value: 'LOW,HIGH',
      description: 'black and white beyond 8 bits a sample (default: from the images)',
    },
    detail: {
      type: 'string',
      value: 'auto|1|2|3',
      description: 'times the side at which places of an image are looked at (default auto)',
    },
    'no-patches': { type: 'boolean', description: 'look at whole images only, not at their places' },
    light: {
      type: 'string',
      value: 'auto|as-is|even',
      description:
        'even: differences of light across an image and between shots are taken out (default auto: where defects are found no worse so)',
    },
    strict: { type: 'boolean', description: 'refuse images that were cut off, even where no pixel is missing' },
    json: { type: 'boolean', description: 'print the result as one JSON object' },
    ...deviceOption,
  },
  interrupted: 'nothing was saved, unless "oneclass models list" shows the new version',

  async run({ values: given, positionals: named, io }) {
    const { values, positionals } = asNamed(given, named)
    const name = required(values, 'name', 'NAME', 'what the model is to be called, such as --name hotdog')
    assertNewModelName(name)
    const features = text(values, 'features')
    const baseRef = text(values, 'base')
    const again = text(values, 'from-model')
    const needsFolder = features === undefined && baseRef === undefined && again === undefined
    if (
      (features !== undefined && positionals.length > 0) ||
      (needsFolder && positionals.length === 0) ||
      positionals.length > 1
    ) {
      throw new OneclassError('INVALID_ARGUMENT', 'Expected one folder of positives, or --features X.npy.')
    }
    const wantedRange = text(values, 'range')
    if (wantedRange !== undefined) parseRange(wantedRange)
    if (features !== undefined) assertOfRows(values)
    if (baseRef !== undefined && text(values, 'backbone') !== undefined)
      throw new OneclassError('INVALID_ARGUMENT', '--base has its own backbone: give no --backbone.')
    const alpha = number(values, 'alpha')
    const seed = number(values, 'seed', 'whole')
    const confidence = number(values, 'confidence')
    if (alpha !== undefined) assertAlpha(alpha)
    if (confidence !== undefined) assertConfidence(confidence)
    const calibration = oneOf(values, 'calibration', ['auto', ...calibrationMethods] as const, 'auto')
    const preprocess = oneOf(values, 'preprocess', preprocessModes, 'auto')
    if (features === undefined && preprocess === 'none')
      throw new OneclassError(
        'INVALID_ARGUMENT',
        '--preprocess is for rows of --features: embeddings of images need l2.',
      )
    const options = {
      home: io.home,
      name,
      ...(alpha === undefined ? {} : { alpha }),
      ...(seed === undefined ? {} : { seed }),
      ...(confidence === undefined ? {} : { confidence }),
      ...(calibration === 'auto' ? {} : { calibration }),
    }
    const progress = { images: progressLine(io, 'images '), fitting: progressLine(io, 'fitting') }
    const hooks = {
      signal: io.signal,
      onProgress(done: number, total: number, stage: 'images' | 'fitting') {
        if (stage === 'fitting') progress.images.end()
        progress[stage].update(done, total)
      },
      onNotice: (note: string) => io.err(note),
    }
    try {
      if (features !== undefined) {
        const X = await readFeatureRows(features)
        const others = text(values, 'negatives')
        const negatives = others === undefined ? undefined : await readFeatures(others)
        const input = { ...options, X, ...(negatives && { negatives }), preprocess, exclude: excluded(values) }
        const saved = await callOnce('fitFeatures', input, { ...hooks, transfer: [X.data.buffer as ArrayBuffer] })
        progress.fitting.end()
        return await report(io, values, saved)
      }
      const [folder] = positionals
      const asked = { negatives: text(values, 'negatives'), backbone: text(values, 'backbone') }
      const input =
        again === undefined
          ? {
              ...asked,
              negatives: asked.negatives && (await negativesAt(asked.negatives, io.signal)),
              positives: folder && (await positivesFor(folder, io, asked.negatives !== undefined)),
              base: baseRef,
            }
          : await refitInput({ ...asked, home: io.home, ref: again, folder, alpha })
      const images = {
        ...input,
        ...options,
        exclude: excluded(values),
        ...placesFor(values),
        light: oneOf(values, 'light', askedLights, 'auto'),
        ...(wantedRange === undefined ? {} : { range: parseRange(wantedRange) }),
        ...(flag(values, 'strict') ? { strict: true } : {}),
      }
      const done = await fitApart(images, hooks)
      progress.fitting.end()
      return await report(io, values, done)
    } finally {
      progress.images.end()
      progress.fitting.end()
    }
  },
}

async function report(io: Io, values: Values, { model: info, ...done }: FitReply): Promise<0 | 2> {
  const { rejected, duplicates, excluded, notes, skipped, rejectedByBase } = done
  const said = fitReport(info)
  const { warnings } = said
  for (const failed of rejected) tellFailed(failed, io)
  for (const warning of warnings) io.err(`note: ${warning}`)
  for (const code of new Set(notes.map((note) => note.code))) {
    const [first, ...rest] = notes.filter((note) => note.code === code)
    const more = rest.length > 0 ? ` (and ${plural(rest.length, 'more image')})` : ''
    if (first) io.err(`note: ${printable(first.image)}${more}: ${first.message}`)
  }
  if (info.range) io.err(`note: ${rangeSentence(info.range)}`)
  tellSkipped(skipped, io)
  if (flag(values, 'json')) {
    const model = labelOf(info)
    const change = rejectedByBase === undefined ? {} : { rejectedByBase }
    const { facts: _, ...about } = info
    const more = { used: info.n, rejected, duplicates, excluded, notes, skipped }
    // `detail` is there in every model's report; null: it looks at whole images only
    const detail = info.detail ?? null
    await io.out(JSON.stringify({ model, ...about, detail, ...change, ...said, ...more }))
  } else {
    await io.out(
      `${labelOf(info)}: fitted on ${info.n} positives, ${plural(info.dim, 'feature')}, alpha ${info.alpha}, ${(info.bytes / 1e6).toFixed(1)} MB`,
    )
    if (info.negatives)
      await io.out(`${negativesWords(info.negatives)}; the promise about good ${nounOf(info)}s is as without them`)
    for (const line of reportLines(said, nounOf(info))) await io.out(line)
    for (const line of wayLines(info)) await io.out(line)
    if (info.backbone === null) await io.out(`  features                ${preprocessWords(info.preprocess)}`)
    if (excluded.length > 0) await io.out(`  left out                ${excluded.map(printable).join(', ')}`)
    if (info.growth) for (const line of growthLines(info.name, info.growth, rejectedByBase)) await io.out(line)
    const next = info.backbone ? 'IMAGE|DIR' : '--features X.npy'
    await io.out(`next: oneclass score ${next} --model ${info.name}`)
  }
  return rejected.length > 0 ? 2 : 0
}

function growthLines(name: string, growth: NonNullable<Model['growth']>, rejectedByBase: number | undefined): string[] {
  const { base, kept, added, excluded, repeated } = growth
  const parts = [
    `${plural(kept, 'positive')} of ${base}`,
    `${added} new`,
    ...(excluded > 0 ? [`${excluded} left out`] : []),
    ...(repeated > 0 ? [`${repeated} given again and counted once`] : []),
  ]
  return [
    `made of ${parts.join(', ')}`,
    ...(added > 0 && rejectedByBase !== undefined
      ? [`${base} rejects ${rejectedByBase} of the ${added} new ones`]
      : []),
    ...(base.startsWith(`${name}@`) ? [`undo: oneclass models use ${base}`] : []),
  ]
}
