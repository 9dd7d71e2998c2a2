/** Lua scripts run atomically in Redis. Called by hash, sent whole the first time and after a restart of Redis. */
import { createHash } from 'node:crypto'
import type { RedisClient } from './connection.ts'

export interface Script {
  readonly source: string
  readonly sha1: string
}

export function script(source: string): Script {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

export async function runScript(
  client: RedisClient,
  code: Script,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
): Promise<unknown> {
  try {
    return await client.evalsha(code.sha1, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await client.eval(code.source, keys.length, ...keys, ...args)
  }
}
