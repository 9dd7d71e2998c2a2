/** The compare-methods report as a job. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { lifetimes, typeOfJob } from '../../queue/jobs.ts'
import { comparisonFolder, savedComparison, savedComparisons } from '../../service/comparisons.ts'
import { ComparisonOptions, ComparisonRequest } from '../../wire/comparison.ts'
import { CompareJob, ListLimit, listed } from '../../wire/job.ts'
import { JobId } from '../../wire/names.ts'
import { splits } from '../../wire/splits.ts'
import { acceptJob } from '../accept-job.ts'
import { type ComparisonInput, readComparedFolders } from '../comparison-folders.ts'
import type { ApiContext } from '../context.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey, listField, parseFields } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { contentPolicy } from '../http/security.ts'
import { printOf, readForm } from '../http/uploads.ts'
import { brief, listJobs } from '../job-list.ts'

const Params = Type.Object({ id: JobId })
const types = {
  'report.html': 'text/html; charset=utf-8',
  'report.json': 'application/json',
  'scores.csv': 'text/csv; charset=utf-8',
} as const
type ReportFile = keyof typeof types

export function comparisonRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, limits } = context

  const find = async (id: string) => {
    const known = typeOfJob(id) === 'compare' ? await producer.job(id) : undefined
    const view = known ?? (await savedComparison(context.home, id))
    if (view === undefined)
      throw new OneclassError('JOB_NOT_FOUND', 'There is no comparison of this id, or it is too old.')
    return view
  }

  /** Uploaded images, whose names begin with their split. */
  const readUpload = async (request: FastifyRequest): Promise<ComparisonInput> => {
    const { fields, files } = await readForm(request, 'images', {
      maxFiles: 2 * limits.maxFitImages,
      maxFileBytes: limits.maxImageBytes,
      maxTotalBytes: limits.maxRequestBytes,
      seconds: lifetimes.input,
    })
    const { methods, ...rest } = fields
    const options = parseFields(
      ComparisonOptions,
      methods === undefined ? rest : { ...rest, methods: listField(methods) },
    )
    const found = files.map(({ image, blob }) => ({ split: image.replace(/\/.*/s, ''), image, blob }))
    const wrong = found.find(({ split }) => !(splits as readonly string[]).includes(split))
    if (wrong !== undefined)
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `"${wrong.image}" is of no part: expected names that begin with ${splits.join('/, ')}/.`,
      )
    for (const part of ['trainPositive', 'testPositive'])
      if (!found.some(({ split }) => split === part))
        throw new OneclassError('FOLDER_EMPTY', `There is no image whose name begins with ${part}/.`)
    return {
      options,
      files: found,
      skipped: [],
      notes: [],
      asked: found.map(printOf),
    }
  }

  route(app, {
    method: 'POST',
    url: '/v1/comparisons',
    scope: 'manage',
    summary: 'Compare every method',
    description:
      'Takes minutes to hours. Folders below a served root, each with positive/ and negative/ (or good/ and bad/, and other names that `oneclass evaluate` takes); or a form with files `images`, whose names begin with trainPositive/, trainNegative/, testPositive/ or testNegative/.',
    tag: 'Comparisons',
    body: ComparisonRequest,
    multipart: Type.Object({
      ...ComparisonOptions.properties,
      methods: Type.Optional(Type.String({ description: 'Keys: ensemble,mahalanobis' })),
      images: Type.Array(Type.String({ format: 'binary' })),
    }),
    answers: { 202: { description: 'The job', schema: CompareJob } },
    handle: async ({ body, request, reply }) => {
      idempotencyKey(request) // a wrong one is refused before anything is read
      const sent = request.isMultipart() ? await readUpload(request) : undefined
      const asked = {
        type: 'compare',
        fingerprint: [JSON.stringify(sent?.options ?? body), ...(sent?.asked ?? [])],
        locate: (id: string) => `/v1/comparisons/${id}`,
      } as const
      return await acceptJob(context, { request, reply }, asked, async (id) => {
        const { owned } = request
        const { options, files, skipped, notes } = sent ?? (await readComparedFolders(body, owned, context))
        const data = {
          ...options,
          list: await owned.put(Buffer.from(JSON.stringify(files)), lifetimes.input),
          ...(skipped.length > 0 && { skipped }),
          ...(notes.length > 0 && { notes }),
          origin: context.origin,
          requestId: request.id,
        }
        await producer.add('compare', id, data, callerOf(request))
      })
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/comparisons',
    inTurn: true,
    scope: 'classify',
    summary: 'List the comparisons',
    description:
      'Newest first, without results: those that are under way or failed of late, and all whose report is kept.',
    tag: 'Comparisons',
    query: Type.Object({ limit: ListLimit }),
    answers: {
      200: { description: 'The jobs, newest first', schema: Type.Object({ comparisons: Type.Array(CompareJob) }) },
    },
    handle: async ({ query, request }) => {
      const { limit = listed.default } = query
      const recent = await listJobs(context, request, { type: 'compare', limit })
      const known = new Set(recent.map(({ id }) => id))
      const older = (await savedComparisons(context.home)).filter((id) => !known.has(id)).slice(0, limit)
      const saved = await Promise.all(older.map((id) => savedComparison(context.home, id)))
      const all = [...recent, ...saved.flatMap((view) => (view ? brief(view) : []))]
      return {
        comparisons: all.sort((a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? '')).slice(0, limit),
      }
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/comparisons/:id',
    scope: 'classify',
    summary: 'Read a comparison',
    tag: 'Comparisons',
    params: Params,
    answers: {
      200: { description: 'The job; its result holds the methods and where the report is', schema: CompareJob },
    },
    handle: async ({ params }) => await find(params.id),
  })

  route(app, {
    method: 'GET',
    url: '/v1/comparisons/:id/report',
    inTurn: true,
    scope: 'classify',
    summary: 'The report',
    tag: 'Comparisons',
    params: Params,
    query: Type.Object({ file: Type.Optional(Type.String({ enum: Object.keys(types) })) }),
    answers: {
      200: { description: 'One self-contained page, or its JSON or CSV', type: 'text/html', schema: Type.String() },
    },
    handle: async ({ params, query, reply }) => {
      const view = await find(params.id)
      if (view.state !== 'done')
        throw new OneclassError('CONFLICT', `The comparison is ${view.state}: its report is there when it is done.`)
      const file = (query.file ?? 'report.html') as ReportFile
      const bytes = await readFile(join(comparisonFolder(context.home, params.id), file)).catch(() => {
        throw new OneclassError('NOT_FOUND', 'The report was removed from the data directory.')
      })
      return reply.type(types[file]).header('content-security-policy', contentPolicy.report).send(bytes)
    },
  })
}
