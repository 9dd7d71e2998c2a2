/** A Redis of its own for a test file, and a connection to it. */
import { after, before } from 'node:test'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { startTestRedis, type TestRedis } from './redis.ts'

let redis: TestRedis
export let client: RedisClient
before(async () => {
  redis = await startTestRedis()
  client = connect(redis.url, 'producer')
})
after(async () => {
  await disconnect(client)
  await redis.end()
})
