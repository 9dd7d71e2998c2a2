/** What a fit leaves in Redis: it ends with the note that names it, on every way out. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { OneclassError } from '../../src/errors.ts'
import type { RedisClient } from '../../src/queue/connection.ts'
import { lifetimes, newJobId } from '../../src/queue/jobs.ts'
import { createProducer, type Producer } from '../../src/queue/producer.ts'
import { keys } from '../../src/queue/redis-keys.ts'
import { createFitSaver, isMade, leaveFit } from '../../src/service/fit-saver.ts'
import { sha256 } from '../../src/system/sha256.ts'
import { startTestRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis
let producer: Producer
before(async () => {
  redis = await startTestRedis()
  producer = createProducer({ url: redis.url })
})
after(async () => {
  await producer.close()
  await redis.end()
})
beforeEach(async () => {
  await producer.client.flushall()
})

const parts = { artifact: Buffer.from('model'), gallery: Buffer.from('gallery'), samples: Buffer.from('samples') }
const hashes = Object.values(parts).map((bytes) => sha256(bytes))
const told = { used: 1, rejected: [], duplicates: [] }
const task = () => ({ id: newJobId('fit'), data: { origin: 'here', name: 'm' } })
const secondsLeft = () => Promise.all(hashes.map((hash) => producer.client.ttl(keys.model(hash))))
const stored = () => producer.blobs.bytesStored()

/** The client, with a Redis that has no room for notes. */
function withoutNotes(): RedisClient {
  return new Proxy(producer.client, {
    get(client, name) {
      if (name === 'hset') return () => Promise.reject(new Error('OOM command not allowed'))
      return Reflect.get(client, name) as unknown
    },
  })
}

test('a fit whose bytes or note find no room takes back what it put there, and nothing of others', async () => {
  const { blobs, client } = producer
  await assert.rejects(leaveFit({ client: withoutNotes(), blobs }, task(), parts, told), /OOM/)
  assert.equal(await stored(), 0)
  const full = {
    ...blobs,
    putModel: async (hash: string, bytes: Uint8Array, seconds: number) => {
      if (hash === hashes[2]) throw new OneclassError('QUEUE_FULL', 'no room')
      await blobs.putModel(hash, bytes, seconds)
    },
  }
  await assert.rejects(leaveFit({ client, blobs: full }, task(), parts, told), { code: 'QUEUE_FULL' })
  assert.equal(await stored(), 0)
  // a model of the same bytes is in use
  await blobs.putModel(hashes[0]!, parts.artifact, lifetimes.model)
  const before = await stored()
  await assert.rejects(leaveFit({ client: withoutNotes(), blobs }, task(), parts, told), /OOM/)
  assert.equal(await stored(), before)
  assert.deepEqual(await blobs.getModel(hashes[0]!), parts.artifact)
})

test('until its note is there bytes stay for minutes, then until they are saved; those that are refused for minutes again', async () => {
  const { blobs, client } = producer
  let early: number[] = []
  const slow = new Proxy(client, {
    get(target, name) {
      if (name !== 'hset') return Reflect.get(target, name) as unknown
      return async (...args: Parameters<RedisClient['hset']>) => {
        early = await secondsLeft()
        return await target.hset(...args)
      }
    },
  })
  await leaveFit({ client: slow, blobs }, task(), parts, told)
  for (const seconds of early) assert.ok(seconds > 0 && seconds <= lifetimes.unclaimed, `${seconds}`)
  for (const seconds of await secondsLeft()) assert.ok(seconds > lifetimes.outcome - 60, `${seconds}`)
  assert.ok((await client.ttl(keys.finishedFits('here'))) > 0)
  const save = async () => {
    throw new OneclassError('MODEL_INCOMPATIBLE', 'of a later version')
  }
  await createFitSaver({ producer, origin: 'here', save }).save()
  assert.equal(await client.hlen(keys.finishedFits('here')), 0)
  for (const seconds of await secondsLeft()) assert.ok(seconds > 0 && seconds <= lifetimes.unclaimed, `${seconds}`)
})

test('a fit that is left, or saved, is made: a run that comes after it has nothing to do', async () => {
  const { client, blobs } = producer
  const left = task()
  const isHere = () => isMade(client, keys.finishedFits('here'), left.id)
  assert.equal(await isHere(), false)
  await leaveFit({ client, blobs }, left, parts, told)
  assert.equal(await isHere(), true)
  await client.hdel(keys.finishedFits('here'), left.id)
  assert.equal(await isHere(), false)
  await client.set(keys.outcome(left.id), '{}')
  assert.equal(await isHere(), true)
})
