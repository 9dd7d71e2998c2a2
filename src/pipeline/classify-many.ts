/**
 * One image against several models: decoded and embedded once for each network, then scored by each model on its own. The labels of an
 * image are the models that accept it: with p-values above alpha they are a conformal set over classes that were each taught alone.
 */

import { fromRows } from '../core/matrix.ts'
import type { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { type Embedded, type EmbedOptions, embedImages } from '../features/embed.ts'
import type { ImageSource } from '../images/decode.ts'
import type { ErrorBody } from '../wire/error.ts'
import type { Scored } from '../wire/result.ts'
import type { Classifier } from './classify.ts'

export interface ManyScored {
  /** Models that accept the image, the largest p-value first; empty: it is none of these. */
  readonly labels: readonly string[]
  /** The first of `labels`. */
  readonly best: string | null
  /** What each model says, by the name under which it was asked. */
  readonly models: Readonly<Record<string, Scored>>
}
export type ManyResult = { readonly image: string } & (ManyScored | { readonly error: ErrorBody })

export interface AskedModel {
  readonly ref: string
  readonly classifier: Classifier
  readonly backbone: Backbone
}

/** Images that a model scores in a row: its numbers are then fetched from memory once for all of them. */
const rowsAtOnce = 16

/** One result an image, in order; a bad image is a result with its error. @throws MODEL_INCOMPATIBLE, CANCELLED */
export async function* classifyWithModels(
  models: readonly AskedModel[],
  sources: readonly ImageSource[],
  options: EmbedOptions = {},
): AsyncGenerator<ManyResult, void, undefined> {
  const backbones = [...new Set(models.map(({ backbone }) => backbone))]
  const streams = backbones.map((backbone, at) =>
    embedImages(backbone, sources, at === 0 ? options : { ...options, onProgress: () => {} }),
  )
  const waiting: { image: string; embeddings: Map<Backbone, Float32Array>; error: OneclassError | undefined }[] = []
  for (let i = 0; i < sources.length; i++) {
    const embeddings = new Map<Backbone, Float32Array>()
    let error: OneclassError | undefined
    for (const [at, stream] of streams.entries()) {
      const { value } = (await stream.next()) as IteratorYieldResult<Embedded>
      if (value.error) error ??= value.error
      else embeddings.set(backbones[at]!, value.embedding)
    }
    waiting.push({ image: sources[i]!.name, embeddings, error })
    if (waiting.length < rowsAtOnce && i < sources.length - 1) continue
    const read = waiting.filter((entry) => entry.error === undefined)
    const scored = scoreWithModels(models, (backbone) => read.map(({ embeddings }) => embeddings.get(backbone)!))
    let next = 0
    for (const entry of waiting) {
      if (entry.error) yield { image: entry.image, error: entry.error.toJSON() }
      else yield { image: entry.image, ...scored[next++]! }
    }
    waiting.length = 0
  }
}

/**
 * @param embeddingsOf m embeddings by a backbone; the same m images for each
 * @returns m results
 */
export function scoreWithModels<B>(
  models: readonly { readonly ref: string; readonly classifier: Classifier; readonly backbone: B }[],
  embeddingsOf: (backbone: B) => readonly ArrayLike<number>[],
): ManyScored[] {
  const matrices = new Map(models.map(({ backbone }) => [backbone, fromRows(embeddingsOf(backbone))]))
  const rows = [...matrices.values()][0]?.rows ?? 0
  if (rows === 0) return []
  const byModel = models.map(({ classifier, backbone }) => classifier.scoreMatrix(matrices.get(backbone)!))
  return Array.from({ length: rows }, (_, i) => joinAnswers(models.map(({ ref }, at) => [ref, byModel[at]![i]!])))
}

/** The answers of several models about one image. */
export function joinAnswers(answers: readonly (readonly [ref: string, scored: Scored])[]): ManyScored {
  const labels = answers
    .filter(([, { isPositive }]) => isPositive)
    .sort(([, a], [, b]) => b.pValue - a.pValue || a.score - b.score)
    .map(([ref]) => ref)
  return { labels, best: labels[0] ?? null, models: Object.fromEntries(answers) }
}
