import assert from 'node:assert/strict'
import test from 'node:test'
import type { OneclassError } from '../../src/errors.ts'
import { type BlobStore, blobOverhead, createBlobStore } from '../../src/queue/blobs.ts'
import { ledgerKeys, openLedger } from '../../src/queue/ledger.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { sha256 } from '../../src/system/sha256.ts'
import { client } from '../support/redis-client.ts'

/** A store with room for so many bytes in at most 10 blobs; all of it for one caller. */
const storeOf = (bytes: number, ofOne = bytes): BlobStore =>
  createBlobStore(client, { all: bytes + 10 * blobOverhead, ofOne: ofOne + 10 * blobOverhead })
const stored = async (blobs: BlobStore, count: number) => (await blobs.bytesStored()) - count * blobOverhead

test('what goes in comes out, and counts until it is removed', async () => {
  const blobs = storeOf(1000)
  const bytes = Buffer.from([0, 255, 10, 13, 0])
  const id = await blobs.put(bytes, 60)
  assert.deepEqual(await blobs.get(id), bytes)
  assert.equal(await stored(blobs, 1), 5)
  await blobs.remove([id])
  await blobs.remove([id])
  assert.equal(await blobs.get(id), undefined)
  assert.equal(await blobs.bytesStored(), 0)
})

test('the bound holds, and what expired makes room', async () => {
  const blobs = storeOf(1e5)
  await blobs.put(Buffer.alloc(6e4), 0.2)
  await assert.rejects(blobs.put(Buffer.alloc(6e4), 60), { code: 'QUEUE_FULL' })
  await new Promise((resolve) => setTimeout(resolve, 250))
  const id = await blobs.put(Buffer.alloc(6e4), 60)
  assert.equal(await stored(blobs, 1), 6e4)
  await blobs.remove([id])
})

test('several at once: all of them or none, counted like single ones', async () => {
  const blobs = storeOf(1e5)
  const list = [Buffer.from('one'), Buffer.alloc(4e4, 7), Buffer.from('three')]
  const ids = await blobs.putAll(list, 60)
  assert.equal(await stored(blobs, 3), 40_008)
  assert.deepEqual(await blobs.getAll([ids[2]!, 'none', ids[0]!]), [list[2], undefined, list[0]])
  assert.deepEqual(await blobs.get(ids[1]!), list[1])
  await assert.rejects(blobs.putAll([Buffer.alloc(4e4), Buffer.alloc(4e4)], 60), { code: 'QUEUE_FULL' })
  assert.equal(await stored(blobs, 3), 40_008)
  await client.set(keys.blob(ids[0]!), 'two')
  assert.deepEqual(await blobs.getAll(ids), [undefined, list[1], list[2]])
  await blobs.remove(ids)
  assert.equal(await blobs.bytesStored(), 0)
  assert.deepEqual(await blobs.putAll([], 60), [])
  await blobs.putAll([Buffer.alloc(6e4)], 0.2)
  await new Promise((resolve) => setTimeout(resolve, 250))
  await blobs.remove(await blobs.putAll([Buffer.alloc(5e4), Buffer.alloc(5e4)], 60))
  assert.equal(await blobs.bytesStored(), 0)
})

test('one caller cannot use up all of it; what is removed or expires is given back to its owner', async () => {
  const blobs = storeOf(1e5, 5e4)
  const ids = await blobs.putAll([Buffer.alloc(2e4), Buffer.alloc(2e4)], 60, 'a')
  await assert.rejects(blobs.put(Buffer.alloc(2e4), 60, 'a'), { code: 'QUEUE_FULL', message: /Your share/ })
  const other = await blobs.put(Buffer.alloc(2e4), 60, 'b')
  await blobs.remove([ids[0]!])
  await blobs.put(Buffer.alloc(2e4), 0.2, 'a')
  await assert.rejects(blobs.put(Buffer.alloc(2e4), 60, 'a'), { code: 'QUEUE_FULL' })
  await new Promise((resolve) => setTimeout(resolve, 250))
  const last = await blobs.put(Buffer.alloc(2e4), 60, 'a')
  await blobs.remove([ids[1]!, other, last, last])
  assert.equal(await blobs.bytesStored(), 0)
  const left = await Promise.all(ledgerKeys('stored').map((key) => client.exists(key)))
  assert.deepEqual(left, [0, 1, 0, 0]) // nothing of anybody; the sum is a zero
})

test('what is kept of batches is counted, for all and for each caller, until it ends', async () => {
  const kept = openLedger(client, { all: 1000, ofOne: 600 })
  const [one, two] = [
    { name: 'one', bytes: 500 },
    { name: 'two', bytes: 400 },
  ]
  await kept.charge(one, 60, 'a')
  await kept.charge(one, 60, 'a') // again: renewed, not counted twice
  await assert.rejects(kept.charge(two, 60, 'a'), { code: 'QUEUE_FULL', message: /your share/ })
  await kept.charge(two, 0.2, 'b')
  const refused = await kept.charge({ name: 'x', bytes: 200 }, 60, 'c').then(
    () => assert.fail(),
    (error: OneclassError) => error,
  )
  assert.deepEqual([refused.code, refused.retryAfter], ['QUEUE_FULL', 1]) // when the first of them ends
  await kept.note({ name: 'forced', bytes: 300 }, 60)
  assert.equal(await kept.bytes(), 1200)
  await new Promise((resolve) => setTimeout(resolve, 250))
  await kept.release(one)
  await kept.charge({ name: 'three', bytes: 600 }, 60, 'a')
  assert.equal(await kept.bytes(), 900)
  await kept.renew({ name: 'three', bytes: 600 }, -1)
  await kept.renew({ name: 'forced', bytes: 300 }, -1)
  await kept.note({ name: 'last', bytes: 1 }, 60)
  assert.equal(await kept.bytes(), 1)
})

test('bytes that changed in Redis are not believed', async () => {
  const blobs = storeOf(1000)
  const id = await blobs.put(Buffer.from('good'), 60)
  await client.set(keys.blob(id), 'evil')
  assert.equal(await blobs.get(id), undefined)
  await client.set(keys.blob(id), 'good and much longer')
  assert.equal(await blobs.get(id), undefined)
  await client.del(keys.blob(id))
  await client.rpush(keys.blob(id), 'good')
  assert.equal(await blobs.get(id), undefined)
  const empty = await blobs.put(Buffer.alloc(0), 60)
  assert.deepEqual(await blobs.get(empty), Buffer.alloc(0))
  await assert.rejects(blobs.putModel('0'.repeat(64), Buffer.from('x'), 60), { code: 'INTERNAL' })
  await blobs.remove([id, empty])
})

test('a model is stored once, under its hash, and renewed by use', async () => {
  const blobs = storeOf(1000)
  const bytes = Buffer.from('a model')
  const hash = sha256(bytes)
  assert.equal(await blobs.touchModel(hash, 60), false)
  await blobs.putModel(hash, bytes, 60)
  await blobs.putModel(hash, bytes, 60)
  assert.equal(await stored(blobs, 1), bytes.length)
  assert.equal(await blobs.touchModel(hash, 1000), true)
  assert.ok((await client.ttl(keys.model(hash))) > 900)
  assert.deepEqual(await blobs.getModel(hash), bytes)
})
