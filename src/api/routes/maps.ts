/** The map: where are these images among the positives? */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { MapJob } from '../../wire/job.ts'
import { MapRequest } from '../../wire/map.ts'
import { ModelRef } from '../../wire/names.ts'
import { acceptJob } from '../accept-job.ts'
import type { ApiContext } from '../context.ts'
import { findBatch } from '../find-batch.ts'
import { callerOf } from '../http/access.ts'
import { route } from '../http/route.ts'

export function mapRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, registry } = context

  /** @throws JOB_NOT_FOUND, CONFLICT, MODEL_INCOMPATIBLE */
  const checkBatch = async (id: string, backboneHash: string): Promise<void> => {
    const batch = await findBatch(producer, id)
    if (!batch.keep?.map)
      throw new OneclassError('CONFLICT', 'Nothing is kept of this batch for a map: score it again with "map": true.')
    const scoredBy = (await registry.list()).find(({ sha256 }) => sha256 === batch.model.sha256)
    if (scoredBy && scoredBy.backbone?.hash !== backboneHash)
      throw new OneclassError('MODEL_INCOMPATIBLE', 'The batch was scored by a model with another backbone.')
  }

  route(app, {
    method: 'POST',
    url: '/v1/models/:name/maps',
    scope: 'classify',
    summary: 'Draw a map of embeddings',
    description:
      'The positives and, with `batch`, the images of a batch that was made with `map: true`, in two dimensions: by PCA and by UMAP (null below 5 images). The result of the job is `{points: [{kind: "positive"|"batch", index, image, isPositive?, pca: [x, y], umap: [x, y] | null}], omitted: {positives, batch}}`: at most 600 positives and 1,000 images of the batch, evenly taken. An image without an embedding has no point.',
    tag: 'Maps',
    params: Type.Object({ name: ModelRef }),
    body: MapRequest,
    answers: { 202: { description: 'The job', schema: MapJob } },
    handle: async ({ params, body, request, reply }) => {
      const { backbone, use } = await context.useModel(params.name, undefined)
      if (body.batch !== undefined) await checkBatch(body.batch, backbone.hash)
      const asked = { type: 'map', fingerprint: [use.sha256, body.batch ?? ''] } as const
      return await acceptJob(context, { request, reply }, asked, async (id) => {
        const data = { model: use, ...(body.batch && { batch: body.batch }), requestId: request.id }
        await producer.add('map', id, data, callerOf(request))
      })
    },
  })
}
