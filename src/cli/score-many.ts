/** `oneclass score --model a,b,c`: several models on the same images; each image is decoded and embedded once for all of them. */
import type { Matrix } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { decided, decideMany } from '../detectors/decide.ts'
import { assertDiscoveryRate } from '../detectors/promise.ts'
import { OneclassError, present, toOneclassError } from '../errors.ts'
import { printable, type Skipped } from '../images/left-out.ts'
import { imageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import { createClassifier } from '../pipeline/classify.ts'
import { classifyWithModels, scoreWithModels } from '../pipeline/classify-many.ts'
import { assertTakesFeatures } from '../pipeline/load-model.ts'
import { openModels, type UnopenedModel } from '../pipeline/open-models.ts'
import { alphaWarning } from '../store/fit-facts.ts'
import { expandRefs } from '../store/model-refs.ts'
import { openRegistry, type Registry } from '../store/registry.ts'
import type { Output } from '../system/files.ts'
import type { Decisions } from '../wire/decisions.ts'
import { labelOf } from '../wire/label.ts'
import type { ManyResult, ManyRow } from '../wire/many.ts'
import type { Model } from '../wire/model.ts'
import { plural } from '../wire/plural.ts'
import type { ExitStatus, Io, Values } from './command.ts'
import { readFeatures } from './feature-file.ts'
import { tellFailed, tellSkipped } from './notes.ts'
import { progressLine } from './progress.ts'
import { manyWriter, type ResultFormat } from './results.ts'
import { readInput, standardInput } from './score-input.ts'
import { inOrder, outputFor, writeAll } from './score-output.ts'
import { flag, number, text } from './values.ts'

interface ManyCall {
  /** As they were asked for; see `expandRefs`. */
  readonly refs: readonly string[]
  readonly alpha: number | undefined
  readonly format: ResultFormat
  readonly asJson: boolean
  readonly decisions: Decisions
  readonly file: Output | undefined
  readonly strict: boolean
  /** Progress is shown. */
  readonly isWatched: boolean
  /** What a result stands for. */
  readonly unit: 'image' | 'row'
  readonly io: Io
}

/** `--model a,b,c` and `--model all`, undefined for one name: a name holds no comma. */
export function severalRefs(model: string): readonly string[] | undefined {
  const refs = model.split(',').flatMap((part) => part.trim() || [])
  return refs.length > 1 || refs[0] === 'all' ? refs : undefined
}

/** @param args images, folders, patterns and lists; none with `--features` */
export async function scoreMany(
  refs: readonly string[],
  args: readonly string[],
  values: Values,
  format: ResultFormat,
  io: Io,
): Promise<ExitStatus> {
  for (const name of ['explain', 'backbone'])
    if (text(values, name) !== undefined)
      throw new OneclassError('INVALID_ARGUMENT', `Expected one model with --${name} but received ${refs.join(',')}.`)
  const alpha = number(values, 'alpha')
  if (alpha !== undefined) assertAlpha(alpha)
  const fdr = number(values, 'fdr')
  if (fdr !== undefined) assertDiscoveryRate(fdr)
  const [features, out] = [text(values, 'features'), text(values, 'out')]
  const file = await outputFor(out, features === undefined ? args : [features])
  try {
    const call = {
      refs,
      alpha,
      format,
      asJson: flag(values, 'json'),
      decisions: { ...(fdr === undefined ? {} : { fdr }), abstain: flag(values, 'abstain') },
      file,
      strict: flag(values, 'strict'),
      isWatched: out !== undefined || format !== 'table',
      unit: features === undefined ? ('image' as const) : ('row' as const),
      io,
    }
    const registry = openRegistry(io.home)
    if (features === undefined) return await scoreImagesWithMany(args, registry, call)
    return await scoreRowsWithMany(await readFeatures(features), registry, call)
  } finally {
    await file?.discard()
  }
}

async function scoreImagesWithMany(args: readonly string[], registry: Registry, call: ManyCall): Promise<ExitStatus> {
  const { alpha, io, decisions } = call
  const onNotice = (note: string) => io.err(note)
  const { models, failed, close } = await openModels(registry, call.refs, {
    home: io.home,
    onNotice,
    alpha,
    keepGoing: true,
  })
  try {
    tellModels(
      models.map(({ info, classifier }) => ({ info, alpha: classifier.alpha })),
      failed,
      io,
    )
    const { entries, skipped } = await readInput(args, standardInput, io.signal)
    const names = entries.map((entry) => ('name' in entry ? entry.name : entry.image))
    const sources = entries.filter((entry): entry is ImageSource => !('error' in entry))
    const progress = progressLine(io, 'images')
    const scored = classifyWithModels(models, sources, {
      signal: io.signal,
      ...(call.strict ? { limits: { ...imageLimits, strict: true } } : {}),
      ...(call.isWatched ? { onProgress: progress.update } : {}),
    })
    const calibrationScores = new Map(models.map(({ ref, info }) => [ref, info.calibrationScores]))
    const answers = withFailed(inOrder(entries, scored), failed)
    const results = decided(answers, (some) => decideMany(some, calibrationScores, decisions), decisions)
    const refs = [...models, ...failed].map(({ ref }) => ref)
    return await writeMany(results, refs, names, skipped, call).finally(() => progress.end())
  } finally {
    await close()
  }
}

/** @param X one embedding a row */
async function scoreRowsWithMany(X: Matrix, registry: Registry, call: ManyCall): Promise<ExitStatus> {
  const models = []
  const failed: UnopenedModel[] = []
  for (const ref of await expandRefs(registry, call.refs)) {
    try {
      const { info, artifact } = await registry.load(ref)
      assertTakesFeatures({ info, artifact })
      const alpha = call.alpha === undefined ? {} : { alpha: call.alpha }
      models.push({
        ref,
        info,
        backbone: null,
        classifier: createClassifier(artifact, { model: labelOf(info), ...alpha }),
      })
    } catch (thrown) {
      failed.push({ ref, error: toOneclassError(thrown).toJSON() })
    }
  }
  if (models.length === 0) {
    const { error } = present(failed[0], 'a model that failed')
    throw new OneclassError(error.code, error.message)
  }
  tellModels(
    models.map(({ info, classifier }) => ({ info, alpha: classifier.alpha })),
    failed,
    call.io,
  )
  const rows = Array.from({ length: X.rows }, (_, i) => ({ embedding: X.data.subarray(i * X.cols, (i + 1) * X.cols) }))
  const scored = scoreWithModels(models, () => rows).map((result, row): ManyRow => ({ row, ...result }))
  const calibrationScores = new Map(models.map(({ ref, info }) => [ref, info.calibrationScores]))
  const { decisions } = call
  const results = decided(
    withFailed(scored, failed),
    (some) => decideMany(some, calibrationScores, decisions),
    decisions,
  )
  const refs = [...models, ...failed].map(({ ref }) => ref)
  return await writeMany(results, refs, [], [], call)
}

function tellModels(
  models: readonly { readonly info: Model; readonly alpha: number }[],
  failed: readonly UnopenedModel[],
  io: Io,
): void {
  for (const { info, alpha } of models) {
    const warning = alphaWarning(info, alpha)
    if (warning) io.err(`note: ${labelOf(info)}: ${warning}`)
  }
  for (const { error } of failed) io.err(`note: ${error.code}: ${printable(error.message)}`)
}

/** The error of a model that cannot be opened stands in its place, in each result. */
async function* withFailed<T extends ManyResult | ManyRow>(
  results: AsyncIterable<T> | Iterable<T>,
  failed: readonly UnopenedModel[],
): AsyncGenerator<T> {
  const more = Object.fromEntries(failed.map(({ ref, error }) => [ref, { error }]))
  for await (const result of results)
    yield 'models' in result ? { ...result, models: { ...result.models, ...more } } : result
}

async function writeMany(
  results: AsyncIterable<ManyResult | ManyRow>,
  refs: readonly string[],
  names: readonly string[],
  skipped: readonly Skipped[],
  { format, asJson, decisions, file, unit, io }: ManyCall,
): Promise<ExitStatus> {
  const best = new Map(refs.map((ref) => [ref, 0]))
  const counts = { images: 0, none: 0, failed: 0 }
  let hasFailed = false
  await writeAll(results, manyWriter(format, refs, names, decisions), file, io, (result) => {
    counts.images++
    if (!('models' in result)) {
      counts.failed++
      if (format !== 'jsonl') tellFailed(result, io)
      return
    }
    hasFailed ||= Object.values(result.models).some((answer) => 'error' in answer)
    if (result.best === null) counts.none++
    else best.set(result.best, (best.get(result.best) ?? 0) + 1)
  })
  await file?.commit()
  if (asJson) io.err(JSON.stringify({ summary: { models: refs, ...counts, best: Object.fromEntries(best), skipped } }))
  else {
    const parts = [...best].flatMap(([ref, count]) => (count > 0 ? `${count} ${ref}` : []))
    parts.push(`${counts.none} none of these`)
    if (counts.failed > 0) parts.push(`${counts.failed} could not be read`)
    io.err(`${plural(counts.images, unit)}: ${parts.join(', ')}`)
    tellSkipped(skipped, io)
  }
  return hasFailed || counts.failed > 0 ? 2 : 0
}
