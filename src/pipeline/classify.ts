/** From a model and an image to a result: well under a millisecond beside the network, synchronous, each image on its own. */
import { assertFinite, type Matrix, matrix } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { scoreDiscriminative } from '../detectors/discriminative.ts'
import { calibrate, scoreWhitened } from '../detectors/ensemble.ts'
import { cosineSimilarities } from '../detectors/similarity.ts'
import { whiten } from '../detectors/whitening.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import type { Artifact } from '../store/artifact.ts'
import type { ImageResult, Neighbour, Scored } from '../wire/result.ts'

export interface Classifier {
  /** NAME@VERSION, as results carry it. */
  readonly model: string
  readonly alpha: number
  /** @throws FEATURES_WRONG_WIDTH, FEATURES_NOT_FINITE, ALPHA_INVALID */
  scoreEmbedding(embedding: ArrayLike<number>, alpha?: number): Scored
  /** One result a row of X, shape (m, d). @throws as scoreEmbedding */
  scoreMatrix(X: Matrix, alpha?: number): Scored[]
}

/** Positives named in a result. */
const neighbours = 3

export function createClassifier(
  artifact: Artifact,
  options: { readonly model: string; readonly alpha?: number },
): Classifier {
  const modelAlpha = options.alpha ?? artifact.alpha
  assertAlpha(modelAlpha)
  const { model } = options

  const scoreMatrix = (X: Matrix, alpha = modelAlpha): Scored[] => {
    assertAlpha(alpha)
    if (X.cols !== artifact.dim) {
      throw new OneclassError(
        'FEATURES_WRONG_WIDTH',
        `The features have ${X.cols} columns, the model "${model}" expects ${artifact.dim}; use what it was fitted with.`,
      )
    }
    assertFinite(X)
    const { ensemble, positives } = artifact
    const whitened = whiten(ensemble.whitening, X)
    const { discriminative: head } = artifact
    const scores = scoreWhitened(ensemble, whitened, head ? { discriminative: scoreDiscriminative(head, X) } : {})
    return Array.from({ length: X.rows }, (_, i) => {
      const { pValue, score, detectors } = calibrate(ensemble.calibration, scores, i, alpha)
      const similarities = cosineSimilarities(positives, ensemble.whitening, whitened, X, i)
      const nearest = nearestPositives(positives, similarities)
      return { model, isPositive: pValue > alpha, score, pValue, alpha, detectors, nearest }
    })
  }

  return {
    model,
    alpha: modelAlpha,
    scoreMatrix,
    scoreEmbedding: (embedding, alpha) =>
      scoreMatrix(matrix(1, embedding.length, Float64Array.from(embedding)), alpha)[0]!,
  }
}

/** One result an image, in order; a bad image is a result with its error. @throws MODEL_INCOMPATIBLE, CANCELLED */
export async function* classifyImages(
  classifier: Classifier,
  backbone: Backbone,
  sources: readonly ImageSource[],
  options: EmbedOptions & { readonly alpha?: number } = {},
): AsyncGenerator<ImageResult, void, undefined> {
  for await (const { source, embedding, error, notes } of embedImages(backbone, sources, options)) {
    if (error) yield { image: source.name, error: error.toJSON() }
    else yield { image: source.name, ...classifier.scoreEmbedding(embedding, options.alpha), ...(notes && { notes }) }
  }
}

/** The most similar positives, best first. */
function nearestPositives({ images }: Artifact['positives'], similarities: Float64Array): Neighbour[] {
  const best: number[] = []
  similarities.forEach((similarity, i) => {
    if (best.length === neighbours && similarity <= similarities[best[neighbours - 1]!]!) return
    let place = best.length
    while (place > 0 && similarities[best[place - 1]!]! < similarity) place--
    best.splice(place, 0, i)
    if (best.length > neighbours) best.pop()
  })
  return best.map((i) => {
    const similarity = Math.max(-1, Math.min(1, similarities[i]!))
    return images ? { image: images[i]!, similarity, index: i } : { row: i, similarity }
  })
}
