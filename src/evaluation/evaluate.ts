/** What is fitted, on labelled images, without refitting: one model, or two on the same images. */
import { calibrationOf } from '../detectors/promise.ts'
import { OneclassError, present } from '../errors.ts'
import { classifyWithModels } from '../pipeline/classify-many.ts'
import type { OpenedModel } from '../pipeline/open-models.ts'
import type { Evaluation } from '../wire/evaluation.ts'
import { labelOf } from '../wire/label.ts'
import { plural } from '../wire/plural.ts'
import { type FailedImage, isOfFit } from '../wire/result.ts'
import { tellEvaluation } from './evaluation-text.ts'
import { type Judged, judgeAgainst, judgeModel } from './judge-model.ts'
import type { Labelled } from './labelled.ts'

export interface EvaluateOptions {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  /** Of the bootstrap. Default 1. */
  readonly seed?: number
}

export interface Evaluated {
  readonly evaluation: Evaluation
  /** Every image that could be read, in order. */
  readonly images: readonly Judged[]
}

/**
 * @param models the model, and perhaps the one to set it against
 * @throws TOO_FEW_IMAGES (none can be read), CANCELLED
 */
export async function evaluateModel(
  [own, other]: readonly [OpenedModel, (OpenedModel | undefined)?],
  labelled: Labelled,
  options: EvaluateOptions = {},
): Promise<Evaluated> {
  const asked = [{ ...own, ref: 'own' }, ...(other ? [{ ...other, ref: 'other' }] : [])]
  const images: Judged[] = []
  const others: Judged[] = []
  const unreadable: FailedImage[] = labelled.failed.map(({ image, error }) => ({ image, error }))
  const ofFit = { own: 0, other: 0 }
  let at = 0
  const sources = labelled.images.map(({ source }) => source)
  const { onProgress, signal } = options
  const results = classifyWithModels(asked, sources, { ...(onProgress && { onProgress }), ...(signal && { signal }) })
  for await (const result of results) {
    const { label } = present(labelled.images[at++], 'the image that was judged')
    // both models judge the same images: what one of them cannot use, neither does
    const failed = 'error' in result ? result : Object.values(result.models).find((answer) => 'error' in answer)
    if (failed && 'error' in failed) unreadable.push({ image: result.image, error: failed.error })
    else if ('models' in result) {
      for (const [ref, list] of [
        ['own', images],
        ['other', others],
      ] as const) {
        const scored = result.models[ref]
        if (scored === undefined || 'error' in scored) continue
        if (isOfFit(scored)) ofFit[ref]++
        const { isPositive: isIn, score, pValue } = scored
        list.push({ image: result.image, label, isPositive: isIn, score, pValue })
      }
    }
  }
  if (images.length === 0)
    throw new OneclassError(
      'TOO_FEW_IMAGES',
      `Of ${plural(unreadable.length, 'image')} none can be read${unreadable[0] ? `; the first: ${unreadable[0].error.message}` : '.'}`,
    )
  const promised = { alpha: own.classifier.alpha, n: own.info.calibrationScores, method: calibrationOf(own.info) }
  const judged = judgeModel(images, promised, unreadable.length, options.seed)
  const counted = (count: number) => (count > 0 ? { ofFit: count } : {})
  const told = {
    model: labelOf(own.info),
    ...judged,
    images: { ...judged.images, ...counted(ofFit.own) },
    ...(other && {
      against: { ...judgeAgainst(images, others, labelOf(other.info), options.seed), ...counted(ofFit.other) },
    }),
  }
  return { evaluation: { ...told, sentences: tellEvaluation(told), unreadable, skipped: labelled.skipped }, images }
}
