/** A fit: the images out of Redis, the model into it. The work is done in a process (`fit-process.ts`). */
import { Type } from 'typebox'
import { OneclassError, present, toOneclassError } from '../src/errors.ts'
import type { Look, MapOutput } from '../src/features/backbone.ts'
import { findLayout, isOfClass, isOfOthers } from '../src/images/layout.ts'
import type { DecodeTarget, Pixels } from '../src/images/pixels.ts'
import { rangeOf, type SampleRange, type UsedSamples } from '../src/images/sample-range.ts'
import { exclusion } from '../src/pipeline/exclude.ts'
import { spread } from '../src/pipeline/range.ts'
import { type Consumer, isFault, startConsumer, type Task } from '../src/queue/consumer.ts'
import { readImage, readListing } from '../src/queue/job-inputs.ts'
import { BlobId, type FitOutcome } from '../src/queue/jobs.ts'
import { keys } from '../src/queue/redis-keys.ts'
import { isMade, leaveFit } from '../src/service/fit-saver.ts'
import type { RemoteBackbone } from '../src/serving/inference.ts'
import type { ErrorBody } from '../src/wire/error.ts'
import { FailedImage } from '../src/wire/result.ts'
import { runChild } from './child.ts'
import type { WorkerContext } from './context.ts'
import type { DecodedReply, FitAnswer, FitMessage, FitReply, FitWork } from './fit-process.ts'

const Listed = Type.Object({ image: Type.String(), blob: BlobId, isNegative: Type.Optional(Type.Boolean()) })
const Listing = Type.Array(Type.Union([Listed, FailedImage]))

const file = new URL('./fit-process.js', import.meta.url)

export function startFit(context: WorkerContext): Promise<Consumer> {
  const { blobs, engine, inference } = context

  const fetchBase = async (base: Task<'fit'>['data']['base']): Promise<FitWork['base']> => {
    if (base === undefined) return undefined
    const bytes = await blobs.getModel(base.gallery)
    if (bytes === undefined)
      throw new OneclassError('JOB_EXPIRED', 'The earlier version waited too long for a worker: fit again.')
    return { label: base.label, gallery: bytes, exclude: base.exclude }
  }

  /** As `rangeOfImages`, with the images out of Redis and in the decode processes. */
  const rangeOfList = async (
    list: readonly { image: string; blob: string }[],
    signal: AbortSignal,
  ): Promise<SampleRange | undefined> => {
    const found: UsedSamples[] = []
    for (const { image, blob } of spread(list)) {
      const bytes = await blobs.get(blob)
      // what cannot be read is said when it is decoded
      const used =
        bytes && (await engine.measure({ name: image, bytes }, { lane: 'bulk', signal }).catch(() => undefined))
      if (used) found.push(used)
    }
    return rangeOf(found)
  }

  const runFit = async (
    work: FitWork,
    list: readonly { image: string; blob: string }[],
    backbone: RemoteBackbone,
    { signal, progress }: Task<'fit'>,
  ): Promise<FitReply> => {
    // fetched when its turn comes: the images of a fit are never in memory together
    const decode = async (index: number, target: DecodeTarget): Promise<DecodedReply> => {
      const { image, blob } = present(list[index], 'an image of the fit')
      const bytes = await readImage(blobs, blob)
      try {
        return await engine.decode({ name: image, bytes }, { target }, { lane: 'bulk', signal, thumbnail: true })
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (signal.aborted || isFault(error)) throw thrown
        return { error: error.toJSON() }
      }
    }
    const see = async (images: readonly Pixels[], maps: readonly MapOutput[]): Promise<(Look | ErrorBody)[]> => {
      const { width, height } = present(images[0], 'an image to look at')
      const target = { ...backbone.target, width, height }
      const asked = { ...backbone, target, maps, withMaps: maps.length > 0 }
      const results = await engine.embedPixels(images, asked, { lane: 'bulk', signal })
      return results.map((result) => (result instanceof OneclassError ? result.toJSON() : result))
    }
    return await runChild<FitMessage, FitAnswer, FitReply>(
      { file, what: 'fit process', work, signal },
      (message, { send, done, fail }) => {
        if ('embed' in message)
          see(message.images, message.maps).then((results) => send({ id: message.embed, results }), fail)
        else if ('decode' in message)
          decode(message.index, message.target).then((decoded) => send({ id: message.decode, decoded }), fail)
        else if ('progress' in message) void progress(message.progress)
        else if ('error' in message) fail(new OneclassError(message.error.code, message.error.message))
        else done(message)
      },
    )
  }

  const fit = async (task: Task<'fit'>): Promise<FitOutcome | null> => {
    const { data } = task
    if (await isMade(context.client, keys.finishedFits(data.origin), task.id)) return null
    const entries = await readListing(blobs, data.list, Listing)
    const listed = entries.filter((entry) => 'blob' in entry)
    const unread = entries.filter((entry) => 'error' in entry)
    // the root of a data set: what stands for negatives in it is not learnt as positive
    const layout = findLayout(listed.flatMap(({ image, isNegative }) => (isNegative ? [] : image)))
    const isPositive = isOfClass(layout)
    const isOther = isOfOthers(findLayout(listed.flatMap(({ image, isNegative }) => (isNegative ? image : []))))
    const list = listed.filter(({ image, isNegative }) => (isNegative ? isOther(image) : isPositive(image)))
    const advice = list.some(({ isNegative }) => isNegative) ? undefined : layout.advice
    const words = [layout.note, advice].filter((sentence) => sentence !== undefined)
    await task.progress({ done: 0, total: list.length, stage: 'images' })
    const base = await fetchBase(data.base)
    const backbone = await inference.open(data.base?.backbone ?? { ref: data.backbone ?? null }, data.base?.label)
    const { id, hash, dim, target, maps } = backbone
    const { alpha, seed, confidence, calibration, exclude, detail, patches, light } = data
    const isDemo = data.demo ?? false
    const images = list.map(({ image, isNegative = false }) => ({ image, isNegative }))
    const named = exclusion(exclude === undefined || exclude === 'misfits' ? [] : exclude)
    const positives = list.filter(({ image, isNegative }) => !isNegative && !named.leavesOut(image))
    const given = data.range && ({ ...data.range, samples: 'any' } as const)
    // positives of an earlier version were seen with its range, or with none
    const range = given ?? (data.base ? data.base.range : await rangeOfList(positives, task.signal))
    const choices = {
      alpha,
      seed,
      confidence,
      calibration,
      exclude,
      detail: detail as FitWork['choices']['detail'],
      patches,
      light,
    }
    const known = { id, hash, dim, target, ...(maps && { maps }) }
    const work: FitWork = { images, backbone: known, choices, base, range, isDemo }
    const reply = await runFit(work, list, backbone, task)
    task.signal.throwIfAborted()
    return await leaveFit(context, task, reply, {
      used: reply.used,
      rejected: [...unread, ...reply.rejected],
      duplicates: reply.duplicates,
      excluded: reply.excluded ?? [],
      notes: reply.notes ?? [],
      skipped: data.skipped ?? [],
      ...(layout.left && { leftOut: { folders: [...layout.negative, ...layout.other], images: layout.left } }),
      ...(words.length > 0 && { layout: words.join(' ') }),
      ...(reply.growth && { growth: reply.growth }),
    })
  }

  return startConsumer({
    ...context.consumer('fit'),
    concurrency: 1,
    handle: fit,
  })
}
