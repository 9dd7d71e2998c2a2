/** Models: made by fit jobs, read, changed (alpha needs no refit), removed. */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { updateDrift } from '../../queue/drift-log.ts'
import { claim } from '../../queue/idempotency.ts'
import { type JobData, lifetimes } from '../../queue/jobs.ts'
import { listFolder, readBelow, resolveBelow } from '../../queue/local-files.ts'
import type { ModelInfo } from '../../store/registry.ts'
import { callerOf } from '../access.ts'
import type { ApiContext } from '../context.ts'
import { idempotencyKey, parseFields } from '../fields.ts'
import { route } from '../route.ts'
import { Alpha, FitFields, FitFromFolder, Job, Model, ModelRef, ModelWithDrift } from '../schemas.ts'
import { readForm, type Uploaded } from '../uploads.ts'

const Params = Type.Object({ name: ModelRef })

export function modelRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, limits, registry, metrics } = context
  const { blobs } = producer

  const storeFolder = async (folder: string): Promise<Uploaded[]> => {
    const real = await resolveBelow(folder, context.roots, 'FOLDER_NOT_FOUND')
    const root =
      context.roots.find((candidate) => real === candidate || real.startsWith(`${candidate}/`)) ??
      (await realpath(real))
    const files: Uploaded[] = []
    let total = 0
    try {
      for (const image of await listFolder(real, root, limits.maxFitImages)) {
        const bytes = await readBelow(join(real, image), image, context.roots, limits.maxImageBytes).catch(
          (error: unknown) => {
            // one file too large or unreadable is the worker's to report, as every other bad image
            if (error instanceof OneclassError && error.code.startsWith('IMAGE_')) return Buffer.from('unreadable')
            throw error
          },
        )
        total += bytes.length
        if (total > limits.maxRequestBytes)
          throw new OneclassError(
            'BODY_TOO_LARGE',
            `The images have more than the ${limits.maxRequestBytes} bytes accepted at once.`,
          )
        files.push({ image, blob: await blobs.put(bytes, lifetimes.input) })
      }
      return files
    } catch (error) {
      await blobs.remove(files.map(({ blob }) => blob)).catch(() => {})
      throw error
    }
  }

  const readInput = async (
    request: FastifyRequest,
    body: Static<typeof FitFromFolder> | undefined,
  ): Promise<{ fields: FitFields; files: readonly Uploaded[]; source: string }> => {
    if (request.isMultipart()) {
      const form = await readForm(request, 'images', blobs, {
        maxFiles: limits.maxFitImages,
        maxFileBytes: limits.maxImageBytes,
        maxTotalBytes: limits.maxRequestBytes,
        seconds: lifetimes.input,
      })
      try {
        return { fields: parseFields(FitFields, form.fields), files: form.files, source: 'upload' }
      } catch (error) {
        await blobs.remove(form.files.map(({ blob }) => blob))
        throw error
      }
    }
    if (body === undefined || body === null)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        'Expected a form with "name" and files "images", or JSON with "name" and "folder".',
      )
    const { folder, ...fields } = body
    return { fields, files: await storeFolder(folder), source: folder }
  }

  route(app, {
    method: 'POST',
    url: '/v1/models',
    scope: 'manage',
    summary: 'Fit a model on images of one thing',
    description:
      "A form with the fields and files `images`, or JSON with a folder below a served root. The job's result holds the model; fitting a name again makes its next version.",
    tag: 'Models',
    body: FitFromFolder,
    multipart: Type.Object({ ...FitFields.properties, images: Type.Array(Type.String({ format: 'binary' })) }),
    answers: { 202: { description: 'The fit job', schema: Job } },
    handle: async ({ body, request, reply }) => {
      const key = idempotencyKey(request)
      const { fields, files, source } = await readInput(request, body)
      if (/\.(onnx|json)$/i.test(fields.backbone ?? '')) {
        throw new OneclassError('BACKBONE_NOT_FOUND', 'Over HTTP a backbone is named by its id, not by a file.')
      }
      const contents = files.map(({ image, blob }) => `${image} ${blob.split('.')[1]}`)
      const { id, isReplay } = await claim(producer.client, 'fit', callerOf(request), key, [
        JSON.stringify(fields),
        source,
        ...contents,
      ])
      reply.code(202).header('location', `/v1/jobs/${id}`)
      const known = isReplay ? await producer.job(id) : undefined
      if (known !== undefined) {
        reply.header('idempotency-replayed', 'true')
        await blobs.remove(files.map(({ blob }) => blob))
        return known
      }
      const list = await blobs.put(Buffer.from(JSON.stringify(files)), lifetimes.input)
      const data: JobData['fit'] = { ...fields, list, origin: context.origin, requestId: request.id }
      await producer.add('fit', id, data)
      return await producer.job(id)
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/models',
    scope: 'classify',
    summary: 'List the models',
    tag: 'Models',
    answers: { 200: { description: 'The newest version of each', schema: Type.Object({ models: Type.Array(Model) }) } },
    handle: async () => ({ models: await registry.list() }),
  })

  route(app, {
    method: 'GET',
    url: '/v1/models/:name',
    scope: 'classify',
    summary: 'Read a model',
    tag: 'Models',
    params: Params,
    answers: { 200: { description: 'The model and its drift monitor', schema: ModelWithDrift } },
    handle: async ({ params }) => {
      const info = await registry.info(params.name)
      const drift = await updateDrift(producer.client, info, (served) => metrics.observeServed(labelOf(info), served))
      metrics.setDrift(labelOf(info), drift)
      return { ...info, drift }
    },
  })

  route(app, {
    method: 'PATCH',
    url: '/v1/models/:name',
    scope: 'manage',
    summary: 'Change alpha',
    description: 'Counts for every job that is sent from now on; nothing is fitted again.',
    tag: 'Models',
    params: Params,
    body: Type.Object({ alpha: Alpha }, { additionalProperties: false }),
    answers: { 200: { description: 'The model as it is now', schema: Model } },
    handle: async ({ params, body }) => await registry.setAlpha(params.name, body.alpha),
  })

  route(app, {
    method: 'DELETE',
    url: '/v1/models/:name',
    scope: 'manage',
    summary: 'Remove a model',
    description: 'NAME removes all of its versions, NAME@VERSION that one. Jobs that are under way end with it.',
    tag: 'Models',
    params: Params,
    answers: { 204: { description: 'Removed' } },
    handle: async ({ params, reply }) => {
      await registry.remove(params.name)
      return reply.code(204).send()
    },
  })
}

export function labelOf(info: Pick<ModelInfo, 'name' | 'version'>): string {
  return `${info.name}@${info.version}`
}
