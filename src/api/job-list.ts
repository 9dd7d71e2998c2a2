/** Lists of jobs, newest first, bounded, and of the caller's own where the key allows no more. */
import type { FastifyRequest } from 'fastify'
import { pairs } from '../core/pairs.ts'
import { OneclassError } from '../errors.ts'
import { forgetJobs, noteJob, type RecentJob, recentJobs } from '../queue/recent.ts'
import { type Job, listed } from '../wire/job.ts'
import { type JobType, jobTypes } from '../wire/job-state.ts'
import type { ApiContext } from './context.ts'
import { callerOf } from './http/access.ts'

export async function remember(
  { producer }: ApiContext,
  request: FastifyRequest,
  type: JobType,
  id: string,
): Promise<void> {
  await noteJob(producer.client, { id, type, owner: callerOf(request) })
}

export async function listJobs(
  { producer }: ApiContext,
  request: FastifyRequest,
  wanted: { type?: JobType; state?: string; limit?: number },
): Promise<Job[]> {
  const { limit = listed.default } = wanted
  // ids cannot be guessed, and whoever has one may cancel the job: a key that may classify only is told of its own
  const isMine = ({ owner }: RecentJob) => request.key?.scope !== 'classify' || owner === request.key.id
  const recent = await recentJobs(producer.client, wanted.type ? [wanted.type] : jobTypes)
  const candidates = recent.filter(isMine)
  const found: Job[] = []
  const gone: RecentJob[] = []
  for (let i = 0; i < candidates.length && found.length < limit; i += listed.default) {
    const some = candidates.slice(i, i + listed.default)
    const views = await Promise.all(some.map(({ id }) => producer.job(id).catch(goneWhereDamaged)))
    for (const [candidate, view] of pairs(some, views)) {
      if (view === undefined) gone.push(candidate)
      else if (wanted.state === undefined || view.state === wanted.state) found.push(brief(view))
    }
  }
  await forgetJobs(producer.client, gone)
  return found.slice(0, limit)
}

/** One record that is damaged does not keep the others from being listed. */
function goneWhereDamaged(error: unknown): undefined {
  if (error instanceof OneclassError && error.code === 'REDIS_DAMAGED') return undefined
  throw error
}

/** Models and counts are short; the rest is read with the job. */
export function brief(view: Job): Job {
  return view.type === 'fit' || view.type === 'batch' ? view : { ...view, result: null }
}
