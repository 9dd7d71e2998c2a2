/** `load` and `loadModels`: fitted models that stay in a thread until they are closed. */
import type { Matrix } from '../core/matrix.ts'
import { decide, decided, decideMany } from '../detectors/decide.ts'
import { present } from '../errors.ts'
import type { ManyResult } from '../wire/many.ts'
import type { Model } from '../wire/model.ts'
import type { ImageResult, RowResult } from '../wire/result.ts'
import * as check from './arguments.ts'
import { checkImage, checkImages, type Entry, type ImageInput, type Images, readEntries, readEntry } from './images.ts'
import { answerInOrder, type InOrderOptions } from './in-order.ts'
import { type Cancellable, homeOf, type Place } from './place.ts'
import { type LibraryThread, startLibraryThread } from './thread.ts'

export interface LoadCall extends Place, Cancellable {
  /** Another alpha than the model's, for all calls. */
  readonly alpha?: number | undefined
  /** Where the model's network is now, if it has moved. */
  readonly backbone?: string | undefined
}

export interface ScoreCall extends Cancellable {
  /** Another alpha than the model's. */
  readonly alpha?: number | undefined
  /** Refuse images that were cut off, even where no pixel is missing. */
  readonly strict?: boolean | undefined
  /** Add a `verdict` with a third answer, `unsure`. */
  readonly abstain?: boolean | undefined
}

export interface ScoreAllCall extends ScoreCall, InOrderOptions {
  /** Flag images so that at most this share of the flagged is good, on average. All results then come at the end. */
  readonly fdr?: number | undefined
}

/** Use it with `await using`, or close it. */
export interface LoadedModel extends AsyncDisposable {
  readonly info: Model
  /** One image. A bad image is a result with `error`. */
  score(image: ImageInput, options?: ScoreCall): Promise<ImageResult>
  /** Images or a folder: one result each, in their order, as they come. */
  scoreAll(images: Images, options?: ScoreAllCall): AsyncGenerator<ImageResult, void, undefined>
  /** As `score`, with the map of what makes the image anomalous. */
  explain(image: ImageInput, options?: Pick<ScoreCall, 'alpha' | 'signal'>): Promise<ImageResult>
  /** One result a row of X, shape (m, d). @throws FEATURES_WRONG_WIDTH, FEATURES_NOT_FINITE */
  scoreFeatures(X: Matrix, options?: Pick<ScoreAllCall, 'alpha' | 'signal' | 'fdr' | 'abstain'>): Promise<RowResult[]>
  close(): Promise<void>
}

/** Several models at once; networks that they share are opened once. Use it with `await using`, or close it. */
export interface LoadedModels extends AsyncDisposable {
  /** Names under which results carry the models. */
  readonly refs: readonly string[]
  /** One image. A bad image is a result with `error`. */
  score(image: ImageInput, options?: Pick<ScoreCall, 'signal' | 'strict' | 'abstain'>): Promise<ManyResult>
  /** Images or a folder: one result each, in their order, as they come. */
  scoreAll(
    images: Images,
    options?: Pick<ScoreAllCall, 'strict' | 'abstain' | 'fdr'> & InOrderOptions,
  ): AsyncGenerator<ManyResult, void, undefined>
  close(): Promise<void>
}

const scoreOptions = {
  signal: check.abortSignal,
  alpha: check.alpha,
  strict: check.flag,
  abstain: check.flag,
}
const { signal, strict, abstain } = scoreOptions
const { onProgress } = check.common
const fdr = check.share(0.1)

/**
 * @param ref NAME, its version in use, or NAME@VERSION
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, BACKBONE_NOT_FOUND, BACKBONE_MISMATCH
 * @example
 *   await using hotdog = await load('hotdog')
 *   console.log(await hotdog.score('dinner.jpg'))
 */
