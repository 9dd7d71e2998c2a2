/**
 * Every method on the user's own images: they are read, embedded and hashed once (`material.ts`); networks train in a thread while the
 * detectors run here; then the learning curve, positives that do not fit and the projections. A method that fails takes nobody with it.
 * Blocks its thread for seconds at a time: run it in a process or thread without other duties.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Effort, imageSide } from '../baselines/cnn.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { present, toOneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import type { ImageSource } from '../images/decode.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { KeptCurve, KeptOutcome } from '../wire/comparison-progress.ts'
import { tellFinding } from '../wire/findings.ts'
import { usualAlpha } from '../wire/fit-choices.ts'
import { type Split, splits } from '../wire/splits.ts'
import { drawResamples } from './bootstrap.ts'
import type { CompareReport, ImageScore } from './compare-report.ts'
import { createContext } from './context.ts'
import { judgeMethods, type MethodRun } from './judge.ts'
import { labelNoise } from './label-noise.ts'
import { learningCurve } from './learning-curve.ts'
import { type Material, prepareMaterial } from './material.ts'
import type { Method, MethodContext, Outcome } from './method.ts'
import { selectMethods } from './methods.ts'
import { embedPoints } from './report/scatter.ts'
import { makeThumbnails } from './report/thumbnails.ts'
import { findingsOf } from './report/verdict.ts'
import { openProgress, type ProgressStore } from './resume.ts'

export interface CompareOptions {
  readonly images: Readonly<Record<Split, readonly ImageSource[]>>
  /** Further images, which could not be read; they are told with the report. */
  readonly failed?: Material['unreadable']
  readonly backbone: Backbone
  /** Keys of the methods to run; all of them by default. */
  readonly methods?: readonly string[] | undefined
  readonly effort?: Effort
  /** Default 0.05. */
  readonly alpha?: number
  /** Default 1. */
  readonly seed?: number
  /** Keep test images that nearly repeat a training image (they are reported either way). */
  readonly keepNearDuplicates?: boolean
  /** What the report is called, and the command that repeats it. */
  readonly title?: string
  readonly command?: string
  /** Where unfinished work is kept, to go on after a kill. Forgotten when the comparison is done. */
  readonly resumeFolder?: string | undefined
  /** Cores to use. */
  readonly cpus?: number
  readonly packageVersion?: string
}

export interface CompareProgress {
  /** 0 to 1. */
  readonly fraction: number
  readonly message: string
}

export interface CompareHooks {
  readonly onProgress?: (progress: CompareProgress) => void
  readonly signal?: AbortSignal | undefined
}

/** @throws INVALID_ARGUMENT, ALPHA_INVALID, TOO_FEW_IMAGES (no readable positives), CANCELLED */
export async function compare(options: CompareOptions, hooks: CompareHooks = {}): Promise<CompareReport> {
  const started = performance.now()
  const { effort = 'full', alpha = usualAlpha, seed = 1 } = options
  const { signal } = hooks
  assertAlpha(alpha)
  const selected = selectMethods(options.methods)
  const pause = async (fraction: number, message: string): Promise<void> => {
    hooks.onProgress?.({ fraction, message })
    await nextTurn()
    throwIfAborted(signal)
  }
  const material = await prepareMaterial({
    images: options.images,
    failed: options.failed ?? [],
    backbone: options.backbone,
    side: imageSide,
    keepNearDuplicates: options.keepNearDuplicates ?? false,
    onProgress: (done, total) =>
      hooks.onProgress?.({ fraction: (0.2 * done) / total, message: `embedding images: ${done} of ${total}` }),
    signal,
  })
  const { testPositive, testNegative, trainPositive } = material.of
  const tested = { positives: testPositive.sources.length, negatives: testNegative.sources.length }
  const isPositive = new Uint8Array(tested.positives + tested.negatives).fill(1, 0, tested.positives)
  const progress = await openProgress(options.resumeFolder, fingerprint(material, options, { effort, alpha, seed }))
  const context = createContext(material, { alpha, effort, signal }, (message) =>
    hooks.onProgress?.({ fraction: 0.3, message }),
  )

  const runs = await runMethods(selected, context, material, progress, seed, (done, message) =>
    pause(0.2 + (0.55 * done) / selected.length, message),
  )
  const methods = judgeMethods(runs, isPositive, alpha, drawResamples(isPositive, 1000, seed), {
    embedMs: material.embedMs,
    trainImages: trainPositive.sources.length,
    trainNegatives: material.of.trainNegative.sources.length,
  })
  const curve =
    tested.negatives > 0 && !context.networksOnly(selected)
      ? await progress.remember('learning-curve', { schema: KeptCurve }, () =>
          learningCurve(context, isPositive, seed, (message) => pause(0.78, message)),
        )
      : []
  await pause(0.9, 'looking for positives that do not fit')
  const misfits = trainPositive.sources.length >= 20 ? await labelNoise(context.positives, context.groups, seed) : []
  await pause(0.92, 'drawing the embeddings')
  const embedding = await embedPoints(material, seed, () => pause(0.94, 'drawing the embeddings'))
  const images = imageScores(runs, material, isPositive)
  const nameOf = (row: number) => present(trainPositive.sources[row], 'the source of an image').name
  const noise = misfits.map(({ row, score, pValue }) => ({ image: nameOf(row), score, pValue }))
  await pause(0.97, 'making thumbnails')
  const thumbnails = await makeThumbnails(material, {
    wanted: [...noise.map(({ image }) => image), ...embedding.map(({ image }) => image)],
    images,
  })
  const counts = Object.fromEntries(
    splits.map((split) => [split, { found: material.found[split], used: material.of[split].sources.length }]),
  ) as CompareReport['data']['counts']
  const findings = findingsOf(methods, curve, alpha, tested)
  const titleOf = (key: string) => methods.find((method) => method.key === key)?.title ?? key
  return {
    format: 'oneclass-compare',
    version: 1,
    createdAt: new Date().toISOString(),
    title: options.title ?? 'Compare methods',
    command: options.command ?? '',
    quick: effort === 'quick',
    alpha,
    seed,
    backbone: { id: options.backbone.id, hash: options.backbone.hash, dim: options.backbone.dim },
    environment: { node: process.version, cpus: options.cpus ?? 0, oneclass: options.packageVersion ?? '' },
    seconds: (performance.now() - started) / 1000,
    data: {
      counts,
      unreadable: material.unreadable,
      nearDuplicates: material.nearDuplicates,
      nearDuplicatesDropped: material.nearDuplicatesDropped,
      warnings: material.warnings,
    },
    findings,
    verdict: findings.map((finding) => tellFinding(finding, titleOf)),
    methods,
    learningCurve: curve,
    labelNoise: noise,
    embedding,
    images,
    thumbnails,
    networks: new Map(runs.flatMap(({ method, outcome }) => (outcome?.network ? [[method.key, outcome.network]] : []))),
  }
}

