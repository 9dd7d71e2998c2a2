/** Does an image show a face? Asked about some photos before a fit, it tells whether the `face` backbone suits them. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { hashOf } from '../../queue/blobs.ts'
import { ImageByReference } from '../../wire/classify.ts'
import { FaceSeen } from '../../wire/faces.ts'
import { FaceJob } from '../../wire/job.ts'
import { answerClassify } from '../classify-answer.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { imageBodyLimit, imageForm, imageQuery, imageReader } from '../image-input.ts'

export function faceRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, limits } = context
  const readInput = imageReader(context)

  route(app, {
    method: 'POST',
    url: '/v1/faces',
    scope: 'classify',
    summary: 'Does an image show a face?',
    description:
      'Asked about some photos before a fit: where most show one face, the backbone `face` suits a model of that person. Answers as `POST /v1/models/{name}/classify` does; BACKBONE_NOT_FOUND where the service has no face network.',
    tag: 'Classify',
    query: Type.Object({
      ...imageQuery(limits),
    }),
    takesImage: true,
    body: ImageByReference,
    multipart: Type.Object(imageForm),
    bodyLimit: imageBodyLimit(limits),
    answers: {
      200: { description: 'The result, with `wait`', schema: FaceSeen },
      202: { description: 'The job', schema: FaceJob },
    },
    handle: async ({ query, body, request, reply }) => {
      idempotencyKey(request)
      const face = (await context.backbones()).find(({ kind }) => kind === 'face')
      if (!face?.ready)
        throw new OneclassError(
          'BACKBONE_NOT_FOUND',
          'This service has no face network: run "npm install @vladmandic/face-api" and start it again.',
        )
      const { image, blob } = await readInput(request, body, query)
      return await answerClassify(context, { request, reply }, query.wait, ['face', image, hashOf(blob)], (id) =>
        producer.add('classify', id, { image, blob, find: 'face', requestId: request.id }, callerOf(request)),
      )
    },
  })
}
