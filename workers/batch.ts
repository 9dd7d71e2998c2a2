/**
 * A chunk of a batch: results are written as they come, each exactly once (`queue/batches.ts`), so a chunk that is taken over
 * goes on where it stopped, and a slow image holds up no other. After a crash its images are tried one by one
 * (`serving/quarantine.ts`): one poisoned file cannot stop a batch, nor get others blamed.
 */
import { setMaxListeners } from 'node:events'
import { OneclassError, toOneclassError } from '../src/errors.ts'
import { keepPoints, keepThumbnail, maxThumbnails, type Point } from '../src/queue/batch-extras.ts'
import type { BatchResult } from '../src/queue/batches.ts'
import { sizeOf } from '../src/queue/blobs.ts'
import { type Consumer, isFault, startConsumer, type Task } from '../src/queue/consumer.ts'
import { isForAnother } from '../src/queue/formats.ts'
import { recordServed } from '../src/service/drift-log.ts'
import { errorLine } from '../src/service/feeder-chunk.ts'
import type { ReadyModel } from '../src/serving/model-cache.ts'
import { createScoreTogether } from '../src/serving/score-together.ts'
import { askAlso } from './classify-many.ts'
import type { WorkerContext } from './context.ts'

type Item = Task<'chunk'>['data']['images'][number]
type Done = BatchResult & {
  readonly served?: { readonly pValue: number; readonly score: number }
  readonly embedding?: Float32Array
}

/** Images fetched at a time; more are fetched when half of them are done. */
const groupSize = 16
const groupBytes = 64 * 1024 ** 2
/** Results are written when there are so many of them, or the first has waited so long. */
const commitMs = 400

function pointsOf(done: readonly Done[], every: number): Point[] {
  return done.flatMap(({ index, embedding }) =>
    embedding && every > 0 && index % every === 0 ? { index, embedding } : [],
  )
}

