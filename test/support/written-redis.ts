/** A service without workers, and a connection to its Redis as somebody has it who may write there. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { connect, disconnect, type RedisClient } from '../../src/queue/connection.ts'
import { startTestApi, type TestApi } from './api.ts'

export let api: TestApi
export let client: RedisClient
/** Of the one model, `thing`. */
export let sha256: string
before(async () => {
  api = await startTestApi()
  client = connect(api.redis.url, 'producer')
  const { models } = (await (await fetch(api.url('/v1/models'))).json()) as { models: { sha256: string }[] }
  sha256 = models[0]!.sha256
})
after(async () => {
  await disconnect(client)
  await api.end()
})

export const until = async (done: () => Promise<boolean>, what: string | (() => string) = 'it') => {
  for (let i = 0; i < 240; i++) {
    if (await done()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`it did not happen: ${typeof what === 'string' ? what : what()}`)
}

export const statusOf = async (response: Response): Promise<number> => {
  await response.body?.cancel()
  return response.status
}

/** JSON that is nested as deep. */
export const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
