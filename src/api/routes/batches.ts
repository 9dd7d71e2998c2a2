/** Batches: a folder or an upload of many, results streamed as they come. */
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import { readThumbnail } from '../../queue/batch-extras.ts'
import type { BatchRecord } from '../../queue/batches.ts'
import { chunksOf } from '../../queue/chunks.ts'
import { viewOfBatch } from '../../queue/job-view.ts'
import { decideLines, decisionsOf } from '../../service/decide-lines.ts'
import { createTurns } from '../../system/turns.ts'
import { BatchFromFolder, BatchOptions } from '../../wire/batch.ts'
import { Decisions } from '../../wire/decisions.ts'
import { BatchJob, ListLimit, ListState } from '../../wire/job.ts'
import { isFinished } from '../../wire/job-state.ts'
import { JobId, ModelRef } from '../../wire/names.ts'
import { csvLine, csvStartFor, decisionColumns } from '../../wire/result-csv.ts'
import { acceptJob } from '../accept-job.ts'
import { readBatchInput } from '../batch-input.ts'
import type { ApiContext } from '../context.ts'
import { findBatch } from '../find-batch.ts'
import { callerOf } from '../http/access.ts'
import { idempotencyKey } from '../http/fields.ts'
import { route } from '../http/route.ts'
import { printOf } from '../http/uploads.ts'
import { listJobs } from '../job-list.ts'
import { offerAlso } from '../offer-models.ts'

/** Of a chunk in the middle of a batch: long enough to be worth a job, short enough to be lost with a worker. */
const chunkSize = 16

