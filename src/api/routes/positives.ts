/** The positives of a version: what they look like, and which of them do not fit the others. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { thumbnailOf } from '../../store/gallery.ts'
import { labelOf } from '../../wire/label.ts'
import { Positives } from '../../wire/model.ts'
import { ModelRef } from '../../wire/names.ts'
import type { ApiContext } from '../context.ts'
import { route } from '../http/route.ts'

export function positiveRoutes(app: FastifyInstance, { registry, galleries }: ApiContext): void {
  route(app, {
    method: 'GET',
    url: '/v1/models/:name/positives',
    inTurn: true,
    scope: 'classify',
    summary: 'The positives of a model',
    description:
      'In the order in which results name them. A small p-value points out an image that the others do not speak for. Models of more than 1,000 positives hold out a part of them only.',
    tag: 'Models',
    params: Type.Object({ name: ModelRef }),
    answers: { 200: { description: 'The positives, and images that could not be used', schema: Positives } },
    handle: async ({ params }) => {
      const info = await registry.info(params.name)
      const gallery = await galleries.get(info)
      const model = labelOf(info)
      const hash = info.gallery
      if (gallery === undefined || hash === null) return { model, gallery: false, images: [], rejected: [] }
      const images = gallery.images.map((image, index) => ({
        index,
        image,
        ...gallery.judge(index, info.alpha),
        sameAs: gallery.leaders[index] === index ? null : gallery.leaders[index],
        thumbnail: thumbnailOf(gallery, index)
          ? `/v1/models/${model}/positives/${index}/thumbnail?of=${hash.slice(0, 16)}`
          : null,
      }))
      return { model, gallery: true, images, rejected: gallery.rejected }
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/models/:name/positives/:index/thumbnail',
    scope: 'classify',
    summary: 'A small picture of a positive',
    description:
      'The longest side has 160 pixels at most. With `of` (the hash in its address) it may be kept for ever.',
    tag: 'Models',
    params: Type.Object({ name: ModelRef, index: Type.Integer({ minimum: 0 }) }),
    query: Type.Object({ of: Type.Optional(Type.String({ pattern: '^[0-9a-f]{8,64}$' })) }),
    answers: {
      200: { description: 'The picture', type: 'image/webp', schema: Type.String({ format: 'binary' }) },
    },
    handle: async ({ params, query, reply }) => {
      const info = await registry.info(params.name)
      const isOther = query.of !== undefined && info.gallery?.startsWith(query.of) !== true
      const gallery = isOther ? undefined : await galleries.get(info)
      const bytes = gallery && thumbnailOf(gallery, params.index)
      if (bytes === undefined) throw new OneclassError('NOT_FOUND', 'There is no picture of this positive.')
      return reply
        .type('image/webp')
        .header('cache-control', query.of === undefined ? 'no-cache' : 'private, max-age=31536000, immutable')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
  })
}
