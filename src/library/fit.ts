/** `fit`: positives to a saved model, in a thread of its own. */
import type { Matrix } from '../core/matrix.ts'
import { OneclassError } from '../errors.ts'
import type { Skipped } from '../images/left-out.ts'
import { fitReport } from '../store/fit-facts.ts'
import {
  type AskedDetail,
  type AskedLight,
  askedDetails,
  askedLights,
  type CalibrationMethod,
  calibrationMethods,
} from '../wire/fit-choices.ts'
import type { FitReport } from '../wire/fit-report.ts'
import type { Model } from '../wire/model.ts'
import { type PreprocessMode, preprocessModes } from '../wire/preprocess.ts'
import type { SampleRange } from '../wire/sample-range.ts'
import * as check from './arguments.ts'
import type { FitInput, FitReply, LibraryCalls } from './calls.ts'
import { checkImages, type Gathered, gather, type Images, pathOf } from './images.ts'
import { type Cancellable, homeOf, type Place } from './place.ts'
import { callOnce, fitApart } from './thread.ts'

export interface FitCall extends Place, Cancellable {
  /** 1 to 64 letters, digits, ".", "_" or "-". Each fit adds a version. */
  readonly name: string
  /** False-rejection rate that decisions use, in (0, 1). Default 0.05. */
  readonly alpha?: number | undefined
  /**
   * Take the strictest alpha at which, with this probability, at most `alpha` of new positives are rejected: the model's alpha is then
   * that one. In (0, 1).
   */
  readonly confidence?: number | undefined
  /** How positives are held out: each once, or a quarter set aside. Default: by their number. */
  readonly calibration?: CalibrationMethod | undefined
  /** Of embeddings: `l2` scales each row to length 1, `none` keeps lengths. Default `auto`: looks whether they were centred or whitened. */
  readonly preprocess?: PreprocessMode | undefined
  /** Default 1. The same positives, options and seed give the same bytes. */
  readonly seed?: number | undefined
  /** An id of `oneclass backbones list`, `face`, or a path to an .onnx file or a model.json. Default: the embedded one. */
  readonly backbone?: string | undefined
  /** A version whose positives come first, as if their files were there: NAME or NAME@VERSION. What it was asked for is taken over. */
  readonly base?: string | undefined
  /**
   * Images to leave out: names, indices of positives of `base`, or `misfits`; of embeddings the numbers of rows. Misfits are those that
   * do not look as if they belonged.
   */
  readonly exclude?: readonly (string | number)[] | 'misfits' | undefined
  /** False: use new images that are positives of `base` already once more. Default: they are left out, and counted in `growth.repeated`. */
  readonly skipRepeated?: boolean | undefined
  /** Images that do not belong, or their embeddings of shape (m, d). */
  readonly negatives?: Images | Matrix | undefined
  /** What is black and white beyond 8 bits a sample. Default: read from the images. */
  readonly range?: Pick<SampleRange, 'low' | 'high'> | undefined
  /** Times the side at which places of an image are looked at. Default `auto`: twice where it finds more. */
  readonly detail?: AskedDetail | undefined
  /** `even`: differences of light across an image and between shots are taken out. Default `auto`: where defects are found no worse so. */
  readonly light?: AskedLight | undefined
  /** False: look at whole images only. Default: at their places too, where it helps. */
  readonly patches?: boolean | undefined
  /** Refuse images that were cut off, even where no pixel is missing. */
  readonly strict?: boolean | undefined
  readonly onProgress?: ((done: number, total: number, stage: 'images' | 'fitting') => void) | undefined
}

/** The saved model, and what became of the images. */
export type FitResult = Model &
  Omit<FitReply, 'model'> & {
    /** What the threshold promises, what it would reject, and what in the folder does not fit. */
    readonly report: FitReport
    /** What in the folder was no image, by reason. */
    readonly skipped: readonly Skipped[]
  }