export function startBatch(context: WorkerContext): Promise<Consumer> {
  const { batches, blobs, client, engine, heartbeat, models, quarantine, thumbnails } = context
  const scoreTogether = createScoreTogether()

  const scoreOne = async (
    item: Item,
    bytes: Buffer | undefined,
    { data, signal }: Pick<Task<'chunk'>, 'data' | 'signal'>,
    model: ReadyModel,
  ): Promise<Done> => {
    heartbeat.count({ images: 1 })
    try {
      if (bytes === undefined) throw new OneclassError('JOB_EXPIRED', `"${item.image}" waited too long for a worker.`)
      const wantsPicture = data.keep?.thumbnails === true && item.index < maxThumbnails
      const seen = await engine.embed({ name: item.image, bytes }, model.backbone, {
        lane: 'bulk',
        signal,
        thumbnail: wantsPicture,
      })
      const { embedding, thumbnail, pixels } = seen
      const scored = await scoreTogether(model.classifier, { ...seen, original: pixels.original }, data.model.alpha)
      const { also } = data
      const others =
        also &&
        (await askAlso(
          context,
          also,
          { ref: data.model.label, model, seen, scored },
          { name: item.image, bytes },
          { lane: 'bulk', signal },
        ))
      if (thumbnail) await keepThumbnail(thumbnails, { id: data.batch, owner: data.owner ?? '' }, item.index, thumbnail)
      return {
        index: item.index,
        isError: false,
        line: JSON.stringify({
          image: item.image,
          index: item.index,
          ...scored,
          ...others,
          ...(pixels.notes && { notes: pixels.notes }),
        }),
        served: scored,
        embedding,
      }
    } catch (thrown) {
      const error = toOneclassError(thrown)
      if (signal.aborted || isFault(error)) throw thrown // of the service, not of the image: it is tried again
      return failed(item, error)
    }
  }

  const failed = (item: Item, error: OneclassError): Done => {
    heartbeat.countError(error.code)
    return { index: item.index, isError: true, line: errorLine(item.image, item.index, error.toJSON()) }
  }

  /** True while the batch goes on. */
  const commit = async (done: readonly Done[], { data, alive }: Task<'chunk'>): Promise<boolean> => {
    if (done.length === 0) return true
    await keepPoints(client, data.batch, pointsOf(done, data.keep?.every ?? 0)) // before the commit: a chunk that is taken over skips what is committed
    const state = await batches.commit(data.batch, done)
    alive()
    await recordServed(
      client,
      data.model,
      done.flatMap(({ served }) => served ?? []),
    ).catch(() => {})
    const finished = new Set(done.map(({ index }) => index))
    await blobs.remove(data.images.flatMap(({ index, blob }) => (finished.has(index) ? [blob] : []))).catch(() => {})
    return state !== undefined && state !== 'cancelled'
  }

  /** Each image on its own, its result written before the next begins. */
  const runAlone = async (todo: readonly Item[], task: Task<'chunk'>, model: ReadyModel): Promise<void> => {
    for (const item of todo) {
      if (task.signal.aborted) return
      const work = async (): Promise<Done> => {
        const [bytes] = await blobs.getAll([item.blob])
        return await scoreOne(item, bytes, task, model)
      }
      const done = await quarantine
        .run(`${task.data.batch}:${item.index}`, item.image, work)
        .catch((thrown: unknown) => {
          const error = toOneclassError(thrown)
          if (error.code !== 'IMAGE_UNREADABLE') throw thrown
          return failed(item, error)
        })
      if (!(await commit([done], task))) return
    }
  }

  /** Many at once. A fault of one image does not stop the others; it is thrown when they are written. */
  const runTogether = async (todo: readonly Item[], task: Task<'chunk'>, model: ReadyModel): Promise<void> => {
    const stop = new AbortController()
    setMaxListeners(0, stop.signal) // one an image under way
    const onAbort = (): void => stop.abort()
    task.signal.addEventListener('abort', onAbort)
    const work = { data: task.data, signal: stop.signal }
    const running = new Set<Promise<void>>()
    let done: Done[] = []
    let fault: unknown
    let lastCommit = performance.now()
    const write = async (): Promise<void> => {
      const some = done
      done = []
      lastCommit = performance.now()
      if (!(await commit(some, task))) stop.abort()
    }
    const begin = (item: Item, bytes: Buffer | undefined): void => {
      const run = scoreOne(item, bytes, work, model)
        .then(
          (result) => void done.push(result),
          (thrown: unknown) => {
            fault ??= thrown
          },
        )
        .finally(() => running.delete(run))
      running.add(run)
    }
    /** Waits until at most `most` images are at work, and writes meanwhile. */
    const settle = async (most: number): Promise<void> => {
      while (running.size > most) {
        await orAfter(Promise.race(running), commitMs)
        if (done.length >= groupSize || (done.length > 0 && performance.now() - lastCommit > commitMs)) await write()
      }
    }
    try {
      for (const group of groupsOf(todo)) {
        if (stop.signal.aborted) break
        const bytes = await blobs.getAll(group.map(({ blob }) => blob))
        await settle(groupSize / 2)
        group.forEach((item, at) => {
          begin(item, bytes[at])
        })
      }
      await settle(0)
      if (!stop.signal.aborted) await write()
    } finally {
      task.signal.removeEventListener('abort', onAbort)
      stop.abort()
      await Promise.all(running)
    }
    if (fault !== undefined && !task.signal.aborted) throw fault
  }

  const run = async (task: Task<'chunk'>): Promise<void> => {
    const { data } = task
    const indices = new Set(
      await batches.missing(
        data.batch,
        data.images.map(({ index }) => index),
      ),
    )
    const todo = data.images.filter(({ index }) => indices.has(index))
    if (todo.length === 0) return
    const model = await models.get(data.model)
    await (task.crashes > 0 ? runAlone : runTogether)(todo, task, model)
  }

  return startConsumer({
    ...context.consumer('chunk'),
    concurrency: 1 + context.cores,
    async handle(task) {
      try {
        await run(task)
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (task.signal.aborted || (await isForAnother(client, thrown))) throw thrown
        if (isFault(error) && !task.isLastAttempt) throw thrown
        // Redis away, a worker that died, a download: nothing is known of the images, and the service asks for them again
        if (isFault(error) && error.code !== 'INTERNAL') throw thrown
        // final: every image that has no result gets this error, so the batch ends
        const shown =
          error.code === 'INTERNAL'
            ? new OneclassError('INTERNAL', 'The image could not be scored: see the log of the workers.')
            : error
        await batches.commit(
          task.data.batch,
          task.data.images.map((item) => failed(item, shown)),
        )
        if (isFault(error)) throw thrown
      }
    },
  })
}

/** Images that are fetched together: some, and not more bytes than are good for memory. */
function* groupsOf(items: readonly Item[]): Generator<Item[]> {
  let group: Item[] = []
  let bytes = 0
  for (const item of items) {
    const size = sizeOf(item.blob)
    if (group.length === groupSize || (group.length > 0 && bytes + size > groupBytes)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(item)
    bytes += size
  }
  if (group.length > 0) yield group
}

/** The promise, or nothing after `ms`. */
async function orAfter(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}
