/** A comparison: the images out of Redis into a folder, the methods in a process of their own, the report's files back into Redis. */
import { fork } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../src/errors.ts'
import type { Split } from '../src/evaluation/compare-report.ts'
import { forgetInputs } from '../src/queue/blobs.ts'
import { type Consumer, isFault, startConsumer, type Task } from '../src/queue/consumer.ts'
import { BlobId, lifetimes } from '../src/queue/jobs.ts'
import { type ComparisonFiles, comparisonFileNames, leaveComparison } from '../src/service/comparisons.ts'
import { childEnvironment } from '../src/system/config.ts'
import { parseJson } from '../src/system/parse-json.ts'
import type { ComparisonPhase } from '../src/wire/comparison.ts'
import { ErrorBody } from '../src/wire/error.ts'
import { OneOf } from '../src/wire/type.ts'
import type { CompareWork } from './compare-process.ts'
import type { WorkerContext } from './context.ts'

const about = { split: OneOf(['trainPositive', 'trainNegative', 'testPositive', 'testNegative']), image: Type.String() }
const Listed = Type.Object({ ...about, blob: BlobId })
/** An image, or why it could not be read. */
const Listing = Type.Array(Type.Union([Listed, Type.Object({ ...about, error: ErrorBody })]))
type Listed = Static<typeof Listed>
type Message = { progress: number; stage: string; phase: ComparisonPhase } | { done: true } | { error: ErrorBody }

const program = fileURLToPath(new URL('./compare-process.js', import.meta.url))

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
      const bytes = await blobs.get(blob)
      if (bytes === undefined)
        throw new OneclassError('JOB_EXPIRED', 'The images waited too long for a worker: ask again.')
      const path = join(folder, String(i)) // names are not ours: they stay names
      await writeFile(path, bytes)
      images[split].push({ name: image, path })
    }
    return images
  }

  const runProcess = (work: CompareWork, task: Task<'compare'>): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(program, [], {
        env: childEnvironment({ REDIS_URL: undefined }),
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
      const stop = () => child.kill('SIGKILL')
      task.signal.addEventListener('abort', stop)
      child.on('message', (message: Message) => {
        if ('progress' in message)
          void task.progress({
            done: Math.round(message.progress * 100),
            total: 100,
            stage: message.stage,
            phase: message.phase,
          })
        else if ('error' in message) reject(new OneclassError(message.error.code, message.error.message))
        else resolve()
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        task.signal.removeEventListener('abort', stop)
        reject(new Error(`the comparison ended (${signal ?? code})`)) // nothing, when it reported before
      })
      child.send(work)
    })

  return startConsumer({
    ...context.consumer('compare'),
    concurrency: 1,
    async handle(task) {
      const { data } = task
      const listing = await blobs.get(data.list)
      if (listing === undefined)
        throw new OneclassError('JOB_EXPIRED', 'The images waited too long for a worker: ask again.')
      const list = parseJson(listing.toString('utf8'))
      if (!Value.Check(Listing, list))
        throw new OneclassError('INVALID_ARGUMENT', 'The list of images has not the form that this worker knows.')
      const folder = await mkdtemp(join(tmpdir(), 'oneclass-compare-'))
      try {
        await mkdir(join(folder, 'images'))
        const listed = list.filter((entry) => 'blob' in entry)
        const failed = list.filter((entry) => 'error' in entry)
        const images = await fetchImages(listed, join(folder, 'images'))
        const { methods, quick, alpha, seed } = data
        await runProcess(
          {
            images,
            failed,
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
        const stored: Record<string, string> = {}
        for (const file of comparisonFileNames)
          stored[file] = await blobs.put(await readFile(join(folder, 'out', file)), lifetimes.outcome)
        await leaveComparison(client, data.origin, task.id, stored as ComparisonFiles)
        await blobs.remove([...listed.map(({ blob }) => blob), data.list]).catch(() => {})
        return {}
      } catch (error) {
        // a fault is tried again and needs its images
        if (task.signal.aborted || task.isLastAttempt || !isFault(error)) await forgetInputs(blobs, data.list)
        throw error
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  })
}
