/** From a request to its job: a new one, or the one that its Idempotency-Key names. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OneclassError } from '../errors.ts'
import { claim } from '../queue/idempotency.ts'
import type { Job } from '../wire/job.ts'
import type { JobType } from '../wire/job-state.ts'
import type { ApiContext } from './context.ts'
import { callerOf } from './http/access.ts'
import { idempotencyKey } from './http/fields.ts'
import { remember } from './job-list.ts'

/**
 * Answers 202 with the job.
 * @param fingerprint what is asked for: another one under the same key is refused
 * @param locate the job's address
 * @param add makes the job of this id, which then has the bytes that the request stored
 * @param instead another job that does for this one
 */
export async function acceptJob(
  context: ApiContext,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { type, fingerprint, locate = (id) => `/v1/jobs/${id}` }: AskedJob,
  add: (id: string) => Promise<void>,
  instead: (id: string) => Promise<Job | undefined> = async () => undefined,
): Promise<Job> {
  const { producer } = context
  const { id, isReplay } = await claim(producer, type, callerOf(request), idempotencyKey(request), fingerprint)
  const known = isReplay ? await producer.job(id) : await instead(id)
  reply.code(202).header('location', locate(known?.id ?? id))
  if (known !== undefined) {
    reply.header('idempotency-replayed', 'true')
    return known
  }
  await add(id)
  request.owned.handOver()
  await remember(context, request, type, id)
  return thereStill(await producer.job(id))
}

/** A job that was just added. @throws JOB_EXPIRED where Redis lost it */
export function thereStill<T>(job: T | undefined): T {
  if (job !== undefined) return job
  throw new OneclassError('JOB_EXPIRED', 'The job is gone, since Redis lost it: send the request again.')
}

interface AskedJob {
  readonly type: JobType
  readonly fingerprint: readonly string[]
  readonly locate?: (id: string) => string
}
