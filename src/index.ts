/**
 * The library: fit a model, load it, ask it. The command line and the workers are built on the same functions.
 *
 *   import { fit, load } from 'oneclass'
 *   await fit('photos/', { name: 'hotdog' })
 *   const hotdog = await load('hotdog')
 *   console.log(await hotdog.score('dinner.jpg'))
 */
import { labelOf } from './wire/label.ts'
import type { Model } from './wire/model.ts'
import type { ImageResult } from './wire/result.ts'

export type { ErrorBody } from './wire/error.ts'
export type { DetectorResult, ImageResult, Neighbour, RowResult, Scored } from './wire/result.ts'

import type { Matrix } from './core/matrix.ts'
import { OneclassError } from './errors.ts'
import { type EvaluateOptions, evaluateModel } from './evaluation/evaluate.ts'
import { readLabelled } from './evaluation/labelled.ts'
import { writeEvaluation } from './evaluation/report/evaluation-report.ts'
import { openBackbone, openBackboneOf } from './features/registry.ts'
import { collectImages } from './images/collect.ts'
import type { ImageSource } from './images/decode.ts'
import type { Skipped } from './images/left-out.ts'
import { growthOf, readBaseVersion } from './pipeline/base-version.ts'
import { type Classifier, classifyImages, createClassifier } from './pipeline/classify.ts'
import { classifyWithModels } from './pipeline/classify-many.ts'
import { type FitOptions, type FittedImages, fitFeatures, fitImages } from './pipeline/fit.ts'
import { openModels } from './pipeline/open-models.ts'
import { collectPositives } from './pipeline/positives.ts'
import { withRange } from './pipeline/range.ts'
import { encodeGallery } from './store/gallery.ts'
import { openRegistry } from './store/registry.ts'
import { readConfig } from './system/config.ts'
import type { Evaluation } from './wire/evaluation.ts'
import type { ManyResult } from './wire/many.ts'

export { readNpy, writeNpy } from './core/npy.ts'
export { type ErrorCode, errorTable, OneclassError } from './errors.ts'
export type { Evaluation } from './wire/evaluation.ts'
export type { ManyResult, ManyScored } from './wire/many.ts'
export type { Classifier, FitOptions, FittedImages, ImageSource, Matrix, Model, Skipped }

export interface Place {
  /** The data directory. Default: `ONECLASS_HOME`, else `.oneclass/` in the current directory. */
  readonly home?: string
}

export interface FitCall extends FitOptions, Place {
  /** 1 to 64 letters, digits, ".", "_" or "-". Each fit adds a version. */
  readonly name: string
  /** An id of `oneclass backbones list`, `face`, or a path to an .onnx file or a model.json. Default: the embedded one. */
  readonly backbone?: string
  /** A version whose positives come first, as if their files were there: NAME or NAME@VERSION. Its backbone, alpha and seed are taken. */
  readonly base?: string
  /** Positives of `base` to leave out, by index. */
  readonly exclude?: readonly number[]
  /** Leave out new images that are positives of `base` already. */
  readonly skipRepeated?: boolean
  /** A folder of images that do not belong, or their embeddings of shape (m, d). */
  readonly negatives?: string | Matrix
}

/**
 * Fits a model to positives and saves it as the next version of `name`.
 * @param positives a folder, or embeddings of shape (n, d)
 * @throws OneclassError; an image that cannot be read is in `rejected`, not thrown
 */
export async function fit(
  positives: string | Matrix,
  { name, home = readConfig().home, backbone: ref, base: baseRef, exclude, negatives, ...options }: FitCall,
): Promise<Model & Pick<FittedImages, 'rejected' | 'duplicates'> & { readonly skipped: readonly Skipped[] }> {
  const registry = openRegistry(home)
  if (typeof positives !== 'string') {
    if (typeof negatives === 'string')
      throw new OneclassError('INVALID_ARGUMENT', 'Negatives of a model of embeddings are embeddings too.')
    return {
      ...(await registry.save(name, await fitFeatures(positives, { ...options, negatives }))),
      rejected: [],
      duplicates: [],
      skipped: [],
    }
  }
  if (typeof negatives === 'object')
    throw new OneclassError('INVALID_ARGUMENT', 'Negatives of a model of images are a folder of images.')
  const { images: sources, failed, skipped } = await collectPositives(positives)
  const others = negatives === undefined ? undefined : (await collectPositives(negatives)).images
  const base = baseRef === undefined ? undefined : await readBaseVersion(registry, baseRef, exclude)
  const backbone = base ? await openBackboneOf(base.backbone, { home }) : await openBackbone(ref, { home })
  try {
    const fitted = await fitImages(sources, backbone, {
      ...(base && { base: base.positives, alpha: base.info.alpha, seed: base.info.seed }),
      ...options,
      negatives: others,
      thumbnails: true,
      failed,
    })
    const { rejected, duplicates } = fitted
    const saved = await registry.save(name, fitted.artifact, {
      gallery: encodeGallery(fitted.gallery),
      growth: base && growthOf(labelOf(base.info), base.positives, fitted),
    })
    return { ...saved, rejected, duplicates, skipped }
  } finally {
    await backbone.close()
  }
}

