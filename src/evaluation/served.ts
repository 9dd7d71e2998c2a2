/**
 * What `fit` would serve of the comparison's training positives, where it looks at places of images too, or evens out their light. Whole
 * images as they are are judged by the ensemble that all rows share (`context.ts`).
 */
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import type { ImageSource } from '../images/source.ts'
import { classifyImages, createClassifier } from '../pipeline/classify.ts'
import type { FirstLook } from '../pipeline/first-look.ts'
import { fitImages } from '../pipeline/fit.ts'
import { backboneFor } from '../pipeline/model-backbone.ts'
import { chooseWay } from '../pipeline/way.ts'
import type { Artifact } from '../store/artifact.ts'

export interface Served {
  readonly artifact: Artifact
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

/** How a fit of these images looks at them, where that is not only at whole images as they are. */
export type Way = Pick<FirstLook, 'detail' | 'light'>

/**
 * @returns undefined where a fit looks at whole images as they are: then the ensemble that all rows share is what it serves.
 * @throws CANCELLED
 */
export async function wayOfFit({ backbone, train, signal }: ServedSetting): Promise<Way | undefined> {
  const { places, light } = await chooseWay(train, backbone, undefined, {
    range: backbone.target.range,
    ...(signal && { signal }),
  })
  return places === undefined && light === 'as-is' ? undefined : { detail: places?.detail, light }
}

/** @returns undefined where places add nothing after all. @throws CANCELLED, and the error of a test image that can no longer be read */
export async function fitServed(
  { backbone, train, test, alpha, signal }: ServedSetting,
  { detail, light }: Way,
  seed: number,
): Promise<Served | undefined> {
  const hooks = signal ? { signal } : {}
  const { range } = backbone.target
  const started = performance.now()
  const way = { light, ...(detail ? { detail } : { patches: false }), ...(range && { range }) }
  const { artifact } = await fitImages(train, backbone, { seed, alpha, ...way, ...hooks })
  const { patches, light: evened, enlarged } = artifact
  if (patches === undefined && evened === undefined && enlarged === undefined) return undefined
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
  return { artifact, scores, accepted, fitSeconds, scoreMs: (performance.now() - scoring) / test.length }
}
