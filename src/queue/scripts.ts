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

/** Lua: a number that counts something, as it stands in Redis; 0 for what is none. */
export const countLua = `
local function count(text)
  if text and #text <= 15 and string.match(text, '^%d+$') then return tonumber(text) end
  return 0
end
`

/** The same here. */
export function countOf(text: string | null | undefined): number {
  return text && /^\d{1,15}$/.test(text) ? Number(text) : 0
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
