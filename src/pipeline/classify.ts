/** From a model and an image to a result: well under a millisecond beside the network, synchronous, each image on its own. */
import { assertFinite, type Matrix, matrix, row } from '../core/matrix.ts'
import { assertAlpha } from '../detectors/calibration.ts'
import { calibrate, scoreEnsemble } from '../detectors/ensemble.ts'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import type { Artifact } from '../store/artifact.ts'
import type { ImageResult, Neighbour, Scored } from './result.ts'

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
    const scores = scoreEnsemble(artifact.ensemble, X)
    return Array.from({ length: X.rows }, (_, i) => {
      const { pValue, score, detectors } = calibrate(artifact.ensemble.calibration, scores, i, alpha)
      const nearest = nearestPositives(artifact, row(X, i))
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
  for await (const { source, embedding, error } of embedImages(backbone, sources, options)) {
    if (error) yield { image: source.name, error: error.toJSON() }
    else yield { image: source.name, ...classifier.scoreEmbedding(embedding, options.alpha) }
  }
}

/** The most similar positives by cosine similarity, best first. */
function nearestPositives({ positives, n, dim }: Artifact, x: Float64Array): Neighbour[] {
  let norm = 0
  for (let j = 0; j < dim; j++) norm += x[j]! * x[j]!
  const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0
  const similarities = cosines(positives.embeddings, x, n, dim)
  const best: { i: number; similarity: number }[] = []
  for (let i = 0; i < n; i++) {
    const similarity = similarities[i]! * scale
    if (best.length === neighbours && similarity <= best[neighbours - 1]!.similarity) continue
    let place = best.length
    while (place > 0 && best[place - 1]!.similarity < similarity) place--
    best.splice(place, 0, { i, similarity })
    if (best.length > neighbours) best.pop()
  }
  return best.map(({ i, similarity }) => {
    const near = Math.max(-1, Math.min(1, similarity))
    return positives.images ? { image: positives.images[i]!, similarity: near, index: i } : { row: i, similarity: near }
  })
}

/** Inner products of x with n rows, four rows at a time so that each number of x is fetched once for four. */
function cosines(rows: Float32Array, x: Float64Array, n: number, dim: number): Float64Array {
  const out = new Float64Array(n)
  let i = 0
  for (; i + 3 < n; i += 4) {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let j = 0, a = i * dim, b = a + dim, c = b + dim, d = c + dim; j < dim; j++, a++, b++, c++, d++) {
      const value = x[j]!
      s0 += value * rows[a]!
      s1 += value * rows[b]!
      s2 += value * rows[c]!
      s3 += value * rows[d]!
    }
    out[i] = s0
    out[i + 1] = s1
    out[i + 2] = s2
    out[i + 3] = s3
  }
  for (; i < n; i++) for (let j = 0; j < dim; j++) out[i]! += x[j]! * rows[i * dim + j]!
  return out
}
