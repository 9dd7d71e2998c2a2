/**
 * What `fit` would serve of the comparison's training positives, where it looks at places of images too. Whole images alone are judged
 * by the ensemble that all rows share (`context.ts`).
 */
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import type { Detail } from '../features/detail.ts'
import type { ImageSource } from '../images/source.ts'
import { classifyImages, createClassifier } from '../pipeline/classify.ts'
import { chooseDetail } from '../pipeline/first-look.ts'
import { fitImages } from '../pipeline/fit.ts'
import { backboneFor } from '../pipeline/model-backbone.ts'
import { drawnAxes } from '../pipeline/patches.ts'
import type { Artifact } from '../store/artifact.ts'

export interface Served {
  readonly artifact: Artifact
  readonly detail: Detail
  /** Anomaly score of each test image, and 1 where it is accepted. */
  readonly scores: Float64Array
  readonly accepted: Uint8Array
  readonly fitSeconds: number
  /** Milliseconds to read, embed and score a test image. */
  readonly scoreMs: number
}

export interface ServedSetting {
  readonly backbone: Backbone
  readonly train: readonly ImageSource[]
  readonly test: readonly ImageSource[]
  readonly alpha: number
  readonly signal?: AbortSignal | undefined
}

/** @returns the detail at which a fit of these images looks at places, undefined where it does not. @throws CANCELLED */
export async function detailOfFit({ backbone, train, signal }: ServedSetting): Promise<Detail | undefined> {
  if (backbone.look === undefined) return undefined
  const options = { range: backbone.target.range, ...(signal && { signal }) }
  return (await chooseDetail(train, backbone, await drawnAxes(backbone, signal), options)).detail
}

/** @returns undefined where places add nothing after all. @throws CANCELLED, and the error of a test image that can no longer be read */
export async function fitServed(
  { backbone, train, test, alpha, signal }: ServedSetting,
  detail: Detail,
  seed: number,
): Promise<Served | undefined> {
  const hooks = signal ? { signal } : {}
  const { range } = backbone.target
  const started = performance.now()
  const { artifact } = await fitImages(train, backbone, { seed, alpha, detail, ...(range && { range }), ...hooks })
  if (artifact.patches === undefined) return undefined
  const fitSeconds = (performance.now() - started) / 1000
  const classifier = createClassifier(artifact, { model: 'compared' })
  const scores = new Float64Array(test.length)
  const accepted = new Uint8Array(test.length)
  const scoring = performance.now()
  let at = 0
  for await (const result of classifyImages(classifier, backboneFor(artifact, backbone), test, hooks)) {
    if ('error' in result) throw new OneclassError(result.error.code, result.error.message)
    scores[at] = result.score
    accepted[at++] = Number(result.isPositive)
  }
  return { artifact, detail, scores, accepted, fitSeconds, scoreMs: (performance.now() - scoring) / test.length }
}
