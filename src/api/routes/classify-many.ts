/** One image that several models are asked about: which of them accept it? */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError, toOneclassError } from '../../errors.ts'
import type { ClassifyMany } from '../../queue/jobs.ts'
import { expandRefs } from '../../store/model-refs.ts'
import { ImageForModels } from '../../wire/classify.ts'
import { ClassifyManyJob } from '../../wire/job.ts'
import { ManyScoredImage } from '../../wire/many.ts'
import { ModelRefs } from '../../wire/names.ts'
import { answerClassify } from '../classify-answer.ts'
import type { ApiContext } from '../context.ts'
import { decisionsOf } from '../decide-lines.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey, listField } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { askedOfImage, hashOf, imageBodyLimit, imageForm, imageQuery, imageReader } from '../image-input.ts'

export function classifyManyRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, registry, limits } = context
  const readInput = imageReader(context)

  /** Each model where workers find it, or why it cannot be asked. @throws its error when no model can */
  const offer = async (refs: readonly string[]): Promise<ClassifyMany['models']> => {
    const models: ClassifyMany['models'] = []
    // one after the other: the bytes of a model pass through memory when workers do not have it yet
    for (const ref of refs) {
      try {
        models.push({ ref, use: (await context.useModel(ref, undefined)).use })
      } catch (thrown) {
        const error = toOneclassError(thrown)
        if (!isOfTheModel(error)) throw thrown
        models.push({ ref, error: error.toJSON() })
      }
    }
    const [first] = models
    if (first && 'error' in first && models.every((model) => 'error' in model))
      throw new OneclassError(first.error.code, first.error.message)
    return models
  }

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
      const early = inBody ?? query.models
      // no upload for models that are not there, where they are named before it
      const offered = early === undefined ? undefined : await offer(await refsOf(early))
      const input = await readInput(request, body, query.image)
      const late = input.fields['models']
      const asked = late ?? early
      if (asked === undefined)
        throw new OneclassError('INVALID_ARGUMENT', 'Expected "models": names with commas between, or "all".')
      const models = late === undefined ? offered! : await offer(await refsOf(late))
      const alpha = input.alpha ?? query.alpha
      const used = models.map((model) =>
        'use' in model && alpha !== undefined ? { ...model, use: { ...model.use, alpha } } : model,
      )
      const decide = { ...decisionsOf(query), ...input.decisions }
      const print = [JSON.stringify([asked, decide]), input.image, hashOf(input.blob), String(alpha)]
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

  async function refsOf(asked: string | readonly string[]): Promise<readonly string[]> {
    if (typeof asked !== 'string') return await expandRefs(registry, asked)
    if (!Value.Check(ModelRefs, asked))
      throw new OneclassError('INVALID_ARGUMENT', 'Expected "models" to be names with commas between, or "all".')
    return await expandRefs(registry, listField(asked))
  }
}

/** Told in the place of a model; anything else is a fault of the way. */
function isOfTheModel({ code }: OneclassError): boolean {
  return code.startsWith('MODEL_')
}
