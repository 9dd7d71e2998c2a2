/** A fit: the images out of Redis, the model into it. The work is done in a thread (`fit-thread.ts`). */
import { Worker } from 'node:worker_threads'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError, present, toOneclassError } from '../src/errors.ts'
import { findLayout, isOfClass, isOfOthers } from '../src/images/layout.ts'
import type { DecodeTarget } from '../src/images/pixels.ts'
import { rangeOf, type SampleRange, type UsedSamples } from '../src/images/sample-range.ts'
import { spread } from '../src/pipeline/range.ts'
import { forgetInputs, sha256 } from '../src/queue/blobs.ts'
import { type Consumer, isFault, startConsumer, type Task } from '../src/queue/consumer.ts'
import { BlobId, type FitOutcome, lifetimes } from '../src/queue/jobs.ts'
import { leaveFit } from '../src/service/fit-saver.ts'
import type { RemoteBackbone } from '../src/serving/inference.ts'
import { parseJson } from '../src/system/parse-json.ts'
import { FailedImage } from '../src/wire/result.ts'
import type { WorkerContext } from './context.ts'
import type { DecodedReply, FitAnswer, FitMessage, FitReply, FitWork } from './fit-thread.ts'

const Listed = Type.Object({ image: Type.String(), blob: BlobId, isNegative: Type.Optional(Type.Boolean()) })
const Listing = Type.Array(Type.Union([Listed, FailedImage]))

export function startFit(context: WorkerContext): Promise<Consumer> {
  const { blobs, client, engine, inference } = context

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

  const runThread = (
    work: FitWork,
    list: readonly { image: string; blob: string }[],
    backbone: RemoteBackbone,
    { signal, progress }: Task<'fit'>,
  ): Promise<FitReply> =>
    new Promise((resolve, reject) => {
      const thread = new Worker(new URL('./fit-thread.js', import.meta.url), { workerData: work })
      const stop = () => void thread.terminate()
      const fail = (error: unknown): void => {
        reject(error)
        stop()
      }
      // fetched when its turn comes: the images of a fit are never in memory together
      const decode = async (index: number, target: DecodeTarget): Promise<DecodedReply> => {
        const { image, blob } = present(list[index], 'an image of the fit')
        const bytes = await blobs.get(blob)
        if (bytes === undefined)
          throw new OneclassError('JOB_EXPIRED', 'The images waited too long for a worker: send them again.')
        try {
          return await engine.decode({ name: image, bytes }, { target }, { lane: 'bulk', signal, thumbnail: true })
        } catch (thrown) {
          const error = toOneclassError(thrown)
          if (signal.aborted || isFault(error)) throw thrown
          return { error: error.toJSON() }
        }
      }
      signal.addEventListener('abort', stop)
      thread.on('message', (message: FitMessage) => {
        if ('embed' in message) {
          const { images, withMaps } = message
          const { width, height } = present(images[0], 'an image to look at')
          const target = { ...backbone.target, width, height }
          engine.embedPixels(images, { ...backbone, target, withMaps }, { lane: 'bulk', signal }).then((results) => {
            const plain = results.map((result) => (result instanceof OneclassError ? result.toJSON() : result))
            thread.postMessage({ id: message.embed, results: plain } satisfies FitAnswer)
          }, fail)
        } else if ('decode' in message) {
          decode(message.index, message.target).then((decoded) => {
            thread.postMessage({ id: message.decode, decoded } satisfies FitAnswer)
          }, fail)
        } else if ('progress' in message) {
          void progress(message.progress)
        } else if ('error' in message) {
          reject(new OneclassError(message.error.code, message.error.message))
        } else {
          resolve(message)
        }
      })
      thread.on('error', reject)
      thread.on('exit', (code) => {
        signal.removeEventListener('abort', stop)
        reject(new Error(`the fit thread ended (${code})`)) // nothing, when it replied before
      })
    })

  const fit = async (task: Task<'fit'>): Promise<FitOutcome> => {
    const { data } = task
    const listing = await blobs.get(data.list)
    if (listing === undefined)
      throw new OneclassError('JOB_EXPIRED', 'The images waited too long for a worker: send them again.')
    const entries = parseJson(listing.toString('utf8'))
    if (!Value.Check(Listing, entries))
      throw new OneclassError('INVALID_ARGUMENT', 'The list of images has not the form that this worker knows.')
    const listed = entries.filter((entry) => 'blob' in entry)
    const unread = entries.filter((entry) => 'error' in entry)
    // the root of a data set: what stands for negatives in it is not learnt as positive
    const layout = findLayout(listed.flatMap(({ image, isNegative }) => (isNegative ? [] : image)))
    const isPositive = isOfClass(layout)
    const isOther = isOfOthers(findLayout(listed.flatMap(({ image, isNegative }) => (isNegative ? image : []))))
    const list = listed.filter(({ image, isNegative }) => (isNegative ? isOther(image) : isPositive(image)))
    await task.progress({ done: 0, total: list.length, stage: 'images' })
    const base = await fetchBase(data.base)
    const backbone = await inference.open(data.base?.backbone ?? { ref: data.backbone ?? null })
    const { id, hash, dim, target, maps } = backbone
    const { alpha, seed, confidence, calibration, exclude, detail } = data
    const isDemo = data.demo ?? false
    const images = list.map(({ image, isNegative = false }) => ({ image, isNegative }))
    const positives = list.filter(({ isNegative }) => !isNegative)
    const given = data.range && ({ ...data.range, samples: 'any' } as const)
    const range = given ?? data.base?.range ?? (await rangeOfList(positives, task.signal))
    const choices = { alpha, seed, confidence, calibration, exclude, detail: detail as FitWork['choices']['detail'] }
    const known = { id, hash, dim, target, ...(maps && { maps }) }
    const work: FitWork = { images, backbone: known, choices, base, range, isDemo }
    const reply = await runThread(work, list, backbone, task)
    const keep = async (bytes: Uint8Array): Promise<string> => {
      const hash = sha256(bytes)
      await blobs.putModel(hash, bytes, lifetimes.outcome)
      return hash
    }
    const fit: FitOutcome = {
      sha256: await keep(reply.artifact),
      gallery: await keep(reply.gallery),
      samples: reply.samples ? await keep(reply.samples) : null,
      used: reply.used,
      rejected: [...unread, ...reply.rejected],
      duplicates: reply.duplicates,
      excluded: reply.excluded ?? [],
      notes: reply.notes ?? [],
      skipped: data.skipped ?? [],
      ...(layout.left && { leftOut: { folders: [...layout.negative, ...layout.other], images: layout.left } }),
      ...(layout.note && { layout: layout.note }),
      ...(reply.growth && { growth: reply.growth }),
    }
    await leaveFit(client, data.origin, task.id, { ...fit, name: data.name })
    await blobs.remove([...listed.map(({ blob }) => blob), data.list]).catch(() => {})
    return fit
  }

  return startConsumer({
    ...context.consumer('fit'),
    concurrency: 1,
    async handle(task): Promise<FitOutcome> {
      try {
        return await fit(task)
      } catch (error) {
        // a fault is tried again and needs its images
        if (task.signal.aborted || task.isLastAttempt || !isFault(error)) await forgetInputs(blobs, task.data.list)
        throw error
      }
    },
  })
}
