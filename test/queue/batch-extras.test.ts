import assert from 'node:assert/strict'
import test from 'node:test'
import { createRandom } from '../../src/core/random.ts'
import { keepPoints, keepThumbnail, pointStride, readPoints, readThumbnail } from '../../src/queue/batch-extras.ts'
import { blobOverhead, createBlobStore } from '../../src/queue/blobs.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { client } from '../support/redis-client.ts'

test('embeddings come back as unit vectors that point where they pointed, evenly taken, and expire', async () => {
  const random = createRandom(1)
  const embeddings = Array.from({ length: 50 }, () => Float32Array.from({ length: 300 }, () => random.normal() * 40))
  await keepPoints(
    client,
    'b',
    embeddings.map((embedding, i) => ({ index: 3 * i, embedding })),
  )
  const { points, total } = await readPoints(client, 'b', 10)
  assert.equal(total, 50)
  assert.deepEqual(
    points.map(({ index }) => index),
    [0, 15, 30, 45, 60, 75, 90, 105, 120, 135],
  )
  for (const { index, embedding } of points) {
    const original = embeddings[index / 3]!
    const cosine = original.reduce((sum, value, j) => sum + value * embedding[j]!, 0) / Math.hypot(...original)
    assert.ok(cosine > 0.9998 && cosine < 1.0002, String(cosine))
  }
  assert.equal((await readPoints(client, 'b', 100)).points.length, 50)
  assert.ok((await client.ttl(keys.batchPoints('b'))) > 80_000)
  assert.deepEqual(await readPoints(client, 'none', 10), { points: [], total: 0 })
  await keepPoints(client, 'b', [{ index: 0, embedding: new Float32Array(300) }])
  assert.equal((await readPoints(client, 'b', 1)).points[0]!.embedding[0], 0)
})

test('every image of a small batch, two thousand of a large one', () => {
  assert.deepEqual([1, 2000, 2001, 200_000].map(pointStride), [1, 1, 2, 100])
})

test('a picture for which there is no room is left out, and counts among the stored bytes while it is there', async () => {
  const most = 1000 + blobOverhead
  const blobs = createBlobStore(client, { all: 3 * most, ofOne: most })
  const [b, c] = [
    { id: 'b', owner: 'one' },
    { id: 'c', owner: 'another' },
  ]
  await keepThumbnail(blobs, b, 1, new Uint8Array(600))
  await keepThumbnail(blobs, b, 1, new Uint8Array(600))
  await keepThumbnail(blobs, b, 2, new Uint8Array(600))
  assert.equal((await readThumbnail(blobs, 'b', 1))?.length, 600)
  assert.equal(await readThumbnail(blobs, 'b', 2), undefined)
  assert.equal(await blobs.bytesStored(), 600 + blobOverhead)
  // the share of one caller is used up, that of another is not
  await keepThumbnail(blobs, c, 2, new Uint8Array(600))
  assert.equal((await readThumbnail(blobs, 'c', 2))?.length, 600)
})
