/** For those who run it: liveness, readiness, metrics, the document of the API. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError, toOneclassError } from '../../errors.ts'
import { readErrors, readRate, readTotals, readWorkers } from '../../queue/heartbeat.ts'
import { shownOutside } from '../../queue/redis-errors.ts'
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
  const { producer, registry, metrics, confirmed, limits, log } = context

  route(app, {
    method: 'GET',
    url: '/healthz',
    scope: null,
    summary: 'The process lives',
    tag: 'Operations',
    answers: { 200: { description: 'It does', schema: Health } },
    handle: async () => ({ status: 'ok' }),
  })

  /** Each resolves with why it is not ready, or with nothing. */
  const checks: Record<string, () => Promise<string | undefined>> = {
    // a Redis that is full or does not let us run scripts answers, and yet takes no job
    redis: async () => void (await producer.assertUsable()),
    workers: async () =>
      (await producer.workers()) > 0 ? undefined : 'No worker was heard of in the last 15 seconds: see their logs.',
    models: async () =>
      (await registry.isReadable()) ? undefined : 'The models in the data directory cannot be read: see its rights.',
    // jobs wait for ever
    queue: async () =>
      (await producer.isPaused('classify'))
        ? 'Somebody paused the queue "classify": /admin/queues resumes it.'
        : undefined,
  }
  const lookNow = async () => {
    return await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const why = await Promise.race([check(), sleep(2000, tooLate, { ref: false })]).catch((error: unknown) =>
          asError(error),
        )
        return [name, why] as const
      }),
    )
  }
  let looking: ReturnType<typeof lookNow> | undefined
  /** Anybody may ask, and a look takes Redis some time: all who ask meanwhile have one together. */
  const look = () => {
    looking ??= lookNow().finally(() => {
      looking = undefined
    })
    return looking
  }

  let told = '{}'
  /** Probes come every few seconds: a line for each change. */
  const tell = (reasons: object): void => {
    const text = JSON.stringify(reasons)
    if (text === told) return
    told = text
    if (text === '{}') log('info', 'ready again')
    else log('warn', 'not ready', { reasons })
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
      const found = await look()
      const failed = found.filter(([, why]) => why !== undefined)
      tell(Object.fromEntries(failed.map(([name, why]) => [name, whole(why)])))
      const shown = failed.map(([name, why]) => [name, why instanceof OneclassError ? shownOutside(why) : why])
      return reply.code(failed.length === 0 ? 200 : 503).send({
        status: failed.length === 0 ? 'ready' : 'not ready',
        checks: Object.fromEntries(found.map(([name, why]) => [name, why === undefined])),
        ...(failed.length > 0 && { reasons: Object.fromEntries(shown) }),
      })
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

const tooLate = 'It did not answer within 2 seconds.'

function asError(error: unknown): OneclassError | string {
  const known = toOneclassError(error)
  return known.code === 'INTERNAL' ? 'It cannot be told: the log of the service says more.' : known
}

/** With what an operator needs, and callers do not. */
function whole(why: OneclassError | string | undefined): string | undefined {
  if (!(why instanceof OneclassError)) return why
  return why.cause instanceof Error ? `${why.message} (${why.cause.message})` : why.message
}