/**
 * From now on the bare name means this version, until another is chosen or fitted: undoes a fit.
 * @param ref NAME@VERSION
 * @throws MODEL_NAME_INVALID, MODEL_NOT_FOUND
 */
export async function use(ref: string, { home = readConfig().home }: Place = {}): Promise<Model> {
  return await openRegistry(home).use(ref)
}

/**
 * A fitted model on labelled images, without refitting.
 * @param ref NAME or NAME@VERSION
 * @param folder holds positive/ and negative/, or labels.csv with the columns image,label
 * @throws MODEL_NOT_FOUND, MODEL_INCOMPATIBLE (fitted on features), FOLDER_NOT_FOUND, FOLDER_EMPTY, INVALID_ARGUMENT, TOO_FEW_IMAGES
 */
export async function evaluate(
  ref: string,
  folder: string,
  { home = readConfig().home, against, out, ...options }: EvaluateCall = {},
): Promise<Evaluation> {
  const labelled = await readLabelled(folder)
  const refs = against === undefined ? [ref] : [ref, against]
  const { models, close } = await openModels(openRegistry(home), refs, { home, alpha: options.alpha })
  try {
    const evaluated = await evaluateModel([models[0]!, models[1]], labelled, options)
    if (out !== undefined) await writeEvaluation(evaluated, labelled, out)
    return evaluated.evaluation
  } finally {
    await close()
  }
}

export interface EvaluateCall extends EvaluateOptions, Place {
  /** Another model on the same images. */
  readonly against?: string
  /** Another alpha than the model's. */
  readonly alpha?: number
  /** A folder that gets report.html, evaluation.json and scores.csv. */
  readonly out?: string
}

/** Several models at once; networks that they share are opened once. */
export interface LoadedModels {
  /** Names under which results carry the models. */
  readonly refs: readonly string[]
  /** One image: a path or its bytes. A bad image is a result with `error`. */
  score(image: string | Uint8Array): Promise<ManyResult>
  /** A folder, or a list of files, in order. */
  scoreAll(images: string | readonly string[], options?: { signal?: AbortSignal }): AsyncGenerator<ManyResult>
  close(): Promise<void>
}

/**
 * @param refs NAME or NAME@VERSION each, or the one word `all`
 * @throws as `load`
 */
export async function loadModels(
  refs: readonly string[] | 'all',
  { home = readConfig().home, alpha }: Place & { readonly alpha?: number } = {},
): Promise<LoadedModels> {
  const { models, close } = await openModels(openRegistry(home), refs === 'all' ? ['all'] : refs, { home, alpha })
  return {
    refs: models.map(({ ref }) => ref),
    async score(image) {
      const source = typeof image === 'string' ? { name: image, path: image } : { name: 'image', bytes: image }
      for await (const result of classifyWithModels(models, [source])) return result
      throw new OneclassError('INTERNAL', 'No result came.')
    },
    async *scoreAll(images, options) {
      const sources =
        typeof images === 'string' ? await collectImages(images) : images.map((path) => ({ name: path, path }))
      yield* classifyWithModels(models, sources, options)
    },
    close,
  }
}

export interface LoadedModel {
  readonly info: Model
  /** Embeddings to results: synchronous, no network. */
  readonly classifier: Classifier
  /** One image: a path or its bytes. A bad image is a result with `error`. */
  score(image: string | Uint8Array, options?: { alpha?: number }): Promise<ImageResult>
  /** A folder, or a list of files, in order. */
  scoreAll(
    images: string | readonly string[],
    options?: { alpha?: number; signal?: AbortSignal },
  ): AsyncGenerator<ImageResult>
  close(): Promise<void>
}

/**
 * @param ref NAME, its version in use, or NAME@VERSION
 * @throws MODEL_NOT_FOUND, MODEL_CORRUPT, BACKBONE_NOT_FOUND, BACKBONE_MISMATCH
 */
export async function load(ref: string, { home = readConfig().home }: Place = {}): Promise<LoadedModel> {
  const { info, artifact } = await openRegistry(home).load(ref)
  const model = `${info.name}@${info.version}`
  const classifier = createClassifier(artifact, { model })
  const network = artifact.backbone ? await openBackboneOf(artifact.backbone, { home }) : undefined
  const backbone = network && withRange(network, artifact.range)
  const classify = (sources: readonly ImageSource[], options: { alpha?: number; signal?: AbortSignal } = {}) => {
    if (!backbone) {
      throw new OneclassError('MODEL_INCOMPATIBLE', `"${model}" was fitted on features; use classifier.scoreMatrix.`)
    }
    return classifyImages(classifier, backbone, sources, options)
  }
  return {
    info,
    classifier,
    async score(image, options) {
      const source = typeof image === 'string' ? { name: image, path: image } : { name: 'image', bytes: image }
      for await (const result of classify([source], options)) return result
      throw new OneclassError('INTERNAL', 'No result came.')
    },
    async *scoreAll(images, options) {
      const sources =
        typeof images === 'string' ? await collectImages(images) : images.map((path) => ({ name: path, path }))
      yield* classify(sources, options)
    },
    close: async () => await backbone?.close(),
  }
}
