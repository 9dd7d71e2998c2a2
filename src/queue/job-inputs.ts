/** What a job fetches out of Redis: its images, and the list of them. It goes when the job is over, however it ended. */
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { OneclassError } from '../errors.ts'
import { parseJson } from '../system/parse-json.ts'
import type { BlobStore } from './blobs.ts'
import { BlobId } from './jobs.ts'

/** @param data as it stands in Redis: of a job of any kind */
export async function inputsOf(blobs: BlobStore, data: unknown): Promise<string[]> {
  const { blob, list, images } = data as { blob?: unknown; list?: unknown; images?: unknown }
  const listed = Value.Check(BlobId, list) ? parseJson((await blobs.get(list))?.toString('utf8')) : images
  const entries: unknown[] = Array.isArray(listed) ? listed : []
  return [blob, list, ...entries.map((entry) => (entry as { blob?: unknown } | null)?.blob)].filter((id) =>
    Value.Check(BlobId, id),
  )
}

/** @throws JOB_EXPIRED */
export async function readImage(blobs: BlobStore, blob: string): Promise<Buffer> {
  const bytes = await blobs.get(blob)
  if (bytes === undefined) throw new OneclassError('JOB_EXPIRED', 'The images waited too long for a worker: ask again.')
  return bytes
}

/** The list of a job's images. @throws JOB_EXPIRED, INVALID_ARGUMENT */
export async function readListing<T extends TSchema>(blobs: BlobStore, list: string, form: T): Promise<Static<T>> {
  const entries = parseJson((await readImage(blobs, list)).toString('utf8'))
  if (Value.Check(form, entries)) return entries
  throw new OneclassError('INVALID_ARGUMENT', 'The list of images does not have the form that this worker knows.')
}

/** What is not removed expires. */
export async function forgetInputs(blobs: BlobStore, data: unknown): Promise<void> {
  await inputsOf(blobs, data)
    .then((ids) => blobs.remove(ids))
    .catch(() => {})
}
