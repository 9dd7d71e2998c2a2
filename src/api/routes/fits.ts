/** Models are made by fit jobs. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type JobData, lifetimes } from '../../queue/jobs.ts'
import { askedOfBase } from '../../store/fit-facts.ts'
import { FitFields, FitFromFolder } from '../../wire/fit.ts'
import { FitJob } from '../../wire/job.ts'
import { acceptJob } from '../accept-job.ts'
import type { ApiContext } from '../context.ts'
import { excludedOf, readBase, readFitInput } from '../fit-input.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { printOf } from '../http/uploads.ts'

export function fitRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer } = context

  route(app, {
    method: 'POST',
    url: '/v1/models',
    scope: 'manage',
    summary: 'Fit a model on images of one thing',
    description:
      "A form with the fields and files `images`, or JSON with a folder below a served root. The job's result holds the model; fitting a name again makes its next version. With `base` the images are added to the positives of an earlier version, whose files are not needed again; with `batch` and `images` they are taken from a batch of a folder. `negatives` are images that do not belong, where there are some: the model then has one more member; its promise about positives is the same.",
    tag: 'Models',
    body: FitFromFolder,
    bodyLimit: 256 * 1024,
    multipart: Type.Object({
      ...FitFields.properties,
      exclude: Type.Optional(
        Type.String({ description: 'Images to leave out: names or, of `base`, indices (3,17,a.jpg); or `misfits`' }),
      ),
      range: Type.Optional(
        Type.String({
          description: 'LOW,HIGH, such as 0,4095: black and white beyond 8 bits; else read from the images',
        }),
      ),
      negatives: Type.Optional(
        Type.Array(Type.String({ format: 'binary' }), { description: 'Images that do not belong, if there are any' }),
      ),
      images: Type.Optional(Type.Array(Type.String({ format: 'binary' }))),
    }),
    answers: { 202: { description: 'The fit job', schema: FitJob } },
    handle: async ({ body, request, reply }) => {
      idempotencyKey(request) // a wrong one is refused before anything is read
      const input = await readFitInput(request, body, context)
      const { fields, files, negatives, skipped, failed, source } = input
      const contents = [...files.map(printOf), ...negatives.map((one) => `not ${printOf(one)}`)]
      const asked = { type: 'fit', fingerprint: [JSON.stringify(fields), source, ...contents] } as const
      return await acceptJob(context, { request, reply }, asked, async (id) => {
        const found = await readBase(input, context)
        const { base: _base, exclude: _exclude, ...rest } = fields
        const { images: exclude } = excludedOf(fields)
        const all = [...files, ...negatives.map((one) => ({ ...one, isNegative: true })), ...failed]
        const list = await request.owned.put(Buffer.from(JSON.stringify(all)), lifetimes.input)
        const data: JobData['fit'] = {
          ...(found && { ...askedOfBase(found.info, fields), seed: found.info.seed, base: found.base }),
          ...rest,
          ...(exclude.length > 0 && { exclude }),
          ...(skipped.length > 0 && { skipped }),
          list,
          origin: context.origin,
          requestId: request.id,
        }
        await producer.add('fit', id, data, callerOf(request))
      })
    },
  })
}
