/** One image: as a form, as the bare body, by URL, by path or as base64; a job, or the answer itself with `?wait`. */
import { basename } from 'node:path'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import type { Ended } from '../../queue/events.ts'
import { claim } from '../../queue/idempotency.ts'
import { lifetimes } from '../../queue/jobs.ts'
import { readBelow } from '../../service/local-files.ts'
import { ImageByReference } from '../../wire/classify.ts'
import { ClassifyJob, type Job } from '../../wire/job.ts'
import { Alpha, ModelRef } from '../../wire/names.ts'
import { ScoredImage } from '../../wire/result.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { alphaField, idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { nameOf, readForm, type Uploaded } from '../http/uploads.ts'
import { remember } from '../job-list.ts'
import { fetchImage } from '../url-fetch.ts'

export function classifyRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, events, limits, metrics } = context

  const readReference = async (
    body: ImageByReference,
    request: FastifyRequest,
  ): Promise<{ image: string; bytes: Buffer }> => {
    if ('base64' in body) {
      const bytes = Buffer.from(body.base64.replace(/^data:[^,]{0,100};base64,/, ''), 'base64')
      if (bytes.length === 0)
        throw new OneclassError('INVALID_ARGUMENT', 'Expected "base64" to hold the bytes of an image.')
      return { image: body.image ?? 'image', bytes }
    }
    if ('path' in body) {
      return { image: body.path, bytes: await readBelow(body.path, body.path, context.roots, limits.maxImageBytes) }
    }
    if (context.urls === undefined)
      throw new OneclassError(
        'URL_NOT_ALLOWED',
        'This service fetches no URLs: start it with --allow-url to allow public ones.',
      )
    const bytes = await fetchImage(body.url, {
      ...context.urls,
      maxBytes: limits.maxImageBytes,
      timeoutMs: limits.urlTimeoutMs,
      onBytes: (count) => request.held.take(count),
    })
    return { image: imageNameOf(body.url), bytes }
  }

  const readInput = async (
    request: FastifyRequest,
    body: ImageByReference | Buffer | undefined,
    name: string | undefined,
  ): Promise<Uploaded & { alpha: number | undefined }> => {
    if (request.isMultipart()) {
      const form = await readForm(request, 'image', {
        maxFiles: 1,
        maxFileBytes: limits.maxImageBytes,
        maxTotalBytes: limits.maxImageBytes,
        seconds: lifetimes.classifyInput,
      })
      return { ...form.files[0]!, alpha: alphaField(form.fields) }
    }
    if (body === undefined || body === null)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        'Expected a form with the file "image", the bytes of an image of type image/*, or JSON with "url", "path" or "base64".',
      )
    const { image, bytes } = Buffer.isBuffer(body)
      ? { image: nameOf(name, 0), bytes: body }
      : await readReference(body, request)
    if (bytes.length === 0) throw new OneclassError('INVALID_ARGUMENT', 'Expected the bytes of an image.')
    if (bytes.length > limits.maxImageBytes)
      throw new OneclassError('IMAGE_TOO_LARGE', `The image has more than the ${limits.maxImageBytes} bytes accepted.`)
    return {
      image,
      blob: await request.owned.put(bytes, lifetimes.classifyInput),
      alpha: 'alpha' in body ? body.alpha : undefined,
    }
  }

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
      alpha: Type.Optional(Alpha),
      image: Type.Optional(Type.String({ maxLength: 4096, description: 'Name of a bare image' })),
      wait: Type.Optional(
        Type.Number({ minimum: 0, maximum: limits.maxWaitSeconds, description: 'Seconds to wait for the result' }),
      ),
      explain: Type.Optional(
        Type.Boolean({ description: 'Also a `heatmap` of where the image is odd: some 65 runs of the network more' }),
      ),
    }),
    takesImage: true,
    body: ImageByReference,
    multipart: Type.Object({ image: Type.String({ format: 'binary' }), alpha: Type.Optional(Alpha) }),
    bodyLimit: Math.ceil(limits.maxImageBytes * 1.4),
    answers: {
      200: { description: 'The result, with `wait`', schema: ScoredImage },
      202: { description: 'The job', schema: ClassifyJob },
    },
    handle: async ({ params, query, body, request, reply }) => {
      const key = idempotencyKey(request)
      const offering = context.useModel(params.name, undefined)
      if (Buffer.isBuffer(body))
        offering.catch(() => {}) // awaited below: the bytes are here, both go on at once
      else await offering // no upload for a model that is not there
      const input = await readInput(request, body, query.image)
      const offered = await offering
      const alpha = input.alpha ?? query.alpha
      const use = { ...offered.use, alpha: alpha ?? offered.use.alpha }
      const claimed = await claim(producer.client, 'classify', callerOf(request), key, [
        params.name,
        input.image,
        hashOf(input.blob),
        String(alpha),
        ...(query.explain ? ['explain'] : []),
      ])
      const { id } = claimed
      const known = claimed.isReplay ? await producer.job(id) : undefined
      const read = () => producer.job(id)
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const started = performance.now()
      let view: Ended | Job | undefined
      if (known === undefined) {
        const waiting = query.wait ? events.outcome(id, query.wait * 1000, read, gone.signal) : undefined
        try {
          const data = { image: input.image, blob: input.blob, model: use, requestId: request.id }
          if (query.explain) await producer.add('explain', id, { ...data, explain: true }, callerOf(request))
          else await producer.add('classify', id, data, callerOf(request))
          request.owned.handOver()
          void remember(context, request, 'classify', id).catch(() => {}) // no answer waits for it
        } catch (error) {
          gone.abort()
          await waiting?.catch(() => {})
          throw error
        }
        view = await (waiting ?? read())
      } else {
        reply.header('idempotency-replayed', 'true')
        view = query.wait ? await events.wait(id, query.wait * 1000, read, gone.signal) : await read()
      }
      reply.header('location', `/v1/jobs/${id}`)
      if (query.wait && view?.state === 'done') {
        metrics.observeClassify((performance.now() - started) / 1000)
        return view.result
      }
      if (query.wait && view?.error) throw new OneclassError(view.error.code, view.error.message)
      return reply.code(202).send(view)
    },
  })
}

function hashOf(blob: string): string {
  return blob.split('.')[1] ?? ''
}

function imageNameOf(url: string): string {
  try {
    return (
      decodeURIComponent(basename(new URL(url).pathname))
        .replace(/\p{Cc}/gu, '')
        .slice(0, 255) || 'image'
    )
  } catch {
    return 'image'
  }
}
