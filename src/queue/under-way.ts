/** What is in a queue and not over: waiting, at work, or to be tried again. */
import type { Job, Queue } from 'bullmq'
import { Value } from 'typebox/value'
import { type JobData, type JobKind, jobSchemas } from './jobs.ts'
import { isUnreadable } from './mend.ts'

export interface JobUnderWay<K extends JobKind> {
  readonly id: string
  readonly data: JobData[K]
}

const atOnce = 200

/** Those that no worker could read are left out. */
export async function jobsUnderWay<K extends JobKind>(
  queues: ReadonlyMap<JobKind, Queue>,
  kind: K,
): Promise<JobUnderWay<K>[]> {
  const queue = queues.get(kind)
  if (queue === undefined) return []
  const ids = [...new Set(await queue.getRanges(['active', 'wait', 'prioritized', 'delayed'], 0, -1))]
  const found: JobUnderWay<K>[] = []
  for (let from = 0; from < ids.length; from += atOnce) {
    const jobs = await Promise.all(
      ids.slice(from, from + atOnce).map((id) =>
        (queue.getJob(id) as Promise<Job | undefined>).catch((error: unknown) => {
          if (isUnreadable(error)) return undefined
          throw error
        }),
      ),
    )
    for (const job of jobs)
      if (job?.id && Value.Check(jobSchemas[kind], job.data)) found.push({ id: job.id, data: job.data as JobData[K] })
  }
  return found
}
