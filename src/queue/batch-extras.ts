/**
 * What is kept of a batch's images besides their results, when it was asked for: small pictures to look at, and embeddings for the map.
 * Both expire with the batch. A picture counts among the stored bytes and is left out when there is no room; embeddings are
 * of 2,000 images at most, one byte a number.
 */
import { pairs } from '../core/pairs.ts'
import type { BlobStore } from './blobs.ts'
import type { RedisClient } from './connection.ts'
import { lifetimes } from './jobs.ts'
import { isDamage } from './redis-errors.ts'
import { keys } from './redis-keys.ts'

/** Images of a batch that get a picture: those before this index. */
export const maxThumbnails = 20_000
/** Images of a batch whose embedding is kept. */
export const maxPoints = 2000

/** Of which images the embedding is kept: every n-th. */
export function pointStride(total: number): number {
  return Math.max(1, Math.ceil(total / maxPoints))
}

/** @param room a store whose bounds, of all and of one caller, leave room for uploads */
export async function keepThumbnail(
  room: BlobStore,
  batch: { readonly id: string; readonly owner: string },
  index: number,
  webp: Uint8Array,
): Promise<void> {
  await room.putNamed(`${batch.id}:${index}`, webp, lifetimes.batch, batch.owner).catch(() => {})
}

export async function readThumbnail(blobs: BlobStore, batch: string, index: number): Promise<Buffer | undefined> {
  return await blobs.getNamed(`${batch}:${index}`)
}

export interface Point {
  readonly index: number
  /** Any length; read back it is 1, and each number off by at most half a 127th of the largest. */
  readonly embedding: Float32Array
}

export async function keepPoints(client: RedisClient, batch: string, points: readonly Point[]): Promise<void> {
  if (points.length === 0) return
  const key = keys.batchPoints(batch)
  const pipeline = client.pipeline()
  for (const { index, embedding } of points) pipeline.hset(key, String(index), encode(embedding))
  await pipeline.expire(key, lifetimes.batch).exec()
}

/** At most `most` points, evenly taken, by rising index; and how many there are. */
export async function readPoints(
  client: RedisClient,
  batch: string,
  most: number,
): Promise<{ points: Point[]; total: number }> {
  const key = keys.batchPoints(batch)
  // what has more of them, or holds something else, was not written by us
  const count = await client.hlen(key).catch((error: unknown) => {
    if (isDamage(error)) return 0
    throw error
  })
  if (count === 0 || count > 2 * maxPoints) return { points: [], total: 0 }
  const all = (await client.hkeys(key)).filter((index) => /^\d{1,9}$/.test(index)).map(Number)
  all.sort((a, b) => a - b)
  const stride = Math.max(1, all.length / most)
  const wanted: number[] = []
  for (const [place, index] of all.entries())
    if (wanted.length < most && place === Math.floor(wanted.length * stride)) wanted.push(index)
  if (wanted.length === 0) return { points: [], total: 0 }
  const bytes = await client.hmgetBuffer(key, ...wanted.map(String))
  const points = pairs(wanted, bytes).flatMap(([index, one]) => (one ? { index, embedding: decode(one) } : []))
  return { points, total: all.length }
}

/** The unit vector times 127 over its largest number, rounded. */
function encode(embedding: Float32Array): Buffer {
  const largest = embedding.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const factor = largest > 0 ? 127 / largest : 0
  return Buffer.from(Int8Array.from(embedding, (value) => Math.round(value * factor)).buffer)
}

function decode(bytes: Buffer): Float32Array {
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let norm = 0
  for (const value of numbers) norm += value * value
  const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0
  return Float32Array.from(numbers, (value) => value * scale)
}
