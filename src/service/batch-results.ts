/**
 * Results of a batch, written to a prefix of a bucket when it has ended: files of 5,000 lines in the order in which images were scored, and
 * last `batch.json`, which says that they are complete. The lines of a batch that has ended do not change, so writing again after a restart
 * writes the same.
 */
import { OneclassError } from '../errors.ts'
import type { BatchRecord, BatchStore } from '../queue/batches.ts'
import { viewOfBatch } from '../queue/job-view.ts'
import { isBelowS3, isS3, parseS3, type S3Address, writeS3 } from '../system/s3/address.ts'
import type { S3Client } from '../system/s3/client.ts'
import { decideLines } from './decide-lines.ts'

export interface BatchResults {
  /** A place as it is kept: `s3://bucket/prefix/`. @throws PATH_NOT_ALLOWED, INVALID_ARGUMENT */
  resolve(place: string): string
  /** Nothing for a batch without a place. @throws as `S3Client.put`, and PATH_NOT_ALLOWED where the service may no longer write there */
  write(batch: BatchRecord, signal: AbortSignal): Promise<void>
}

export const linesOfFile = 5000
/** Lines that are read from Redis at once. */
const linesAtOnce = 500

/** @param outputs prefixes that may be written below; @param s3 with at least one of them */
export function openBatchResults(
  batches: Pick<BatchStore, 'lines'>,
  { outputs, s3 }: { readonly outputs: readonly S3Address[]; readonly s3?: S3Client | undefined },
): BatchResults {
  const openAt = (place: string): { client: S3Client; address: S3Address } => {
    const address = isS3(place) ? parseS3(place) : undefined
    if (address && s3 && outputs.some((output) => isBelowS3(address, output))) return { client: s3, address }
    throw new OneclassError(
      'PATH_NOT_ALLOWED',
      outputs.length === 0
        ? 'This service writes no results: start it with --results s3://bucket/prefix to allow what is below that.'
        : `"${place}" is not below a prefix that this service writes results to.`,
    )
  }

  async function* linesOf({ id, total }: BatchRecord, from: number): AsyncGenerator<string> {
    for (let at = from; at < total; at += linesAtOnce)
      yield* await batches.lines(id, at, Math.min(linesAtOnce, total - at))
  }

  return {
    resolve: (place) => writeS3(openAt(place).address),
    async write(batch, signal) {
      if (batch.results === undefined) return
      const { client, address } = openAt(batch.results)
      const put = async (name: string, text: string, type: string) =>
        await client.put(address.bucket, `${address.prefix}${batch.id}/${name}`, Buffer.from(text), { type, signal })
      const files: { name: string; lines: number }[] = []
      let lines: string[] = []
      const writeFile = async () => {
        const name = `results-${String(files.length).padStart(5, '0')}.jsonl`
        await put(name, `${lines.join('\n')}\n`, 'application/x-ndjson')
        files.push({ name, lines: lines.length })
        lines = []
      }
      const read = (from: number) => linesOf(batch, from)
      for await (const line of decideLines(read, 0, false, { ...batch.decide })) {
        if (lines.push(line) === linesOfFile) await writeFile()
      }
      if (lines.length > 0) await writeFile()
      await put(
        'batch.json',
        `${JSON.stringify({ ...viewOfBatch(batch), waitsFor: null, files })}\n`,
        'application/json',
      )
    },
  }
}
