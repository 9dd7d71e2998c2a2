/** One image that several models are asked about: decoded once for each size, embedded once for each network, scored by each model. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { decide } from '../src/detectors/decide.ts'
import { OneclassError, present, toOneclassError } from '../src/errors.ts'
import type { Look } from '../src/features/backbone.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { joinAnswers } from '../src/pipeline/classify-many.ts'
import { isFault } from '../src/queue/consumer.ts'
import { isForAnother } from '../src/queue/formats.ts'
import type { AskedModel, ClassifyMany, ModelUse } from '../src/queue/jobs.ts'
import { recordServed } from '../src/service/drift-log.ts'
import type { Embedded, ReceivedImage, WorkOptions } from '../src/serving/engine.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import type { BatchLine, BriefAnswer } from '../src/wire/batch.ts'
import type { FailedModel, ManyScoredImage } from '../src/wire/many.ts'
import type { Scored } from '../src/wire/result.ts'
import type { WorkerContext } from './context.ts'

type ScoredLine = Exclude<BatchLine, { error: unknown }>

interface Loaded {
  readonly ref: string
  readonly use: ModelUse
  readonly model: ReadyModel
}
type Seen = (Look & Pick<Pixels, 'original' | 'notes'>) | { readonly error: unknown }

/** @throws what is wrong with the image, where no model can be asked; faults, after which the job is tried again */
export async function classifyWithMany(
  { client, engine, heartbeat, models }: Pick<WorkerContext, 'client' | 'engine' | 'heartbeat' | 'models'>,
  { models: asked, decide: decisions = {} }: Pick<ClassifyMany, 'models' | 'decide'>,
  image: ReceivedImage,
  signal: AbortSignal,
): Promise<ManyScoredImage> {
  const answers = new Map<string, Scored | FailedModel>()
  const loaded: Loaded[] = []
  for (const entry of asked) {
    answers.set(entry.ref, { error: { code: 'INTERNAL', message: '' } }) // keeps its place
    if ('error' in entry) answers.set(entry.ref, { error: entry.error })
    else {
      try {
        loaded.push({ ref: entry.ref, use: entry.use, model: await models.get(entry.use) })
      } catch (thrown) {
        if (isFault(thrown) || (await isForAnother(client, thrown))) throw thrown
        answers.set(entry.ref, { error: toOneclassError(thrown).toJSON() })
      }
    }
  }
  const seen = await embedForEach(engine, loaded, image, { lane: 'single', signal })
  const failures = [...seen.values()].flatMap((one) => ('error' in one ? [one.error] : []))
  const fault = failures.find(isFault) ?? (failures.length === seen.size ? failures[0] : undefined)
  if (fault !== undefined) {
    heartbeat.countError(toOneclassError(fault).code)
    throw fault
  }
  for (const { ref, use, model } of loaded) {
    const one = present(seen.get(keyOf(model)), 'what the network sees')
    if ('error' in one) answers.set(ref, { error: toOneclassError(one.error).toJSON() })
    else {
      const alone = model.classifier.score(one, use.alpha)
      const [scored] = decide([alone], model.calibrationScores, decisions) as [Scored]
      void recordServed(client, use, [scored]).catch(() => {})
      answers.set(ref, one.notes ? { ...scored, notes: one.notes } : scored)
      await nextTurn() // other jobs and the lock's renewal come in between
    }
  }
  return { image: image.name, ...joinAnswers([...answers]) }
}

/**
 * What further models say of an image that was decoded and embedded for the first one: once more only for another network, and decoded
 * once more only where that asks for other pixels.
 * @param alone what the first one says, under its name
 */
export async function askAlso(
  { client, engine, models }: Pick<WorkerContext, 'client' | 'engine' | 'models'>,
  also: readonly AskedModel[],
  first: { readonly ref: string; readonly model: ReadyModel; readonly seen: Embedded; readonly scored: Scored },
  image: ReceivedImage,
  options: WorkOptions,
): Promise<Pick<ScoredLine, 'labels' | 'models'>> {
  const { pixels } = first.seen
  const known = new Map<string, Promise<Embedded>>([[keyOf(first.model), Promise.resolve(first.seen)]])
  const see = async ({ backbone }: ReadyModel): Promise<Embedded> => {
    if (JSON.stringify(backbone.target) !== JSON.stringify(first.model.backbone.target))
      return await engine.embed(image, backbone, options)
    const [found] = await engine.embedPixels([pixels], backbone, options)
    if (found === undefined || found instanceof OneclassError)
      throw found ?? new OneclassError('INTERNAL', 'No answer.')
    return { ...first.seen, ...found }
  }
  const answers: [string, Scored | FailedModel][] = [[first.ref, first.scored]]
  for (const { ref, use } of also) {
    try {
      const model = await models.get(use)
      const seen = known.get(keyOf(model)) ?? see(model)
      known.set(keyOf(model), seen)
      const { original } = (await seen).pixels
      const scored = model.classifier.score({ ...(await seen), original }, use.alpha)
      void recordServed(client, use, [scored]).catch(() => {})
      answers.push([ref, scored])
    } catch (thrown) {
      if (options.signal?.aborted || isFault(thrown) || (await isForAnother(client, thrown))) throw thrown
      answers.push([ref, { error: toOneclassError(thrown).toJSON() }])
    }
  }
  const { labels, models: each } = joinAnswers(answers)
  return { labels, models: Object.fromEntries(Object.entries(each).map(([ref, answer]) => [ref, briefly(answer)])) }
}

function briefly(answer: Scored | FailedModel): BriefAnswer | FailedModel {
  if ('error' in answer) return answer
  const { isPositive, score, pValue, alpha } = answer
  return { isPositive, score, pValue, alpha }
}

/** Models of one key see the same. */
function keyOf({ backbone: { hash, target, withMaps, maps } }: ReadyModel): string {
  return JSON.stringify([hash, target, withMaps && maps])
}

async function embedForEach(
  engine: WorkerContext['engine'],
  loaded: readonly Loaded[],
  image: ReceivedImage,
  options: WorkOptions,
): Promise<Map<string, Seen>> {
  const decoded = new Map<string, Promise<Pixels>>()
  const embedded = new Map<string, Promise<Seen>>()
  for (const { model } of loaded) {
    const { backbone } = model
    if (embedded.has(keyOf(model))) continue
    const target = JSON.stringify(backbone.target)
    const pixels = decoded.get(target) ?? engine.decode(image, backbone, options).then((found) => found.pixels)
    decoded.set(target, pixels)
    const embed = async (): Promise<Seen> => {
      const { notes, original } = await pixels
      const [found] = await engine.embedPixels([await pixels], backbone, options)
      return found === undefined || found instanceof OneclassError
        ? { error: found }
        : { ...found, ...(original && { original }), ...(notes && { notes }) }
    }
    embedded.set(
      keyOf(model),
      embed().catch((error: unknown) => ({ error })),
    )
  }
  const found = new Map<string, Seen>()
  for (const [key, one] of embedded) found.set(key, await one)
  return found
}
