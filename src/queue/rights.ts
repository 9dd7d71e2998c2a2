/**
 * Does this Redis do what the service needs, and for this user? Asked at the start, so that a right or a command that is missing has a name
 * then, and is not found in the middle of a job. Redis 7 gives new users no channels; managed ones often keep INFO back.
 */
import { OneclassError } from '../errors.ts'
import { connect, disconnect, lastErrorOf, type RedisClient } from './connection.ts'
import { withoutPassword } from './redis-address.ts'
import { redisRefuses } from './redis-errors.ts'
import { prefix } from './redis-keys.ts'
import { refusalOf } from './redis-refusals.ts'
import { runScript, script } from './scripts.ts'

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

/** Those that may stand in a script. */
const inScript = commands.filter(([name]) => !['info', 'eval', 'evalsha'].includes(name))

// ARGV: of each command its length, then itself. Returns the name of each that fails, and why.
const probe = script(`
if redis.replicate_commands then redis.replicate_commands() end
local failed, at = {}, 1
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  local answer = redis.pcall(unpack(ARGV, at + 1, at + length))
  if type(answer) == 'table' and answer.err then failed[#failed + 1] = ARGV[at + 1] .. ' ' .. answer.err end
  at = at + length + 1
end
return failed
`)

/**
 * Does Redis still do what the service needs? By one short script, so that it may be asked again and again.
 * @throws what Redis says where it takes no data or no script; REDIS_UNAVAILABLE that names the commands that it refuses
 */
export async function assertStillAllowed(client: RedisClient): Promise<void> {
  const args = inScript.flatMap((command) => [command.length, ...command])
  const failed = (await runScript(client, probe, [text, hash, list, set, sorted, stream], args)) as string[]
  const refused: string[] = []
  let first: Error | undefined
  for (const answer of failed) {
    const [name = '', ...words] = answer.split(' ')
    const error = new Error(words.join(' '))
    const refusal = refusalOf(error)
    if (refusal === undefined) continue // it is allowed, and has nothing to do
    if (refusal !== 'refused') throw error
    first ??= error
    refused.push(name.toUpperCase())
  }
  if (first !== undefined)
    throw new OneclassError('REDIS_UNAVAILABLE', `${redisRefuses}: ${refused.join(', ')}.`, { cause: first })
}

/** What grants what Redis says is missing: a command, keys, or channels (ACL SETUSER). */
function grantFor(command: string, said: string): string {
  if (/channel/i.test(said)) return '&*'
  if (/a key|keys/i.test(said)) return `~${prefix}*`
  return `+${command}`
}

/** @param client a `probe`. @throws REDIS_UNAVAILABLE that names everything that is missing; with a `cause` where that may pass */
export async function assertRights(client: RedisClient, url: string): Promise<void> {
  const [missing, unknown] = [new Set<string>(), new Set<string>()]
  let first = ''
  let refusal: Error | undefined
  const refused = (command: string, error: Error): void => {
    if (error.message.includes('NOPERM')) {
      missing.add(grantFor(command, error.message))
      first ||= error.message
    } else if (/unknown command/i.test(error.message)) unknown.add(command)
    else if (error.message.startsWith('NOSCRIPT')) return
    // one that is full or wants replicas serves what is there, and says the rest with each request
    else if (['replica', 'away'].includes(refusalOf(error) ?? '') || error.name !== 'ReplyError') refusal ??= error
  }
  const answers = (await client.pipeline(commands.map((command) => [...command])).exec()) ?? []
  for (const [i, [name]] of commands.entries()) {
    const error = answers[i]?.[0]
    if (error) refused(name, error)
  }
  await client
    .multi()
    .get(text)
    .exec()
    .catch((error: Error) => refused('@transaction', error))
  // on a connection of its own: one that listens can ask for nothing else
  const listener = connect(url, 'probe', 'oneclass:rights')
  try {
    await listener.subscribe(text)
  } catch (error) {
    const why = error as Error
    refused('subscribe', why.name === 'ReplyError' ? why : (lastErrorOf(listener) ?? why))
  } finally {
    await disconnect(listener)
  }
  const fail = (why: string, cause?: Error): never => {
    throw new OneclassError('REDIS_UNAVAILABLE', why, cause && { cause })
  }
  const at = withoutPassword(url)
  if (refusalOf(refusal) === 'replica') fail(`Redis at ${at} is a read-only replica: name its master.`, refusal)
  if (unknown.size > 0)
    fail(
      `Redis at ${at} does not know, or was told not to do (rename-command), what the service needs: ${[...unknown].join(', ').toUpperCase()}. Use another Redis (6.2 or later), or allow them.`,
    )
  if (missing.size > 0)
    fail(
      `The user of Redis at ${at} lacks a right (${first}): grant it with "ACL SETUSER name ${[...missing].join(' ')}".`,
    )
  if (refusal !== undefined)
    fail(
      `Redis at ${at} does not do now what the service needs (${refusal.message.replace(/, with args.*/s, '')}).`,
      refusal,
    )
}
