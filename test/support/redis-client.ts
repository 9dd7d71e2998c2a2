/** A Redis of its own for a test file, and a connection to it. */
import { after } from 'node:test'
import { connect, disconnect } from '../../src/queue/connection.ts'
import { startTestRedis } from './redis.ts'

const redis = await startTestRedis()
export const client = connect(redis.url, 'producer')
after(async () => {
  await disconnect(client)
  await redis.end()
})
