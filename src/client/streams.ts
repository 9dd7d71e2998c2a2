/** Answers that come piece by piece: results of a batch as JSON lines, jobs as server-sent events. */
import type { BatchLine } from '../wire/batch.ts'
import type { Decisions } from '../wire/decisions.ts'
import type { Job } from '../wire/job.ts'
import { isFinished } from '../wire/job-state.ts'
import { ClientError, type Http, pause, piecesOf, queryOf } from './http.ts'

const part = encodeURIComponent
/** Milliseconds before results that are missing are asked for again. */
const [shortestWait, longestWait] = [500, 8000]
/** What the service, or a proxy before it, answers while it is busy or starts again. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504])

export function createStreams(call: Http['call'], job: (id: string) => Promise<Job>) {
  /** Over one connection: throws when it breaks. */
  async function* lines(
    batch: string,
    { from = 0, signal, fdr, abstain }: Decisions & { from?: number; signal?: AbortSignal } = {},
  ) {
    const response = await call(
      `/v1/batches/${part(batch)}/results${queryOf({ from, fdr, abstain })}`,
      {},
      signal ? { signal } : {},
    )
    for await (const line of piecesOf(response, '\n')) yield JSON.parse(line) as BatchLine
  }

  /** A broken connection is taken up again where it broke; while nothing new comes, less and less often. */
  async function* stream(batch: string, decisions: Decisions = {}): AsyncGenerator<BatchLine> {
    const goesOn = (error: unknown) => {
      if (error instanceof ClientError && !passing.has(error.status)) throw error
    }
    let wait = shortestWait
    for (let received = 0; ; ) {
      try {
        for await (const line of lines(batch, { ...decisions, from: received })) {
          received++
          wait = shortestWait
          yield line
        }
      } catch (error) {
        goesOn(error)
      }
      const found = await job(batch).catch(goesOn)
      if (found && isFinished(found.state) && received >= found.progress.done) return
      await pause(wait)
      wait = Math.min(wait * 2, longestWait)
    }
  }

  async function* jobsAt<J extends Job>(path: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<J> {
    for await (const event of piecesOf(await call(path, {}, options), '\n\n')) {
      const data = event.split('\n').flatMap((line) => (line.startsWith('data: ') ? line.slice(6) : []))
      if (data.length > 0) yield JSON.parse(data.join('\n')) as J
    }
  }

  return { lines, stream, jobsAt }
}