/** Two lanes at once: networks in their thread, everything else here. */
async function runMethods(
  selected: readonly Method[],
  context: MethodContext,
  material: Material,
  progress: ProgressStore,
  seed: number,
  pause: (done: number, message: string) => Promise<void>,
): Promise<MethodRun[]> {
  const finished = new Map<string, MethodRun>()
  const lane = async (methods: readonly Method[]) => {
    for (const method of methods) {
      await pause(finished.size, method.title)
      const run = await runMethod(method, context, material, progress, seed)
      finished.set(method.key, run)
      await pause(finished.size, `${method.title}: ${run.outcome ? 'done' : run.reason}`)
    }
  }
  // networks that stop soon go first, so that the binary one may use what is left of the time
  const late = ({ needs }: Method) => Number(needs === 'negatives')
  const threads = selected.filter(({ lane }) => lane === 'thread').toSorted((a, b) => late(a) - late(b))
  await Promise.all([lane(threads), lane(selected.filter((method) => method.lane === 'main'))])
  return selected.map(({ key }) => present(finished.get(key), 'the run of a method'))
}

async function runMethod(
  method: Method,
  context: MethodContext,
  material: Material,
  progress: ProgressStore,
  seed: number,
): Promise<MethodRun> {
  if (method.needs === 'negatives' && material.of.trainNegative.sources.length < 2) {
    return {
      method,
      status: 'skipped',
      reason: 'needs negatives: there are no readable images in train/negative',
      repeats: [],
    }
  }
  const testImages = context.test.rows
  const form = {
    schema: KeptOutcome,
    fits: ({ scores, accepted }: Outcome) => scores.length === testImages && accepted.length === testImages,
  }
  const repeats: { seed: number; scores: Float64Array }[] = []
  let outcome: Outcome | undefined
  try {
    for (let k = 0; k < method.seeds[context.effort]; k++) {
      const result = await progress.remember<Outcome>(`${method.key}-${seed + k}`, form, () =>
        method.run(context, seed + k),
      )
      outcome ??= result
      repeats.push({ seed: seed + k, scores: result.scores })
    }
  } catch (error) {
    const known = toOneclassError(error)
    if (known.code === 'CANCELLED') throw known
    // a repeat that fails leaves the first result standing
    if (outcome === undefined) {
      const status = known.code === 'DEPENDENCY_MISSING' ? 'skipped' : 'failed'
      return { method, status, reason: known.message, repeats: [] }
    }
  }
  return { method, status: 'done', reason: null, outcome: present(outcome, 'the outcome'), repeats }
}

function imageScores(runs: readonly MethodRun[], material: Material, isPositive: Uint8Array): ImageScore[] {
  const sources = [...material.of.testPositive.sources, ...material.of.testNegative.sources]
  return sources.map((source, i) => ({
    image: source.name,
    isPositive: isPositive[i] === 1,
    scores: Object.fromEntries(
      runs.flatMap(({ method, outcome }) => {
        const score = outcome?.scores[i]
        return score === undefined ? [] : [[method.key, { score, accepted: outcome?.accepted[i] === 1 }]]
      }),
    ),
  }))
}

function fingerprint(
  material: Material,
  options: CompareOptions,
  settings: { effort: Effort; alpha: number; seed: number },
): (string | Uint8Array)[] {
  const bytes = splits.map((split) => {
    const { data } = material.of[split].embeddings
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  })
  return ['2', options.backbone.hash, JSON.stringify(settings), ...bytes]
}
