/** Models: read, changed (alpha needs no refit), renamed, removed. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { changeModel } from '../../service/change-model.ts'
import { readDrift } from '../../service/drift-log.ts'
import { forgetDrift } from '../../service/drift-moves.ts'
import { promiseKept } from '../../service/promise-kept.ts'
import { fitReport } from '../../store/fit-facts.ts'
import { labelOf } from '../../wire/label.ts'
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
      'NAME removes all of its versions, NAME@VERSION that one, with their galleries (thumbnails and embeddings of the positives), on disk and in Redis. Jobs that are under way end with it.',
    tag: 'Models',
    params: Params,
    answers: { 204: { description: 'Removed' } },
    handle: async ({ params, reply }) => {
      const before = await registry.list()
      await registry.remove(params.name)
      await forgetModels(context, before, await registry.list())
      return reply.code(204).send()
    },
  })
}

/** What is known of models that are gone besides their files: bytes and galleries by their hash, which another model may share, and what was served. */
async function forgetModels(
  { producer: { blobs, client }, confirmed }: Pick<ApiContext, 'producer' | 'confirmed'>,
  before: readonly Model[],
  after: readonly Model[],
): Promise<void> {
  const hashes = (models: readonly Model[]) =>
    new Set(models.flatMap(({ sha256, gallery }) => [sha256, gallery ?? []].flat()))
  const left = hashes(after)
  const labels = new Set(after.map(labelOf))
  for (const model of before) if (!labels.has(labelOf(model))) await forgetDrift(client, model)
  for (const hash of hashes(before)) {
    if (left.has(hash)) continue
    await blobs.removeModel(hash)
    await confirmed.forget(hash)
  }
}

/** The version in use of each name. */
export function servingOf(models: readonly Model[]): Model[] {
  return models.filter(({ serving }) => serving)
}
