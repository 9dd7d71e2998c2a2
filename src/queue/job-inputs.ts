/** What a job fetches out of Redis: its images, and the list of them. It goes when the job is over, however it ended. */
import { Value } from 'typebox/value'
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

/** What is not removed expires. */
export async function forgetInputs(blobs: BlobStore, data: unknown): Promise<void> {
  await inputsOf(blobs, data)
    .then((ids) => blobs.remove(ids))
    .catch(() => {})
}