export async function load(ref: string, call: LoadCall = {}): Promise<LoadedModel> {
  check.checkArgument('the model', ref, check.modelRef)
  const { home, signal: cancel } = check.common
  check.checkOptions(call, {
    home,
    signal: cancel,
    alpha: check.alpha,
    backbone: check.text('the id or file of a network'),
  })
  const { alpha, backbone } = call
  const thread = startLibraryThread()
  const { closing, ...closer } = closerOf(thread)
  const info = await opening(thread, thread.call('open', { home: homeOf(call), refs: [ref], alpha, backbone }, call))
  return {
    info,
    async score(image, options = {}) {
      checkImage('the image', image)
      check.checkOptions(options, scoreOptions)
      const entry = await readEntry(image, 'image', { ...options, closing })
      const [result] = decide([await scoreOne(entry, options)], info.calibrationScores, decisions(options))
      return present(result, 'a result')
    },
    scoreAll(images, options = {}) {
      checkImages('the images', images)
      check.checkOptions(options, { ...scoreOptions, onProgress, fdr })
      const { alpha, strict, signal } = options
      return decided(
        (async function* () {
          const entries = await readEntries(images, { signal, closing })
          yield* answerInOrder(
            entries,
            (sources) => thread.call('score', { sources, alpha, strict }, { signal }),
            options,
          )
        })(),
        (results) => decide(results, info.calibrationScores, decisions(options)),
        options,
      )
    },
    async explain(image, options = {}) {
      checkImage('the image', image)
      check.checkOptions(options, { signal, alpha: check.alpha })
      const entry = await readEntry(image, 'image', { ...options, closing })
      return 'error' in entry ? entry : await thread.call('explain', { source: entry, alpha: options.alpha }, options)
    },
    async scoreFeatures(X, options = {}) {
      check.checkArgument('the features', X, check.features)
      check.checkOptions(options, { signal, alpha: check.alpha, fdr, abstain })
      const scored = await thread.call('scoreFeatures', { X, alpha: options.alpha }, options)
      const rows = scored.map((result, row): RowResult => ({ row, ...result }))
      return decide(rows, info.calibrationScores, decisions(options))
    },
    ...closer,
  }

  async function scoreOne(entry: Entry, { alpha, strict, signal }: ScoreCall): Promise<ImageResult> {
    if ('error' in entry) return entry
    const [result] = await thread.call('score', { sources: [entry], alpha, strict }, { signal })
    return present(result, 'a result')
  }
}

/**
 * @param refs NAME or NAME@VERSION each, or the one word `all`
 * @throws as `load`, and MODEL_INCOMPATIBLE for a model of features
 */
export async function loadModels(
  refs: readonly string[] | 'all',
  call: Omit<LoadCall, 'backbone'> = {},
): Promise<LoadedModels> {
  if (refs !== 'all') {
    check.checkArgument('the models', refs, check.listOf('names of models, or the word "all"', check.isName))
    for (const ref of refs) check.checkArgument('the model', ref, check.modelRef)
  }
  check.checkOptions(call, { home: check.common.home, signal, alpha: check.alpha })
  const thread = startLibraryThread()
  const { closing, ...closer } = closerOf(thread)
  const input = { home: homeOf(call), refs: refs === 'all' ? ['all'] : refs, alpha: call.alpha }
  const opened = await opening(thread, thread.call('openMany', input, call))
  const decideEach = (results: readonly ManyResult[], options: ScoreAllCall) =>
    decideMany(results, opened.calibrationScores, decisions(options))
  return {
    refs: opened.refs,
    async score(image, options = {}) {
      checkImage('the image', image)
      check.checkOptions(options, { signal, strict, abstain })
      const entry = await readEntry(image, 'image', { ...options, closing })
      if ('error' in entry) return entry
      const results = await thread.call('scoreMany', { sources: [entry], strict: options.strict }, options)
      return present(decideEach(results, options)[0], 'a result')
    },
    scoreAll(images, options = {}) {
      checkImages('the images', images)
      check.checkOptions(options, { signal, strict, abstain, onProgress, fdr })
      const { strict: isStrict, signal: cancel } = options
      const ask = (sources: Parameters<typeof thread.call<'scoreMany'>>[1]['sources']) =>
        thread.call('scoreMany', { sources, strict: isStrict }, { signal: cancel })
      return decided(
        (async function* () {
          yield* answerInOrder(await readEntries(images, { signal: cancel, closing }), ask, options)
        })(),
        (results) => decideEach(results, options),
        options,
      )
    },
    ...closer,
  }
}

/** A thread that could not open what it was asked for ends. */
async function opening<T>(thread: LibraryThread, opened: Promise<T>): Promise<T> {
  try {
    return await opened
  } catch (error) {
    await thread.end()
    throw error
  }
}

interface Closer extends AsyncDisposable {
  close(): Promise<void>
  /** Aborted when it is closed: no source of a caller is read any longer. */
  readonly closing: AbortSignal
}

function closerOf(thread: LibraryThread): Closer {
  const controller = new AbortController()
  let closed: Promise<void> | undefined
  const close = () => {
    controller.abort()
    closed ??= thread.call('close', null).then(
      () => thread.end(),
      () => thread.end(),
    )
    return closed
  }
  return { close, [Symbol.asyncDispose]: close, closing: controller.signal }
}

function decisions({ fdr, abstain }: Pick<ScoreAllCall, 'fdr' | 'abstain'>) {
  return { ...(fdr === undefined ? {} : { fdr }), ...(abstain === undefined ? {} : { abstain }) }
}
