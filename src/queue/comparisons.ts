/** How the files of a comparison come home: as a fit's model does (`fits.ts`), into `<home>/comparisons/<job>/`. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { RedisClient } from './connection.ts'
import { lifetimes } from './jobs.ts'
import { keys } from './keys.ts'
import type { Producer } from './producer.ts'

/** File name to blob. */
export type ComparisonFiles = Readonly<Record<string, string>>

export async function leaveComparison(
  client: RedisClient,
  origin: string,
  jobId: string,
  files: ComparisonFiles,
): Promise<void> {
  await client.hset(keys.finishedComparisons(origin), jobId, JSON.stringify(files))
  await client.expire(keys.finishedComparisons(origin), lifetimes.outcome)
}

export function comparisonFolder(home: string, jobId: string): string {
  return join(home, 'comparisons', jobId)
}

/** Saves what is waiting; the same again changes nothing. */
export async function saveComparisons(
  producer: Producer,
  origin: string,
  home: string,
  onSaved: (id: string) => void,
): Promise<void> {
  const waiting = await producer.client.hgetall(keys.finishedComparisons(origin))
  for (const [id, text] of Object.entries(waiting)) {
    const before = await producer.job(id)
    const now = new Date().toISOString()
    const base = {
      id,
      type: 'compare' as const,
      progress: { done: 100, total: 100 },
      createdAt: before?.createdAt ?? now,
      finishedAt: now,
    }
    const files = JSON.parse(text) as ComparisonFiles
    try {
      const contents: [string, Buffer][] = []
      for (const [name, blob] of Object.entries(files)) {
        const bytes = await producer.blobs.get(blob)
        if (bytes === undefined)
          throw new OneclassError('JOB_EXPIRED', 'The report waited too long to be saved: compare again.')
        contents.push([name, bytes])
      }
      const folder = comparisonFolder(home, id)
      const temporary = `${folder}.${process.pid}`
      await mkdir(temporary, { recursive: true })
      for (const [name, bytes] of contents) await writeFile(join(temporary, name), bytes)
      await rm(folder, { recursive: true, force: true })
      await rename(temporary, folder)
      const report = JSON.parse(contents.find(([name]) => name === 'report.json')![1].toString('utf8')) as {
        methods: unknown
      }
      await producer.setOutcome(id, {
        kind: 'saved',
        view: {
          ...base,
          state: 'done',
          error: null,
          result: { methods: report.methods, report: `/v1/comparisons/${id}/report` },
        },
      })
    } catch (thrown) {
      const error = toOneclassError(thrown)
      if (error.code !== 'JOB_EXPIRED') throw thrown // stays, and is tried again
      await producer.setOutcome(id, {
        kind: 'saved',
        view: { ...base, state: 'failed', result: null, error: error.toJSON() },
      })
    }
    await producer.client.hdel(keys.finishedComparisons(origin), id)
    await producer.blobs.remove(Object.values(files))
    onSaved(id)
  }
}
