/** One image that several models are asked about: which of them accept it? */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { hashOf } from '../../queue/blobs.ts'
import { ImageForModels } from '../../wire/classify.ts'
import { ClassifyManyJob } from '../../wire/job.ts'
import { ManyScoredImage } from '../../wire/many.ts'
import { ModelRefs } from '../../wire/names.ts'
import { answerClassify } from '../classify-answer.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { agreed, askedOfImage, imageBodyLimit, imageForm, imageQuery, imageReader } from '../image-input.ts'
import { offerModels, refsOf } from '../offer-models.ts'

export function classifyManyRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, limits } = context
  const readInput = imageReader(context)

  route(app, {
    method: 'POST',
    url: '/v1/classify',
    scope: 'classify',
    summary: 'Which of several models accept an image?',
    description:
      'The image is decoded and embedded once, then scored by each model of `models`. `labels` are those that accept it; an error of one model stands in its place. Answers as `POST /v1/models/{name}/classify` does.',
    tag: 'Classify',
    query: Type.Object({
      models: Type.Optional(ModelRefs),
      ...askedOfImage,
      ...imageQuery(limits),
    }),
    takesImage: true,
    body: ImageForModels,
    multipart: Type.Object({
      ...imageForm,
      models: Type.Optional(ModelRefs),
      ...askedOfImage,
    }),
    bodyLimit: imageBodyLimit(limits),
    answers: {
      200: { description: 'The result, with `wait`', schema: ManyScoredImage },
      202: { description: 'The job', schema: ClassifyManyJob },
    },
    handle: async ({ query, body, request, reply }) => {
      idempotencyKey(request)
      const inBody = request.isMultipart() || Buffer.isBuffer(body) ? undefined : body?.models
      agreed('models', query.models, inBody && String(inBody))
      const early = inBody ?? query.models
      // no upload for models that are not there, where they are named before it
      const offered = early === undefined ? undefined : await offerModels(context, await refsOf(context, early))
      const input = await readInput(request, body, query)
      const late = input.fields['models']
      agreed('models', query.models, late)
      const models = late === undefined ? offered : await offerModels(context, await refsOf(context, late))
      if (models === undefined)
        throw new OneclassError('INVALID_ARGUMENT', 'Expected "models": names with commas between, or "all".')
      const { alpha, decisions: decide } = input
      const used = models.map((model) =>
        'use' in model && alpha !== undefined ? { ...model, use: { ...model.use, alpha } } : model,
      )
      const print = [JSON.stringify([late ?? early, decide]), input.image, hashOf(input.blob), String(alpha)]
      return await answerClassify(context, { request, reply }, query.wait, print, (id) =>
        producer.add(
          'classify',
          id,
          { image: input.image, blob: input.blob, models: used, decide, requestId: request.id },
          callerOf(request),
        ),
      )
    },
  })
}
