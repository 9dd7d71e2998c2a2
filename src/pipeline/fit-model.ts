/** The one fit: from positives to a saved version of a named model. The library and the command line call it, in a thread or not. */
import type { Matrix, Rows } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { assertConfidence } from '../detectors/promise.ts'
import { OneclassError } from '../errors.ts'
import { openBackbone, openBackboneOf } from '../features/registry.ts'
import { mergeSkipped } from '../images/left-out.ts'
import type { ImageSource } from '../images/source.ts'
import { askedOfBase } from '../store/fit-facts.ts'
import { galleryInParts } from '../store/gallery.ts'
import { openRegistry } from '../store/registry.ts'
import { assertNewModelName } from '../store/versions.ts'
import { usableCpus } from '../system/cpus.ts'
import { assertHomeWritable } from '../system/files.ts'
import { labelOf } from '../wire/label.ts'
import type { Model } from '../wire/model.ts'
import { assertSomeRead } from '../wire/negatives.ts'
import type { PreprocessMode } from '../wire/preprocess.ts'
import { growthOf, newToBase, readBaseVersion } from './base-version.ts'
import { type ExcludedRows, leaveOutRows } from './exclude-rows.ts'
import { type FitImagesOptions, type FittedImages, fitImages } from './fit.ts'
import { type FitOptions, fitFeatures } from './fit-features.ts'
import { type CollectedPositives, collectNegatives, collectPositives } from './positives.ts'

export interface SavedAs {
  /** The data directory. */
  readonly home: string
  /** Of the model; the fit adds a version. */
  readonly name: string
}

export interface FitModelOptions
  extends SavedAs,
    Omit<FitImagesOptions, 'base' | 'negatives' | 'exclude' | 'thumbnails' | 'failed'> {
  /** A folder, images (with what else was found beside them), or undefined where `base` brings all of them. */
  readonly positives: string | readonly ImageSource[] | CollectedPositives | undefined
  /** The same for images that do not belong. */
  readonly negatives?: string | readonly ImageSource[] | undefined
  /** Id or file; undefined for the embedded one. Not with `base`, which brings its own. */
  readonly backbone?: string | undefined
  /** NAME or NAME@VERSION whose positives come first; alpha, seed and range are its own unless given. */
  readonly base?: string | undefined
  /** Images to leave out: names, indices of positives of `base`, or `misfits`. */
  readonly exclude?: readonly (string | number)[] | 'misfits' | undefined
  /** What was assumed about the network's file. */
  readonly onNotice?: ((sentence: string) => void) | undefined
  /** Called when the folder of positives was read, before the work begins; what it returns is taken instead, if anything. */
  readonly onFound?: ((found: CollectedPositives) => Promise<CollectedPositives> | undefined) | undefined
}

export interface FitFeatureModelOptions extends SavedAs, FitOptions {
  /** Embeddings of images that do not belong, shape (m, d). */
  readonly negatives?: Matrix | undefined
  readonly preprocess?: PreprocessMode | undefined
  readonly exclude?: ExcludedRows | undefined
}

export interface FittedModel {
  readonly model: Model
  readonly fitted: FittedImages
  /** The folder of positives, and what was left out of that of negatives too. */
  readonly found: CollectedPositives
  /** With `base`: how many of the new images it rejects; undefined where it looks at places and the new version does not. */
  readonly rejectedByBase?: number | undefined
}

/**
 * What needs no image is checked first. A bad image is in `fitted.rejected`, not thrown.
 * @throws MODEL_NAME_INVALID, INVALID_ARGUMENT, ALPHA_INVALID, MODEL_NOT_FOUND, MODEL_INCOMPATIBLE, FOLDER_NOT_FOUND, FOLDER_EMPTY,
 *   BACKBONE_NOT_FOUND, TOO_FEW_IMAGES, IMAGES_IDENTICAL, CANCELLED
 */
export async function fitModel(options: FitModelOptions): Promise<FittedModel> {
  const {
    home,
    name,
    positives,
    negatives,
    backbone: ref,
    base: baseRef,
    exclude,
    onNotice,
    onFound,
    ...rest
  } = options
  assertNewModelName(name)
  if (baseRef !== undefined && ref !== undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'A fit on the positives of an earlier version has its backbone: give none.',
    )
  if (rest.alpha !== undefined) assertAlpha(rest.alpha)
  if (rest.confidence !== undefined) assertConfidence(rest.confidence)
  const registry = openRegistry(home)
  await assertHomeWritable(home)
  const listed = exclude === undefined || exclude === 'misfits' ? [] : exclude
  const indices = listed.filter((entry) => typeof entry === 'number')
  const names = exclude === 'misfits' ? exclude : listed.filter((entry) => typeof entry === 'string')
  const base = baseRef === undefined ? undefined : await readBaseVersion(registry, baseRef, indices)
  const inFolder = await read(positives)
  const others = typeof negatives === 'string' ? await collectNegatives(negatives) : await read(negatives)
  if (!base && others.images.length === 0) assertSomeRead(others.failed)
  const found = (await onFound?.(inFolder)) ?? inFolder
  const place = { home, ...(onNotice && { onNotice }) }
  const backbone = base
    ? await openBackboneOf({ ...base.backbone, label: labelOf(base.info) }, place)
    : await openBackbone(ref, place)
  try {
    const fitted = await fitImages(found.images, backbone, {
      ...(base && { ...askedOfBase(base.info, rest), seed: base.info.seed, base: base.positives }),
      ...(base?.info.range && { range: base.info.range }),
      ...rest,
      threads: usableCpus(),
      ...(names.length > 0 && { exclude: names }),
      onNotice,
      negatives: others.images,
      failed: [...found.failed, ...others.failed],
      thumbnails: true,
    })
    const model = await registry.save(name, fitted.artifact, {
      gallery: galleryInParts(fitted.gallery),
      growth: base && growthOf(labelOf(base.info), base.positives, fitted),
    })
    const all = { ...found, skipped: mergeSkipped([found.skipped, others.skipped]) }
    return { model, fitted, found: all, ...(base && { rejectedByBase: await newToBase(registry, base, fitted) }) }
  } finally {
    await backbone.close()
  }
}

/**
 * The same for embeddings, which may have been centred or whitened before: `auto` finds out.
 * @param X shape (n, d)
 * @returns the model, and the names of rows that were left out. @throws as `fitFeatures` and `leaveOutRows`, and MODEL_NAME_INVALID
 */
export async function fitFeatureModel(
  X: Rows,
  { home, name, preprocess = 'auto', exclude = [], ...options }: FitFeatureModelOptions,
): Promise<{ readonly model: Model; readonly excluded: readonly string[] }> {
  assertNewModelName(name)
  await assertHomeWritable(home)
  const kept = leaveOutRows(X, exclude, { preprocess, seed: options.seed })
  const fitted = await fitFeatures(kept?.X ?? X, { threads: usableCpus(), ...options, rows: kept?.rows, preprocess })
  return { model: await openRegistry(home).save(name, fitted), excluded: kept?.excluded ?? [] }
}

async function read(images: FitModelOptions['positives']): Promise<CollectedPositives> {
  if (typeof images === 'string') return await collectPositives(images)
  return images !== undefined && 'images' in images ? images : { images: images ?? [], failed: [], skipped: [] }
}
