/** For those who run it: liveness, readiness, metrics, the document of the API. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { readErrors, readRate, readTotals, readWorkers } from '../../queue/heartbeat.ts'
import { readDrift } from '../../service/drift-log.ts'
import { promiseKept } from '../../service/promise-kept.ts'
import { labelOf } from '../../wire/label.ts'
import type { Drift } from '../../wire/model.ts'
import { Health, Operations, Readiness } from '../../wire/operations.ts'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'
import type { ServedModel } from '../metrics.ts'
import { servingOf } from './models.ts'

export function operationRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, registry, metrics, confirmed, limits } = context

  route(app, {
    method: 'GET',
    url: '/healthz',
    scope: null,
    summary: 'The process lives',
    tag: 'Operations',
    answers: { 200: { description: 'It does', schema: Health } },
    handle: async () => ({ status: 'ok' }),
  })

  const checks: Record<string, () => Promise<boolean>> = {
    // a Redis that is full or does not let us run scripts answers, and yet takes no job
    redis: async () => await producer.canWrite(),
    workers: async () => (await producer.workers()) > 0,
    models: async () => await registry.isReadable(),
    // paused by somebody at the queue board: jobs wait for ever
    queue: async () => !(await producer.isPaused('classify')),
  }

  route(app, {
    method: 'GET',
    url: '/readyz',
    scope: null,
    summary: 'A request sent now will be worked on',
    description:
      'A classify would work: Redis takes what a job writes, at least one worker was heard of in the last 15 seconds, the models can be read, and the queue is not paused.',
    tag: 'Operations',
    answers: {
      200: { description: 'Ready', schema: Readiness },
      503: { description: 'Not ready, and why', schema: Readiness },
    },
    handle: async ({ reply }) => {
      const found = await Promise.all(
        Object.entries(checks).map(
          async ([name, check]) =>
            [name, await Promise.race([check(), sleep(2000, false, { ref: false })]).catch(() => false)] as const,
        ),
      )
      const isReady = found.every(([, ok]) => ok)
      return reply
        .code(isReady ? 200 : 503)
        .send({ status: isReady ? 'ready' : 'not ready', checks: Object.fromEntries(found) })
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/operations',
    inTurn: true,
    scope: 'classify',
    summary: 'How the service does',
    description:
      'What /metrics says, for a page: workers, queues, rate, errors, and drift of the version in use of each model.',
    tag: 'Operations',
    answers: { 200: { description: 'As of now', schema: Operations } },
    handle: async () => {
      const models: { label: string; drift: Drift }[] = []
      for (const info of servingOf(await registry.list()).slice(0, 100))
        models.push({ label: labelOf(info), drift: await readDrift(producer.client, info) })
      const { maxStoredBytes, maxKeptBytes } = limits
      return { ...(await queueState(producer)), maxStoredBytes, maxKeptBytes, models }
    },
  })

  route(app, {
    method: 'GET',
    url: '/metrics',
    inTurn: true,
    scope: 'classify',
    summary: 'Prometheus metrics',
    tag: 'Operations',
    answers: { 200: { description: 'Text format', type: 'text/plain', schema: Type.String() } },
    handle: async ({ reply }) => {
      const models: ServedModel[] = []
      for (const info of await registry.list()) {
        const drift = await readDrift(producer.client, info)
        models.push({ label: labelOf(info), drift, promise: await promiseKept(confirmed, info) })
      }
      metrics.setModels(models)
      const { type, text } = await metrics.render(producer)
      return reply.type(type).send(text)
    },
  })
}

async function queueState(producer: ApiContext['producer']) {
  const [workers, queues, storedBytes, keptBytes, imagesPerSecond, { images, inferences }, errors] = await Promise.all([
    readWorkers(producer.client),
    producer.counts(),
    producer.blobs.bytesStored(),
    producer.kept.bytes(),
    readRate(producer.client),
    readTotals(producer.client),
    readErrors(producer.client),
  ])
  return { workers, queues, storedBytes, keptBytes, imagesPerSecond, images, inferences, errors }
}
