/** What this service is and allows: a page or a program says a limit before an upload runs into it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { readWorkers } from '../../queue/heartbeat.ts'
import { Backbones } from '../../wire/backbone.ts'
import { Service } from '../../wire/operations.ts'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'

const patienceMs = 1000

export function serviceRoutes(app: FastifyInstance, context: ApiContext, version: string): void {
  const { maxImageBytes, maxFitImages, maxUploadImages, maxFolderImages, maxRequestBytes } = context.limits
  route(app, {
    method: 'GET',
    url: '/v1/service',
    scope: 'classify',
    summary: 'What the service is and allows',
    tag: 'Operations',
    answers: { 200: { description: 'Version, served folders and limits', schema: Service } },
    handle: async () => ({
      version,
      workerVersions: await workerVersions(context),
      roots: [...context.roots],
      allowUrl: context.urls !== undefined,
      limits: { maxImageBytes, maxFitImages, maxUploadImages, maxFolderImages, maxRequestBytes },
    }),
  })

  route(app, {
    method: 'GET',
    url: '/v1/backbones',
    scope: 'classify',
    summary: 'Networks that a fit can name',
    description: "The default first. What the service's machine has: workers elsewhere may have others.",
    tag: 'Models',
    answers: { 200: { description: 'The list', schema: Backbones } },
    handle: async () => ({ backbones: [...(await context.backbones())] }),
  })
}

/** None where Redis does not answer: the rest can be told without it. */
async function workerVersions({ producer }: ApiContext): Promise<string[]> {
  const late = sleep<[]>(patienceMs, [], { ref: false })
  const workers = await Promise.race([readWorkers(producer.client), late]).catch((): [] => [])
  return [...new Set(workers.map(({ version }) => version))].sort()
}
