/** Any job: state, cancel, live. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { Job, ListLimit, ListState } from '../../wire/job.ts'
import { type JobType, jobTypes } from '../../wire/job-state.ts'
import { JobId } from '../../wire/names.ts'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'
import { jobEventStream } from '../http/streams.ts'
import { listJobs } from '../job-list.ts'

const Params = Type.Object({ id: JobId })

export function jobRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, events, streams } = context

  const find = async (id: string) => {
    const view = await producer.job(id)
    if (view === undefined) throw new OneclassError('JOB_NOT_FOUND', 'There is no job of this id, or it is too old.')
    return view
  }

  route(app, {
    method: 'GET',
    url: '/v1/jobs',
    inTurn: true,
    scope: 'classify',
    summary: 'List jobs',
    description:
      'Newest first, of the 1,000 newest of each type. Results of classify, map and compare jobs are left out. A key that may classify only sees its own jobs.',
    tag: 'Jobs',
    query: Type.Object({
      type: Type.Optional(Type.String({ enum: [...jobTypes] })),
      state: ListState,
      limit: ListLimit,
    }),
    answers: { 200: { description: 'The jobs, newest first', schema: Type.Object({ jobs: Type.Array(Job) }) } },
    handle: async ({ query, request }) => {
      const { type, ...rest } = query
      return { jobs: await listJobs(context, request, type ? { ...rest, type: type as JobType } : rest) }
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/jobs/:id',
    scope: 'classify',
    summary: 'Read a job',
    tag: 'Jobs',
    params: Params,
    answers: { 200: { description: 'The job', schema: Job } },
    handle: async ({ params }) => await find(params.id),
  })

  route(app, {
    method: 'DELETE',
    url: '/v1/jobs/:id',
    scope: 'classify',
    summary: 'Cancel a job',
    description: 'A waiting job ends at once, a running one soon. CONFLICT when it is finished already.',
    tag: 'Jobs',
    params: Params,
    answers: { 200: { description: 'The job as it is now', schema: Job } },
    handle: async ({ params }) => await producer.cancel(params.id),
  })

  for (const [url, tag] of [
    ['/v1/jobs/:id/events', 'Jobs'],
    ['/v1/batches/:id/events', 'Batches'],
  ] as const) {
    route(app, {
      method: 'GET',
      url,
      scope: 'classify',
      summary: 'Follow live',
      description: 'Server-sent events of type `job`, each with the whole job, until it is finished.',
      tag,
      params: Params,
      answers: { 200: { description: 'Events', type: 'text/event-stream', schema: Type.String() } },
      handle: async ({ params, reply }) => {
        const first = await find(params.id)
        return streams.send(reply, 'text/event-stream', (signal) =>
          jobEventStream(params.id, first, () => producer.job(params.id), events, signal),
        )
      },
    })
  }
}