const options = {
  ...check.common,
  name: check.modelName,
  alpha: check.alpha,
  confidence: check.share(0.95),
  calibration: check.among(calibrationMethods),
  preprocess: check.among(preprocessModes),
  seed: check.seed,
  backbone: check.text('the id or file of a network'),
  base: check.modelRef,
  exclude: (value: unknown) =>
    value === 'misfits' ? undefined : check.listOf('names or indices, or "misfits"', isNameOrIndex)(value),
  skipRepeated: check.flag,
  negatives: () => undefined, // by what the positives are
  range: check.range,
  detail: check.among(askedDetails),
  light: check.among(askedLights),
  patches: check.flag,
  strict: check.flag,
}

/**
 * Fits a model to positives and saves it as the next version of `name`.
 * @param positives a folder, images (paths, bytes, streams, one by one too), or embeddings of shape (n, d)
 * @throws OneclassError; an image that cannot be read is in `rejected`, not thrown
 * @example await fit('photos/', { name: 'hotdog', alpha: 0.05 })
 */
export async function fit(positives: Images | Matrix, call: FitCall): Promise<FitResult> {
  check.checkOptions(call, options, ['name'])
  const ofFeatures = check.isMatrix(positives)
  if (!ofFeatures) checkImages('the positives', positives)
  if (call.negatives !== undefined) {
    if (ofFeatures) check.checkArgument('negatives', call.negatives, check.features)
    else checkImages('negatives', call.negatives)
  }
  const reply = ofFeatures ? await fitRows(positives as Matrix, call) : await fitImages(positives as Images, call)
  const { model, ...more } = reply
  return { ...model, report: fitReport(model), ...more }
}

async function fitRows(X: Matrix, { negatives, signal, onProgress, ...call }: FitCall): Promise<FitReply> {
  const ofImages = (
    ['backbone', 'base', 'skipRepeated', 'range', 'detail', 'light', 'patches', 'strict'] as const
  ).find((name) => call[name] !== undefined)
  if (ofImages)
    throw new OneclassError('INVALID_ARGUMENT', `A fit on embeddings has no "${ofImages}": that is for images.`)
  const { name, alpha, confidence, calibration, preprocess, seed, exclude } = call
  const input = {
    X,
    home: homeOf(call),
    name,
    ...given({ alpha, confidence, calibration, preprocess, seed, exclude, negatives }),
  }
  return await callOnce('fitFeatures', input as LibraryCalls['fitFeatures']['input'], { signal, onProgress })
}

async function fitImages(
  positives: Images,
  { negatives, signal, onProgress, range, preprocess, ...call }: FitCall,
): Promise<FitReply> {
  if (call.patches === false && call.detail !== undefined && call.detail !== 'auto')
    throw new OneclassError('INVALID_ARGUMENT', 'Expected "detail", or "patches" as false, not both.')
  if (preprocess === 'none')
    throw new OneclassError(
      'INVALID_ARGUMENT',
      '"preprocess" is for embeddings: those that a fit makes of images need l2.',
    )
  const opened: Gathered[] = []
  const read = async (images: Images) => {
    if (typeof images === 'string' || images instanceof URL) return pathOf(images)
    const gathered = await gather(images, signal)
    opened.push(gathered)
    return gathered
  }
  try {
    const found = await read(positives)
    const others = negatives === undefined ? undefined : await read(negatives as Images)
    const input = {
      ...given(call),
      home: homeOf(call),
      name: call.name,
      positives: typeof found === 'string' ? found : found.sources,
      negatives: typeof others === 'object' ? others.sources : others,
      ...(range && { range: { ...range, samples: 'any' as const } }),
    }
    const reply = await fitApart(input as FitInput, { signal, onProgress })
    const failed = [found, others].flatMap((read) => (typeof read === 'object' ? read.failed : []))
    return { ...reply, rejected: [...failed, ...reply.rejected] }
  } finally {
    for (const { discard } of opened) await discard()
  }
}

/** Without what is undefined. */
function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}

function isNameOrIndex(value: unknown): boolean {
  return check.isName(value) || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
}
