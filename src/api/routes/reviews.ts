/** What people say of the images of a batch, shared by all who look at it; and the whole images, to judge by. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { noteReviewed } from '../../service/promise-kept.ts'
import { openReviewStore } from '../../store/reviews.ts'
import { JobId } from '../../wire/names.ts'
import { ReviewChange, Reviews } from '../../wire/review.ts'
import type { ApiContext } from '../context.ts'
import { findBatch } from '../find-batch.ts'
import { route } from '../http/route.ts'

export function reviewRoutes(app: FastifyInstance, context: ApiContext): void {
  const { batches } = context.producer
  const { confirmed, log } = context
  const store = openReviewStore(context.home)

  const find = (id: string) => findBatch(context.producer, id)

  route(app, {
    method: 'GET',
    url: '/v1/batches/:id/reviews',
    inTurn: true,
    scope: 'classify',
    summary: 'What people said of the images of a batch',
    tag: 'Batches',
    params: Type.Object({ id: JobId }),
    query: Type.Object({
      since: Type.Optional(Type.Integer({ minimum: 0, description: 'A `revision`: only what was said after it' })),
    }),
    answers: { 200: { description: 'The latest word about each image', schema: Reviews } },
    handle: async ({ params, query }) => await store.read((await find(params.id)).id, query.since),
  })

  route(app, {
    method: 'POST',
    url: '/v1/batches/:id/reviews',
    inTurn: true,
    scope: 'classify',
    summary: 'Say whether images belong',
    description:
      'Kept in the data directory with who and when. A `label` of null takes back what was said. Of a caller with a key its name is kept, whatever `by` says.',
    tag: 'Batches',
    params: Type.Object({ id: JobId }),
    body: ReviewChange,
    answers: { 200: { description: 'What is now kept of these images', schema: Reviews } },
    handle: async ({ params, body, request }) => {
      const batch = await find(params.id)
      const wrong = body.reviews.find(({ index }) => index >= batch.total)
      if (wrong !== undefined)
        throw new OneclassError(
          'INVALID_ARGUMENT',
          `"reviews" names image ${wrong.index}, but the batch has the images 0 to ${batch.total - 1}.`,
        )
      const said = await store.add(batch, body.reviews, request.key?.name ?? body.by?.trim() ?? '')
      // what was said is kept, whatever becomes of the conclusions
      await noteReviewed({ batches, reviews: store, confirmed }, batch.id).catch((error: unknown) =>
        log('warn', 'review not counted', { batch: batch.id, message: String(error) }),
      )
      return said
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/batches/:id/images/:index/full',
    scope: 'classify',
    summary: 'An image of a batch as it is',
    description:
      'Of batches of a folder, in formats that browsers show; UNSUPPORTED_MEDIA_TYPE for others, NOT_FOUND for batches of uploads, which are not kept.',
    tag: 'Batches',
    params: Type.Object({ id: JobId, index: Type.Integer({ minimum: 0 }) }),
    answers: { 200: { description: 'The image', type: 'image/*', schema: Type.String({ format: 'binary' }) } },
    handle: async ({ params, request, reply }) => {
      const batch = await find(params.id)
      const [name] = await batches.namesAt(batch.id, [params.index])
      if (batch.folder === null || name === undefined)
        throw new OneclassError('NOT_FOUND', 'This image is not kept by the service.')
      const bytes = await context.places.read(batch.folder, name)
      request.held.take(bytes.length) // until it is sent: nobody holds many that he does not read
      const type = shownType(bytes)
      if (type === undefined)
        throw new OneclassError('UNSUPPORTED_MEDIA_TYPE', 'Browsers do not show images of this format.')
      return reply.type(type).header('cache-control', 'private, max-age=3600').send(bytes)
    },
  })
}

/** By the first bytes, whatever the name says: what a browser shows, and nothing that it could run. */
function shownType(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 12)
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'image/webp'
  if (/^GIF8[79]a/.test(head)) return 'image/gif'
  if (/ftypavi[fs]$/.test(head)) return 'image/avif'
  if (head.startsWith('BM')) return 'image/bmp'
  return undefined
}