export function batchRoutes(app: FastifyInstance, context: ApiContext): void {
  const { producer, events, feeder, streams } = context
  const { batches, blobs } = producer
  const turns = createTurns()

  /** Hundreds of long lists that one caller reads at once hold up nobody else. */
  const inTurn = async <T>(caller: string, work: () => Promise<T>): Promise<T> => {
    const turn = turns.take(caller)
    await turn.begun
    return await work().finally(turn.end)
  }

  const find = (id: string) => findBatch(producer, id)

  route(app, {
    method: 'POST',
    url: '/v1/models/:name/batches',
    scope: 'classify',
    summary: 'Score many images',
    description:
      'A form with files `images`, or JSON with a folder below a served root, which may be `s3://bucket/prefix`. Of a large one, names are read while the work goes on, and `progress.total` grows. Each image gets exactly one result, an error being one too. With `fdr` the results carry `flagged`: they then come when the batch is finished, since every p-value counts.',
    tag: 'Batches',
    params: Type.Object({ name: ModelRef }),
    body: BatchFromFolder,
    multipart: Type.Object({ images: Type.Array(Type.String({ format: 'binary' })), ...BatchOptions.properties }),
    answers: { 202: { description: 'The batch, as a job', schema: BatchJob } },
    handle: async ({ params, body, request, reply }) => {
      idempotencyKey(request) // a wrong one is refused before anything is read
      await context.registry.info(params.name)
      const input = await readBatchInput(request, body, context)
      const { images, isOpen, uploads, folder, alpha, decisions, also, keep, results } = input
      const { info, use } = await context.useModel(params.name, alpha)
      const others = also === undefined ? [] : await offerAlso(context, also, use.label, alpha)
      const asked = {
        type: 'batch',
        fingerprint: [
          params.name,
          folder ?? '',
          String(alpha),
          JSON.stringify([keep, decisions, ...(also ? [also] : []), ...(results ? [results] : [])]),
          ...uploads.map(printOf),
        ],
        locate: (id: string) => `/v1/batches/${id}`,
      } as const
      return await acceptJob(context, { request, reply }, asked, async (id) => {
        const record = {
          id,
          isOpen,
          ...(isOpen && { isStreamed: true }),
          model: use,
          ...(also !== undefined && { also: others }),
          chunkSize,
          folder,
          ...input.dropped,
          keep,
          ...(results !== undefined && { results }),
          decide: { ...decisions, calibrationScores: info.calibrationScores },
          origin: context.origin,
          owner: callerOf(request),
          createdAt: new Date().toISOString(),
        }
        await batches.create(record, images)
        try {
          for (const { first, end } of chunksOf(uploads.length, chunkSize)) {
            const some = uploads.slice(first, end).map(({ image, blob }, i) => ({ index: first + i, image, blob }))
            await producer.addChunk({ ...record, total: images.length }, first, some)
          }
        } catch (error) {
          // as if it had never been: the same request again is then a new one. Its bytes go with the request
          await producer
            .cancel(id)
            .then(() => batches.remove(record))
            .catch(() => {})
          throw error
        }
        feeder.feed(id)
      })
    },
  })

  route(app, {
    method: 'GET',
    url: '/v1/batches',
    inTurn: true,
    scope: 'classify',
    summary: 'List batches',
    description: 'Newest first. A key that may classify only sees its own.',
    tag: 'Batches',
    query: Type.Object({ state: ListState, limit: ListLimit }),
    answers: {
      200: { description: 'The batches as jobs, newest first', schema: Type.Object({ batches: Type.Array(BatchJob) }) },
    },
    handle: async ({ query, request }) => ({ batches: await listJobs(context, request, { ...query, type: 'batch' }) }),
  })

  route(app, {
    method: 'GET',
    url: '/v1/batches/:id',
    scope: 'classify',
    summary: 'Read a batch',
    tag: 'Batches',
    params: Type.Object({ id: JobId }),
    answers: { 200: { description: 'The batch, as a job', schema: BatchJob } },
    handle: async ({ params }) => viewOfBatch(await find(params.id)),
  })

  route(app, {
    method: 'GET',
    url: '/v1/batches/:id/images/:index',
    scope: 'classify',
    summary: 'A small picture of an image of a batch',
    description:
      'Of batches with `thumbnails: true`, once the image is scored; the longest side has 160 pixels at most. NOT_FOUND before that, for an image that cannot be read, beyond the first 20,000, and where Redis had no room.',
    tag: 'Batches',
    params: Type.Object({ id: JobId, index: Type.Integer({ minimum: 0 }) }),
    answers: {
      200: { description: 'The picture', type: 'image/webp', schema: Type.String({ format: 'binary' }) },
    },
    handle: async ({ params, reply }) => {
      const bytes = await readThumbnail(blobs, params.id, params.index)
      if (bytes === undefined) throw new OneclassError('NOT_FOUND', 'There is no picture of this image.')
      return reply.type('image/webp').header('cache-control', 'private, max-age=86400, immutable').send(bytes)
    },
  })

  /** What a finished batch had and no longer has will not come: said, so that nobody waits for it. @throws JOB_EXPIRED */
  const assertWhole = async ({ id, state, done }: BatchRecord): Promise<void> => {
    if (!isFinished(state) || done === 0 || (await batches.lines(id, done - 1, 1)).length > 0) return
    throw new OneclassError(
      'JOB_EXPIRED',
      `Some of the ${done} results of this batch are lost: send its images again, or read what is left with "?follow=false".`,
    )
  }

  /** @throws when its signal is aborted, or the batch or a part of it goes: a part of the lines never looks like all of them */
  async function* resultLines(
    batch: BatchRecord,
    from: number,
    follow: boolean,
    { caller, signal }: { readonly caller: string; readonly signal: AbortSignal },
  ): AsyncGenerator<string> {
    let sent = from
    let changed: Promise<void> | undefined
    for (;;) {
      changed ??= events.next(batch.id, signal) // of many pages one listener
      const now = await find(batch.id)
      // never more than it has images, however long its list of results says to be
      const most = Math.max(0, Math.min(500, now.total - sent))
      const lines = most === 0 ? [] : await inTurn(caller, () => batches.lines(batch.id, sent, most))
      for (const line of lines) yield line
      sent += lines.length
      signal.throwIfAborted()
      if (lines.length === 500) continue
      if (follow) await assertWhole(now)
      if (!follow || isFinished(now.state)) return
      await changed
      changed = undefined
    }
  }

  route(app, {
    method: 'GET',
    url: '/v1/batches/:id/results',
    scope: 'classify',
    summary: 'Results of a batch, as they come',
    description:
      'One line an image, in the order in which they were scored, until the batch is finished (or `follow=false`). `from` skips lines that are there already. `fdr` and `abstain` decide otherwise than the batch was asked to; with `fdr` the lines come at the end.',
    tag: 'Batches',
    params: Type.Object({ id: JobId }),
    query: Type.Object({
      format: Type.Optional(Type.String({ enum: ['jsonl', 'csv'] })),
      from: Type.Optional(Type.Integer({ minimum: 0 })),
      follow: Type.Optional(Type.Boolean()),
      ...Decisions.properties,
    }),
    answers: {
      200: { description: 'Lines of JSON, or CSV with a header', type: 'application/x-ndjson', schema: Type.String() },
    },
    handle: async ({ params, query, request, reply }) => {
      const batch = await find(params.id)
      const caller = callerOf(request)
      const isCsv = query.format === 'csv'
      const decisions = { ...batch.decide, ...decisionsOf(query) }
      const { follow = true } = query
      if (follow) await assertWhole(batch) // before anything is sent
      const hasLabels = batch.also !== undefined
      return streams.send(
        reply,
        isCsv ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
        async function* (signal) {
          // of names that are still to come nothing is known
          if (isCsv) yield csvStartFor(batch.isAscii && !batch.isOpen, decisionColumns(decisions, hasLabels))
          const read = (from: number, waits: boolean) => resultLines(batch, from, waits, { caller, signal })
          for await (const line of decideLines(read, query.from ?? 0, follow, decisions))
            yield isCsv ? csvLine(line, decisions, hasLabels) : `${line}\n`
        },
      )
    },
  })
}
