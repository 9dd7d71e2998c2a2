/** One image: as a form, as the bare body, by URL, by path or as base64; a job, or the answer itself with `?wait`. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { hashOf } from '../../queue/blobs.ts'
import { ImageByReference } from '../../wire/classify.ts'
import { ClassifyJob } from '../../wire/job.ts'
import { ModelRef } from '../../wire/names.ts'
import { ScoredImage } from '../../wire/result.ts'
import { answerClassify } from '../classify-answer.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { askedOfImage, imageBodyLimit, imageForm, imageQuery, imageReader } from '../image-input.ts'

export function classifyRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, limits } = context
  const readInput = imageReader(context)

  route(app, {
    method: 'POST',
    url: '/v1/models/:name/classify',
    scope: 'classify',
    summary: 'Does an image belong?',
    description:
      'Answers 202 with a job. With `?wait=SECONDS` it answers 200 with the result if that is there by then. An `Idempotency-Key` header makes a repeated request the same job.',
    tag: 'Classify',
    params: Type.Object({ name: ModelRef }),
    query: Type.Object({
      ...askedOfImage,
      ...imageQuery(limits),
      drift: Type.Optional(
        Type.Boolean({
          description:
            'False: the image does not count in the drift monitor, such as one of many frames of a camera that show the same thing',
        }),
      ),
      explain: Type.Optional(
        Type.Boolean({
          description: 'Also a `heatmap` of where the image is unusual, by a model that looks at places (`detail`)',
        }),
      ),
    }),
    takesImage: true,
    body: ImageByReference,
    multipart: Type.Object({
      ...imageForm,
      ...askedOfImage,
    }),
    bodyLimit: imageBodyLimit(limits),
    answers: {
      200: { description: 'The result, with `wait`', schema: ScoredImage },
      202: { description: 'The job', schema: ClassifyJob },
    },
    handle: async ({ params, query, body, request, reply }) => {
      idempotencyKey(request) // a wrong one is refused before anything is read
      const offering = context.useModel(params.name, undefined)
      if (Buffer.isBuffer(body))
        offering.catch(() => {}) // awaited below: the bytes are here, both go on at once
      else await offering // no upload for a model that is not there
      const input = await readInput(request, body, query)
      const offered = await offering
      const { alpha } = input
      const use = { ...offered.use, alpha: alpha ?? offered.use.alpha }
      const { decisions: decide } = input
      const print = [
        params.name,
        input.image,
        hashOf(input.blob),
        String(alpha),
        JSON.stringify(decide),
        ...(query.explain ? ['explain'] : []),
        ...(query.drift === false ? ['unwatched'] : []),
      ]
      return await answerClassify(context, { request, reply }, query.wait, print, async (id) => {
        const { image, blob } = input
        const unwatched = query.drift === false && { drift: false }
        const data = {
          image,
          blob,
          model: use,
          decide,
          requestId: request.id,
          ...unwatched,
          ...(query.explain && { explain: true }),
        }
        await producer.add('classify', id, data, callerOf(request))
      })
    },
  })
}
