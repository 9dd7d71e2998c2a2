/** What this service is and allows: a page or a program says a limit before an upload runs into it. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'

const Service = Type.Object({
  version: Type.String(),
  roots: Type.Array(Type.String({ description: 'A folder below which `folder` and `path` may lie' })),
  allowUrl: Type.Boolean(),
  limits: Type.Object({
    maxImageBytes: Type.Integer(),
    maxFitImages: Type.Integer(),
    maxUploadImages: Type.Integer(),
    maxFolderImages: Type.Integer(),
    maxRequestBytes: Type.Integer(),
  }),
})

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
      roots: [...context.roots],
      allowUrl: context.urls !== undefined,
      limits: { maxImageBytes, maxFitImages, maxUploadImages, maxFolderImages, maxRequestBytes },
    }),
  })
}
