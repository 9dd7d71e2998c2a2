import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createBlobStore, sha256 } from '../../src/queue/blobs.ts'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let client: RedisClient
before(async () => {
  redis = await startTestRedis()
  client = connect(redis.url, 'producer')
})
after(async () => {
  await disconnect(client)
  await redis.end()
})

test('what goes in comes out, and counts until it is removed', async () => {
  const blobs = createBlobStore(client, 1000)
  const bytes = Buffer.from([0, 255, 10, 13, 0])
  const id = await blobs.put(bytes, 60)
  assert.deepEqual(await blobs.get(id), bytes)
  assert.equal(await blobs.bytesStored(), 5)
  await blobs.remove([id])
  await blobs.remove([id])
  assert.equal(await blobs.get(id), undefined)
  assert.equal(await blobs.bytesStored(), 0)
})

test('the bound holds, and what expired makes room', async () => {
  const blobs = createBlobStore(client, 100)
  await blobs.put(Buffer.alloc(60), 0.2)
  await assert.rejects(blobs.put(Buffer.alloc(60), 60), { code: 'QUEUE_FULL' })
  await new Promise((resolve) => setTimeout(resolve, 250))
  const id = await blobs.put(Buffer.alloc(60), 60)
  assert.equal(await blobs.bytesStored(), 60)
  await blobs.remove([id])
})

test('several at once: all of them or none, counted like single ones', async () => {
  const blobs = createBlobStore(client, 100)
  const list = [Buffer.from('one'), Buffer.alloc(40, 7), Buffer.from('three')]
  const ids = await blobs.putAll(list, 60)
  assert.equal(await blobs.bytesStored(), 48)
  assert.deepEqual(await blobs.getAll([ids[2]!, 'none', ids[0]!]), [list[2], undefined, list[0]])
  assert.deepEqual(await blobs.get(ids[1]!), list[1])
  await assert.rejects(blobs.putAll([Buffer.alloc(30), Buffer.alloc(30)], 60), { code: 'QUEUE_FULL' })
  assert.equal(await blobs.bytesStored(), 48)
  await client.set(keys.blob(ids[0]!), 'two')
  await assert.rejects(blobs.getAll(ids), { code: 'INTERNAL' })
  await blobs.remove(ids)
  assert.equal(await blobs.bytesStored(), 0)
  assert.deepEqual(await blobs.putAll([], 60), [])
  await blobs.putAll([Buffer.alloc(60)], 0.2)
  await new Promise((resolve) => setTimeout(resolve, 250))
  await blobs.remove(await blobs.putAll([Buffer.alloc(50), Buffer.alloc(50)], 60))
  assert.equal(await blobs.bytesStored(), 0)
})

test('bytes that changed in Redis are not believed', async () => {
  const blobs = createBlobStore(client, 1000)
  const id = await blobs.put(Buffer.from('good'), 60)
  await client.set(keys.blob(id), 'evil')
  await assert.rejects(blobs.get(id), { code: 'INTERNAL' })
  await assert.rejects(blobs.putModel('0'.repeat(64), Buffer.from('x'), 60), { code: 'INTERNAL' })
  await blobs.remove([id])
})

test('a model is stored once, under its hash, and renewed by use', async () => {
  const blobs = createBlobStore(client, 1000)
  const bytes = Buffer.from('a model')
  const hash = sha256(bytes)
  assert.equal(await blobs.touchModel(hash, 60), false)
  await blobs.putModel(hash, bytes, 60)
  await blobs.putModel(hash, bytes, 60)
  assert.equal(await blobs.bytesStored(), bytes.length)
  assert.equal(await blobs.touchModel(hash, 1000), true)
  assert.ok((await client.ttl(keys.model(hash))) > 900)
  assert.deepEqual(await blobs.getModel(hash), bytes)
})
