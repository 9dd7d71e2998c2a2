/** A comparison: the images out of Redis into a folder, the methods in a process of their own, the report's files back into Redis. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { pairs } from '../src/core/pairs.ts'
import { OneclassError } from '../src/errors.ts'
import { type Consumer, startConsumer, type Task } from '../src/queue/consumer.ts'
import { readImage, readListing } from '../src/queue/job-inputs.ts'
import { BlobId, lifetimes } from '../src/queue/jobs.ts'
import { keys } from '../src/queue/redis-keys.ts'
import { type ComparisonFiles, comparisonFileNames, leaveComparison } from '../src/service/comparisons.ts'
import { isMade } from '../src/service/fit-saver.ts'
import { ErrorBody } from '../src/wire/error.ts'
import { type Split, splits } from '../src/wire/splits.ts'
import { OneOf } from '../src/wire/type.ts'
import { runChild } from './child.ts'
import type { CompareMessage, CompareWork } from './compare-process.ts'
import type { WorkerContext } from './context.ts'

const about = { split: OneOf(splits), image: Type.String() }
const Listed = Type.Object({ ...about, blob: BlobId })
/** An image, or why it could not be read. */
const Listing = Type.Array(Type.Union([Listed, Type.Object({ ...about, error: ErrorBody })]))
type Listed = Static<typeof Listed>

const file = new URL('./compare-process.js', import.meta.url)

export function startCompare(context: WorkerContext): Promise<Consumer> {
  const { blobs, client } = context

  const fetchImages = async (list: readonly Listed[], folder: string): Promise<CompareWork['images']> => {
    const images: Record<Split, { name: string; path: string }[]> = {
      trainPositive: [],
      trainNegative: [],
      testPositive: [],
      testNegative: [],
    }
    for (const [i, { split, image, blob }] of list.entries()) {
      const path = join(folder, String(i)) // names are not ours: they stay names
      await writeFile(path, await readImage(blobs, blob))
      images[split].push({ name: image, path })
    }
    return images
  }

  const runProcess = (work: CompareWork, { signal, progress }: Task<'compare'>): Promise<void> =>
    runChild<CompareMessage, never, void>({ file, what: 'comparison', work, signal }, (message, { done, fail }) => {
      if ('progress' in message) {
        const { stage, phase } = message
        void progress({ done: Math.round(message.progress * 100), total: 100, stage, phase })
      } else if ('error' in message) fail(new OneclassError(message.error.code, message.error.message))
      else done()
    })

  return startConsumer({
    ...context.consumer('compare'),
    concurrency: 1,
    async handle(task) {
      const { data } = task
      if (await isMade(client, keys.finishedComparisons(data.origin), task.id)) return {}
      const list = await readListing(blobs, data.list, Listing)
      const folder = await mkdtemp(join(tmpdir(), 'oneclass-compare-'))
      try {
        await mkdir(join(folder, 'images'))
        const listed = list.filter((entry) => 'blob' in entry)
        const failed = list.filter((entry) => 'error' in entry)
        const images = await fetchImages(listed, join(folder, 'images'))
        const { methods, quick, alpha, seed, skipped = [], notes = [] } = data
        await runProcess(
          {
            images,
            failed,
            skipped,
            notes,
            out: join(folder, 'out'),
            home: context.home,
            cpus: context.cores,
            methods,
            quick,
            alpha,
            seed,
          },
          task,
        )
        const files = await Promise.all(comparisonFileNames.map((file) => readFile(join(folder, 'out', file))))
        const ids = await blobs.putAll(files, lifetimes.outcome) // all of them or none
        const stored = Object.fromEntries(pairs(comparisonFileNames, ids)) as ComparisonFiles
        await leaveComparison(client, data.origin, task.id, stored).catch(async (error: unknown) => {
          await blobs.remove(ids).catch(() => {}) // without the note nobody would fetch them
          throw error
        })
        return {}
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  })
}
