/** The names of a batch's images, by index: a list, since those of a bucket come page by page; and what they will take. */
import { maxPoints } from './batch-extras.ts'
import { namesOf } from './batch-forms.ts'
import type { BatchRecord } from './batches.ts'
import type { RedisClient } from './connection.ts'
import { keys } from './redis-keys.ts'

export async function readNames(client: RedisClient, id: string, first: number, end: number): Promise<string[]> {
  if (end <= first) return []
  const names = await client.lrange(keys.batchNames(id), first, end - 1)
  return names.length > 0 ? names : (await namesOfOld(client, id)).slice(first, end)
}

export async function readNamesAt(
  client: RedisClient,
  id: string,
  indices: readonly number[],
): Promise<(string | undefined)[]> {
  if (indices.length === 0) return []
  if ((await client.exists(keys.batchNames(id))) === 0) {
    const names = await namesOfOld(client, id)
    return indices.map((index) => names[index])
  }
  const pipeline = client.pipeline()
  for (const index of indices) pipeline.lindex(keys.batchNames(id), index)
  const answers = (await pipeline.exec()) ?? []
  return answers.map(([error, name]) => {
    if (error) throw error
    return (name as string | null) ?? undefined
  })
}

/** A batch of an earlier version has all of its names in one text. */
async function namesOfOld(client: RedisClient, id: string): Promise<string[]> {
  return namesOf(await client.get(keys.batchImages(id)))
}

/**
 * What these images of a batch take in Redis until its results expire: each name in the list, in its chunk and in its result; a result
 * line of some 700 bytes with its places in two tables; the embeddings.
 * @param from images that are counted already
 */
export function bytesOfNames(
  names: readonly string[],
  { keep, also = [] }: Pick<BatchRecord, 'keep' | 'also'>,
  from: number,
): number {
  const text = names.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(name)), 0)
  const points = keep?.map ? Math.max(0, Math.min(names.length, maxPoints - from)) : 0
  return (from === 0 ? 2000 : 0) + 3 * text + (1000 + 300 * also.length) * names.length + 2000 * points
}
