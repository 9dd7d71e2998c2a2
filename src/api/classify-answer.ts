/** From a stored image to the answer: the job is added (or found again by its Idempotency-Key), and waited for where that is asked. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OneclassError } from '../errors.ts'
import type { Ended } from '../queue/events.ts'
import { claim } from '../queue/idempotency.ts'
import type { Job } from '../wire/job.ts'
import { thereStill } from './accept-job.ts'
import type { ApiContext } from './context.ts'
import { callerOf } from './http/access.ts'
import { idempotencyKey } from './http/fields.ts'
import { remember } from './job-list.ts'

/**
 * @param fingerprint what is asked for
 * @param add adds the job of this id
 * @throws what the job failed with, where it was waited for
 */
export async function answerClassify(
  context: ApiContext,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  wait: number | undefined,
  fingerprint: readonly string[],
  add: (id: string) => Promise<void>,
): Promise<unknown> {
  const { producer, events, metrics } = context
  const key = idempotencyKey(request)
  const claimed = await claim(producer, 'classify', callerOf(request), key, fingerprint)
  const { id } = claimed
  const known = claimed.isReplay ? await producer.job(id) : undefined
  const read = () => producer.job(id)
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  const started = performance.now()
  let view: Ended | Job | undefined
  if (known === undefined) {
    const waiting = wait ? events.outcome(id, wait * 1000, read, gone.signal) : undefined
    try {
      await add(id)
      request.owned.handOver()
      void remember(context, request, 'classify', id).catch(() => {}) // no answer waits for it
    } catch (error) {
      gone.abort()
      await waiting?.catch(() => {})
      throw error
    }
    view = await (waiting ?? read())
  } else {
    reply.header('idempotency-replayed', 'true')
    view = wait ? await events.wait(id, wait * 1000, read, gone.signal) : await read()
  }
  reply.header('location', `/v1/jobs/${id}`)
  if (wait && view?.state === 'done') {
    metrics.observeClassify((performance.now() - started) / 1000)
    return view.result
  }
  if (wait && view?.error) throw new OneclassError(view.error.code, view.error.message)
  return reply.code(202).send(thereStill(view))
}
