/** Models: read, changed (alpha needs no refit), renamed, removed. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { changeModel } from '../../service/change-model.ts'
import { readDrift } from '../../service/drift-log.ts'
import { promiseKept } from '../../service/promise-kept.ts'
import { removeModel } from '../../service/remove-model.ts'
import { fitReport } from '../../store/fit-facts.ts'
import { type Model, ModelChange, Models, ModelWithDrift, ModelWithReport } from '../../wire/model.ts'
import { ModelRef } from '../../wire/names.ts'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'

const Params = Type.Object({ name: ModelRef })

export function modelRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, registry, confirmed } = context

  route(app, {
    method: 'GET',
    url: '/v1/models',
    inTurn: true,
    scope: 'classify',
    summary: 'List the models',
    tag: 'Models',
    query: Type.Object({
      versions: Type.Optional(
        Type.String({
          enum: ['newest', 'all'],
          description: 'Default: newest, one a name: the version in use, which is the newest unless another was chosen',
        }),
      ),
    }),
    answers: {
      200: {
        description: 'By name, the newest version first',
        schema: Models,
      },
    },
    handle: async ({ query }) => {
      const { models: all, damaged } = await registry.survey()
      return { models: query.versions === 'all' ? all : servingOf(all), ...(damaged.length > 0 && { damaged }) }
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/models/:name',
    scope: 'classify',
    summary: 'Read a model',
    tag: 'Models',
    params: Params,
    answers: {
      200: { description: 'The model, its drift monitor, and whether it keeps its promise', schema: ModelWithDrift },
    },
    handle: async ({ params }) => {
      const info = await registry.info(params.name)
      const drift = await readDrift(producer.client, info)
      const promise = await promiseKept(confirmed, info)
      return { ...info, drift, report: fitReport(info), ...(promise && { promise }) }
    },
  })

  route(app, {
    method: 'PATCH',
    url: '/v1/models/:name',
    scope: 'manage',
    summary: 'Change alpha, the name, or the version in use',
    description:
      '`use` chooses the version that the bare name means, until another is chosen or fitted: it undoes a fit. A new alpha counts for every job that is sent from now on; nothing is fitted again. A new name is taken by all versions, so the model is then named without @VERSION; CONFLICT when there is one of that name. Where one of several fields is refused, nothing is changed.',
    tag: 'Models',
    params: Params,
    body: ModelChange,
    answers: { 200: { description: 'The model as it is now, and what it promises', schema: ModelWithReport } },
    handle: async ({ params, body }) => {
      const info = await changeModel(context, params.name, body)
      return { ...info, report: fitReport(info) }
    },
  })

  route(app, {
    method: 'DELETE',
    url: '/v1/models/:name',
    scope: 'manage',
    summary: 'Remove a model',
    description:
      'NAME removes all of its versions, NAME@VERSION that one, with their galleries (thumbnails and embeddings of the positives), on disk and in Redis. Work that is under way ends with it: classify and map jobs are cancelled, batches fail with MODEL_NOT_FOUND and keep the results that they have. A fit of NAME that was asked for before is cancelled when NAME is removed, and so is one whose `base` is removed; when only NAME@VERSION is removed, a fit of NAME goes on and makes the next version.',
    tag: 'Models',
    params: Params,
    answers: { 204: { description: 'Removed' } },
    handle: async ({ params, reply }) => {
      await removeModel(context, params.name)
      return reply.code(204).send()
    },
  })
}

/** The version in use of each name. */
export function servingOf(models: readonly Model[]): Model[] {
  return models.filter(({ serving }) => serving)
}
