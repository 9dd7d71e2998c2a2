/** The demo: a model of things that the product draws itself, and images to try on it. For whoever has no photos at hand. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { lifetimes } from '../../queue/jobs.ts'
import { keys } from '../../queue/redis-keys.ts'
import { demoModel, readSamples } from '../../service/demo-samples.ts'
import { FitJob, type Job } from '../../wire/job.ts'
import { isFinished } from '../../wire/job-state.ts'
import { DemoImages } from '../../wire/operations.ts'
import { acceptJob } from '../accept-job.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { route } from '../http/route.ts'

export function demoRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, home } = context

  /** The demo's fit that is not finished yet, or nothing, and then `id` is noted as that fit: one at a time is enough for all. */
  const underWay = async (id: string): Promise<Job | undefined> => {
    if ((await producer.client.set(keys.demo, id, 'EX', 3600, 'NX')) === 'OK') return undefined
    const before = await producer.client.get(keys.demo)
    const view = before === null ? undefined : await producer.job(before)
    if (view && !isFinished(view.state)) return view
    await producer.client.set(keys.demo, id, 'EX', 3600)
    return undefined
  }

  route(app, {
    method: 'POST',
    url: '/v1/demo',
    scope: 'manage',
    summary: 'Fit the demo model',
    description: `A worker draws 200 photographs of good parts and fits the model "${demoModel}" on them: some ten seconds of a free core. One such fit is under way at a time; fitted again it is the same model, and no new version.`,
    tag: 'Demo',
    answers: { 202: { description: 'The fit job', schema: FitJob } },
    handle: async ({ request, reply }) => {
      const add = async (id: string): Promise<void> => {
        const list = await request.owned.put(Buffer.from('[]'), lifetimes.input)
        const data = { name: demoModel, demo: true, list, origin: context.origin, requestId: request.id }
        await producer.add('fit', id, data, callerOf(request))
      }
      return await acceptJob(context, { request, reply }, { type: 'fit', fingerprint: ['demo'] }, add, underWay)
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/demo/images',
    scope: 'classify',
    summary: 'Images to try on the demo model',
    description: 'Held out from its fit. None before the demo was fitted.',
    tag: 'Demo',
    answers: { 200: { description: 'A dozen', schema: DemoImages } },
    handle: async () => ({
      images: (await readSamples(home)).map(({ id, kind, what }) => ({ id, kind, what, url: `/v1/demo/images/${id}` })),
    }),
  })

  route(app, {
    method: 'GET',
    url: '/v1/demo/images/:id',
    scope: 'classify',
    summary: 'One of them',
    tag: 'Demo',
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 40 }) }),
    answers: { 200: { description: 'The picture', type: 'image/jpeg', schema: Type.String({ format: 'binary' }) } },
    handle: async ({ params, reply }) => {
      const sample = (await readSamples(home)).find(({ id }) => id === params.id)
      if (sample === undefined)
        throw new OneclassError('NOT_FOUND', 'There is no demo image of this id: POST /v1/demo first.')
      return reply.type('image/jpeg').header('cache-control', 'no-cache').send(Buffer.from(sample.jpeg, 'base64'))
    },
  })
}
