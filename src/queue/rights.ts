/**
 * May this user of Redis do what the service needs? Asked at the start, so that a right that is missing has a name then, and is not
 * found in the middle of a job. Redis 7 gives new users no channels; managed ones often keep INFO back.
 */
import { OneclassError } from '../errors.ts'
import { type RedisClient, withoutPassword } from './connection.ts'
import { prefix } from './redis-keys.ts'

const probe = `${prefix}:rights`

/** What is tried, and what grants it (ACL SETUSER). */
const needs: readonly { readonly grant: string; ask(client: RedisClient): Promise<unknown> }[] = [
  { grant: '~{oneclass}* +@write +@read', ask: async (client) => void (await client.set(probe, '1', 'EX', 5)) },
  { grant: '+info', ask: (client) => client.info('server') },
  { grant: '&*', ask: (client) => client.publish(probe, '') },
  { grant: '+@scripting', ask: (client) => client.eval('return redis.call("del", KEYS[1])', 1, probe) },
  { grant: '+@stream', ask: (client) => client.xlen(`${probe}:stream`) },
  { grant: '+@sortedset +@blocking', ask: (client) => client.zcard(`${probe}:set`) },
]

/** @throws REDIS_UNAVAILABLE that names every right that is missing */
export async function assertRights(client: RedisClient, url: string): Promise<void> {
  const missing: string[] = []
  let said = ''
  for (const { grant, ask } of needs) {
    try {
      await ask(client)
    } catch (error) {
      const { message } = error as Error
      if (!message.includes('NOPERM')) throw error
      missing.push(grant)
      said ||= message
    }
  }
  if (missing.length === 0) return
  throw new OneclassError(
    'REDIS_UNAVAILABLE',
    `The user of Redis at ${withoutPassword(url)} lacks a right (${said}): grant it with "ACL SETUSER name ${missing.join(' ')}".`,
  )
}
