/**
 * One image against several models: embedded once for each network (and each way to prepare pixels for it), decoded once for each size
 * that the networks ask for, then scored by each model on its own. The labels of an image are the models that accept it: with p-values
 * above alpha they are a conformal set over classes that were each taught alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pairs } from '../core/pairs.ts'
import { type OneclassError, present, toOneclassError } from '../errors.ts'
import type { Backbone, Look } from '../features/backbone.ts'
import { type Embedded, type EmbedOptions, embedImages } from '../features/embed.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import type { Pixels } from '../images/pixels.ts'
import type { FailedModel, ManyResult, ManyScored } from '../wire/many.ts'
import type { Scored } from '../wire/result.ts'
import type { Classifier, Seen } from './classify.ts'

export interface AskedModel {
  readonly ref: string
  readonly classifier: Classifier
  readonly backbone: Backbone
}

type Answer = Scored | FailedModel

/** Images that a model scores in a row: its numbers are then fetched from memory once for all of them. */
const rowsAtOnce = 64

interface Waiting<B> {
  readonly image: string
  readonly embedded: Map<B, Partial<Look> & Pick<Embedded, 'original' | 'notes'> & { readonly error?: OneclassError }>
}

/**
 * One result an image, in order. A bad image is a result with its error; what one network cannot use (such as an image without a face)
 * is an error in the place of its models.
 * @throws CANCELLED
 */
export async function* classifyWithModels(
  models: readonly AskedModel[],
  sources: readonly ImageSource[],
  options: EmbedOptions = {},
): AsyncGenerator<ManyResult, void, undefined> {
  const backbones = [...new Set(models.map(({ backbone }) => backbone))]
  const decode = decodeOnce(backbones, options)
  const streams = backbones.map((backbone, at) =>
    embedImages(backbone, sources, {
      ...options,
      decode,
      maps: models.some(({ backbone: own, classifier }) => own === backbone && classifier.needsMaps),
      ...(at === 0 ? {} : { onProgress: () => {} }),
    }),
  )
  const waiting: Waiting<Backbone>[] = []
  for (let i = 0; i < sources.length; i++) {
    const embedded: Waiting<Backbone>['embedded'] = new Map()
    for (const [at, stream] of streams.entries()) {
      const { value } = (await stream.next()) as IteratorYieldResult<Embedded>
      embedded.set(present(backbones[at], 'a backbone'), value)
    }
    waiting.push({ image: present(sources[i], 'the source of an image').name, embedded })
    if (waiting.length < rowsAtOnce && i < sources.length - 1) continue
    yield* await scoreWaiting(models, waiting)
    waiting.length = 0
  }
}

/** Networks that ask for the same pixels share them: each image is decoded once for all of these. */
function decodeOnce(backbones: readonly Backbone[], options: EmbedOptions): NonNullable<EmbedOptions['decode']> {
  const decode = options.decode ?? ((source, target) => decodeImage(source, target, options.limits))
  const users = new Map<string, number>()
  for (const { target } of backbones) {
    const key = JSON.stringify(target)
    users.set(key, (users.get(key) ?? 0) + 1)
  }
  const shared = new Map<ImageSource, Map<string, { readonly pixels: Promise<Pixels>; left: number }>>()
  return (source, target) => {
    const key = JSON.stringify(target)
    const count = users.get(key) ?? 1
    if (count === 1) return decode(source, target)
    const ofSource = shared.get(source) ?? new Map<string, { readonly pixels: Promise<Pixels>; left: number }>()
    shared.set(source, ofSource)
    const entry = ofSource.get(key) ?? { pixels: decode(source, target), left: count }
    ofSource.set(key, entry)
    if (--entry.left === 0) ofSource.delete(key)
    if (ofSource.size === 0) shared.delete(source)
    return entry.pixels
  }
}

async function scoreWaiting(
  models: readonly AskedModel[],
  waiting: readonly Waiting<Backbone>[],
): Promise<ManyResult[]> {
  const answers = waiting.map((): [string, Answer][] => [])
  for (const { ref, classifier, backbone } of models) {
    const read = waiting.flatMap(({ embedded }): Seen[] => {
      const { embedding, maps, original } = present(embedded.get(backbone), 'what a backbone saw')
      return embedding ? [{ embedding, original, ...(maps && { maps }) }] : []
    })
    const scored = answersOf(classifier, read)
    let next = 0
    for (const [i, { embedded }] of waiting.entries()) {
      const { error, notes } = present(embedded.get(backbone), 'what a backbone saw')
      const answer: Answer = error ? { error: error.toJSON() } : present(scored[next++], 'the score of an image')
      present(answers[i], 'the answers about an image').push([
        ref,
        notes && !('error' in answer) ? { ...answer, notes } : answer,
      ])
    }
    await nextTurn() // a hundred models are a second's work: whoever interrupts it does not wait for all of them
  }
  return waiting.map(({ image, embedded }, i) => {
    const all = [...embedded.values()]
    const error = all.every((entry) => entry.error) ? all[0]?.error : undefined
    return error
      ? { image, error: error.toJSON() }
      : { image, ...joinAnswers(present(answers[i], 'the answers about an image')) }
  })
}

/** What goes wrong within one model is its own answer, for each image. */
function answersOf(classifier: Classifier, seen: readonly Seen[]): Answer[] {
  if (seen.length === 0) return []
  try {
    return classifier.scoreAll(seen)
  } catch (thrown) {
    return seen.map(() => ({ error: toOneclassError(thrown).toJSON() }))
  }
}

/**
 * @param seenBy what a backbone sees in m images; the same m images for each
 * @returns m results
 */
export function scoreWithModels<B>(
  models: readonly { readonly ref: string; readonly classifier: Classifier; readonly backbone: B }[],
  seenBy: (backbone: B) => readonly Seen[],
): ManyScored[] {
  const byModel = models.map(({ classifier, backbone }) => answersOf(classifier, seenBy(backbone)))
  return Array.from(byModel[0] ?? [], (_, i) =>
    joinAnswers(
      pairs(models, byModel).map(([{ ref }, answers]) => [ref, present(answers[i], 'the answer about a row')]),
    ),
  )
}

/** The answers of several models about one image. */
export function joinAnswers(answers: readonly (readonly [ref: string, answer: Answer])[]): ManyScored {
  const labels = answers
    .flatMap(([ref, answer]) => ('error' in answer || !answer.isPositive ? [] : [{ ref, ...answer }]))
    .sort((a, b) => b.pValue - a.pValue || a.score - b.score)
    .map(({ ref }) => ref)
  return { labels, best: labels[0] ?? null, models: Object.fromEntries(answers) }
}
