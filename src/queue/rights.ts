/**
 * May this user of Redis do what the service needs? Asked at the start, so that a right that is missing has a name then, and is not
 * found in the middle of a job. Redis 7 gives new users no channels; managed ones often keep INFO back.
 */
import { OneclassError } from '../errors.ts'
import { connect, disconnect, type RedisClient, withoutPassword } from './connection.ts'
import { prefix } from './redis-keys.ts'

const text = `${prefix}:rights`
const key = (type: string): string => `${text}:${type}`
const [hash, list, set, sorted, stream] = ['hash', 'list', 'set', 'zset', 'stream'].map(key) as [
  string,
  string,
  string,
  string,
  string,
]
const seconds = '5'

/**
 * Every command that we, BullMQ, or a script of either sends, once, on keys of its own that end by themselves. What a command answers
 * does not matter, only whether it is allowed.
 */
const commands: readonly (readonly [command: string, ...args: string[]])[] = [
  ['info', 'server'],
  ['set', text, '1', 'EX', seconds],
  ['get', text],
  ['mget', text],
  ['strlen', text],
  ['incr', text],
  ['incrby', text, '1'],
  ['decrby', text, '1'],
  ['exists', text],
  ['type', text],
  ['pttl', text],
  ['persist', text],
  ['expire', text, seconds],
  ['pexpire', text, '5000'],
  ['pexpireat', text, String(2 ** 42)],
  ['time'],
  ['hset', hash, 'a', '1'],
  ['hmset', hash, 'a', '1'],
  ['hsetnx', hash, 'a', '1'],
  ['hincrby', hash, 'a', '1'],
  ['hget', hash, 'a'],
  ['hmget', hash, 'a'],
  ['hgetall', hash],
  ['hkeys', hash],
  ['hlen', hash],
  ['hexists', hash, 'a'],
  ['hdel', hash, 'a'],
  ['lpush', list, 'a'],
  ['rpush', list, 'a'],
  ['lrange', list, '0', '0'],
  ['lindex', list, '0'],
  ['llen', list],
  ['lpos', list, 'a'],
  ['lrem', list, '1', 'b'],
  ['ltrim', list, '0', '0'],
  ['rpoplpush', list, list],
  ['rpop', list],
  ['lpop', list],
  ['sadd', set, 'a'],
  ['smembers', set],
  ['sismember', set, 'a'],
  ['scard', set],
  ['srem', set, 'a'],
  ['zadd', sorted, '1', 'a'],
  ['zrange', sorted, '0', '0'],
  ['zrevrange', sorted, '0', '0'],
  ['zrangebyscore', sorted, '0', '1'],
  ['zrevrangebyscore', sorted, '1', '0'],
  ['zrangebylex', sorted, '-', '+'],
  ['zcard', sorted],
  ['zcount', sorted, '0', '1'],
  ['zscore', sorted, 'a'],
  ['zrem', sorted, 'b'],
  ['zremrangebyscore', sorted, '5', '5'],
  ['zremrangebyrank', sorted, '5', '5'],
  ['zpopmin', sorted],
  ['bzpopmin', sorted, '0.01'],
  ['xadd', stream, 'MAXLEN', '1', '*', 'a', '1'],
  ['xlen', stream],
  ['xrange', stream, '-', '+', 'COUNT', '1'],
  ['xread', 'COUNT', '1', 'STREAMS', stream, '0'],
  ['xtrim', stream, 'MAXLEN', '0'],
  ['publish', text, ''],
  ['eval', 'return 1', '1', text],
  ['evalsha', '0'.repeat(40), '1', text],
  ['unlink', hash, list],
  ['del', set, sorted, stream],
]

/** What grants what Redis says is missing: a command, keys, or channels (ACL SETUSER). */
function grantFor(command: string, said: string): string {
  if (/channel/i.test(said)) return '&*'
  if (/a key|keys/i.test(said)) return `~${prefix}*`
  return `+${command}`
}

/** @throws REDIS_UNAVAILABLE that names every right that is missing */
export async function assertRights(client: RedisClient, url: string): Promise<void> {
  const missing = new Set<string>()
  let first = ''
  const refused = (command: string, said: string): void => {
    if (!said.includes('NOPERM')) return
    missing.add(grantFor(command, said))
    first ||= said
  }
  const answers = (await client.pipeline(commands.map((command) => [...command])).exec()) ?? []
  for (const [i, [name]] of commands.entries()) {
    const error = answers[i]?.[0]
    if (error) refused(name, error.message)
  }
  await client
    .multi()
    .get(text)
    .exec()
    .catch((error: Error) => refused('@transaction', error.message))
  // on a connection of its own: one that listens can ask for nothing else
  const listener = connect(url, 'producer', 'oneclass:rights')
  try {
    await listener.subscribe(text)
  } catch (error) {
    refused('subscribe', (error as Error).message)
  } finally {
    await disconnect(listener)
  }
  if (missing.size === 0) return
  throw new OneclassError(
    'REDIS_UNAVAILABLE',
    `The user of Redis at ${withoutPassword(url)} lacks a right (${first}): grant it with "ACL SETUSER name ${[...missing].join(' ')}".`,
  )
}
