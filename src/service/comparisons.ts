/**
 * How the files of a comparison come home: as a fit's model does (`fit-saver.ts`), into `<home>/comparisons/<job>/`. There they stay,
 * with the job itself as `job.json`, longer than Redis remembers it. What stands in Redis is believed only as far as its form goes: ids
 * and file names become paths here.
 */
import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError, toOneclassError } from '../errors.ts'
import type { RedisClient } from '../queue/connection.ts'
import { BlobId, lifetimes, typeOfJob } from '../queue/jobs.ts'
import type { Producer } from '../queue/producer.ts'
import { keys } from '../queue/redis-keys.ts'
import { makeFolder } from '../system/files.ts'
import { parseJson } from '../system/parse-json.ts'
import { privateFolder, renameSynced, syncFolder, writeSynced } from '../system/whole-file.ts'
import { ComparisonResult, MethodReport } from '../wire/comparison.ts'
import { CompareJob } from '../wire/job.ts'
import { unknownNote } from './fit-saver.ts'

/** File name to blob; no other files are written. */
const ComparisonFiles = Type.Object(
  { 'report.html': BlobId, 'report.json': BlobId, 'scores.csv': BlobId },
  { additionalProperties: false },
)
/** What the job's result repeats of report.json. */
const Report = Type.Pick(ComparisonResult, ['methods'])
export type ComparisonFiles = Static<typeof ComparisonFiles>
export const comparisonFileNames = Object.keys(ComparisonFiles.properties) as (keyof ComparisonFiles)[]

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

/** A comparison that was saved, however long ago; undefined when it was not, or was removed. */
export async function savedComparison(home: string, id: string): Promise<CompareJob | undefined> {
  if (typeOfJob(id) !== 'compare') return undefined
  const folder = comparisonFolder(home, id)
  const text = await readFile(join(folder, 'job.json'), 'utf8').catch(() => undefined)
  const job = parseJson(text)
  if (Value.Check(CompareJob, job)) return job
  // saved by an earlier version: the report is all that is sure
  const report = parseJson(await readFile(join(folder, 'report.json'), 'utf8').catch(() => undefined)) as
    | { methods?: unknown }
    | undefined
  if (!Array.isArray(report?.methods)) return undefined
  const at = (await stat(folder).catch(() => undefined))?.mtime.toISOString()
  if (at === undefined) return undefined // removed at this moment
  const methods = report.methods.filter((method) => Value.Check(MethodReport, method)) as MethodReport[]
  return viewOf(id, { methods }, at, at)
}

/** Ids of the saved comparisons, newest first. */
export async function savedComparisons(home: string): Promise<string[]> {
  const ids = (await readdir(join(home, 'comparisons')).catch(() => [])).filter((id) => typeOfJob(id) === 'compare')
  const dated = await Promise.all(
    ids.map(async (id) => ({ id, at: (await stat(comparisonFolder(home, id)).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  return dated.sort((a, b) => b.at - a.at).map(({ id }) => id)
}

/** Saves what is waiting; the same again changes nothing. What does not have the form of a comparison is thrown away. */
export async function saveComparisons(
  producer: Producer,
  origin: string,
  home: string,
  onSaved: (id: string) => void,
): Promise<void> {
  const waiting = await producer.client.hgetall(keys.finishedComparisons(origin))
  let fault: unknown
  for (const [id, text] of Object.entries(waiting)) {
    const note = parseJson(text)
    const files = Value.Check(ComparisonFiles, note) ? note : undefined
    if (typeOfJob(id) === 'compare' && (files || (await producer.job(id)))) {
      const isSaved = (await producer.client.exists(keys.outcome(id))) === 1 // we died before the note was gone
      try {
        if (!isSaved) await saveOne(producer, home, id, files)
      } catch (thrown) {
        fault ??= thrown // it is tried again; the others are saved
        continue
      }
      await producer.client.hdel(keys.finishedComparisons(origin), id)
      await producer.blobs.remove(Object.values(files ?? {}))
      onSaved(id)
    } else {
      await producer.client.hdel(keys.finishedComparisons(origin), id)
    }
  }
  if (fault !== undefined) throw fault
}

async function saveOne(producer: Producer, home: string, id: string, files?: ComparisonFiles): Promise<void> {
  const before = await producer.job(id)
  const now = new Date().toISOString()
  const createdAt = before?.createdAt ?? now
  let view: CompareJob
  try {
    if (files === undefined) throw unknownNote('Compare')
    const contents = new Map<keyof ComparisonFiles, Buffer>()
    for (const name of comparisonFileNames) {
      const bytes = await producer.blobs.get(files[name])
      if (bytes === undefined)
        throw new OneclassError('JOB_EXPIRED', 'The report waited too long to be saved: compare again.')
      contents.set(name, bytes)
    }
    const report = parseJson(contents.get('report.json')?.toString('utf8'))
    if (!Value.Check(Report, report))
      throw new OneclassError('JOB_EXPIRED', 'The report came home damaged: compare again.')
    const folder = comparisonFolder(home, id)
    const temporary = `${folder}.${randomUUID()}`
    await makeFolder(temporary, privateFolder)
    for (const [name, bytes] of contents) await writeSynced(join(temporary, name), bytes)
    view = viewOf(id, report, createdAt, now)
    await writeSynced(join(temporary, 'job.json'), JSON.stringify(view))
    await syncFolder(temporary)
    await rm(folder, { recursive: true, force: true })
    await renameSynced(temporary, folder)
  } catch (thrown) {
    const error = toOneclassError(thrown)
    if (error.code !== 'JOB_EXPIRED' && files) throw thrown // stays, and is tried again
    view = { ...viewOf(id, { methods: [] }, createdAt, now), state: 'failed', result: null, error: error.toJSON() }
  }
  await producer.setOutcome(id, { kind: 'saved', view })
}

function viewOf(
  id: string,
  { methods }: { readonly methods: readonly MethodReport[] },
  createdAt: string,
  finishedAt: string,
): CompareJob {
  return {
    id,
    type: 'compare',
    state: 'done',
    model: null,
    progress: { done: 100, total: 100 },
    result: { methods, report: `/v1/comparisons/${id}/report` },
    error: null,
    createdAt,
    finishedAt,
  }
}
