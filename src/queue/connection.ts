/**
 * Connections to Redis, any Redis: one address in, clients with the right temper out.
 *
 *   redis://[user:password@]host:port[/db]           rediss:// for TLS
 *   redis+sentinel://[user:password@]host:port,host:port/master-name[/db][?sentinelPassword=...]
 *   redis+cluster://[user:password@]host:port,host:port      (rediss+... for TLS in both)
 *   unix:///path/to/redis.sock
 *
 * Producers fail fast (a request must not hang on a lost Redis), workers wait and try again for ever.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { OneclassError } from '../errors.ts'
import { refusalOf } from './redis-refusals.ts'

export type RedisClient = Redis | Cluster
type Options = Omit<RedisOptions, 'replyMapping'>

/** `producer`: commands fail within seconds when Redis is away. `consumer`: commands wait until it is back. */
export type ClientRole = 'producer' | 'consumer'

export type RedisTarget =
  | { readonly kind: 'single'; readonly options: Options }
  | { readonly kind: 'sentinel'; readonly options: Options }
  | { readonly kind: 'cluster'; readonly nodes: { host: string; port: number }[]; readonly options: Options }

export function parseRedisUrl(url: string): RedisTarget {
  if (url.startsWith('unix://')) return { kind: 'single', options: { path: url.slice('unix://'.length) } }
  const form = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/?]*)(\/[^?]*)?(?:\?(.*))?$/
  const [, scheme, kind, userinfo, hostList, path = '', query] = form.exec(url) ?? []
  if (!hostList) throw badUrl()
  if (query !== undefined && kind !== 'sentinel') throw badUrl()
  const hosts = hostList.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379))
  const options: Options = { ...credentials(userinfo), ...(scheme === 'rediss' ? { tls: {} } : {}) }
  const segments = path.split('/').filter((segment) => segment !== '')
  if (kind === 'cluster') {
    if (segments.length > 0) throw badUrl()
    return { kind, nodes: hosts, options }
  }
  if (kind === 'sentinel') {
    const [name, db, ...rest] = segments
    if (name === undefined || rest.length > 0) throw badUrl()
    const sentinel: Options = { ...options, sentinels: hosts, name, db: database(db) }
    if (options.tls) sentinel.enableTLSForSentinelMode = true
    for (const [key, value] of new URLSearchParams(query)) {
      if (key !== 'sentinelPassword') throw badUrl()
      sentinel.sentinelPassword = value // of the sentinels themselves; most have none
    }
    return { kind, options: sentinel }
  }
  const [host, ...otherHosts] = hosts
  if (host === undefined || otherHosts.length > 0 || segments.length > 1) throw badUrl()
  return { kind: 'single', options: { ...options, ...host, db: database(segments[0]) } }
}

/** A client that is connecting. It never throws through its `error` event: failures surface at the commands. */
export function connect(url: string, role: ClientRole, name = 'oneclass'): RedisClient {
  const target = parseRedisUrl(url)
  const retryStrategy = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2000)
  const common: Options = {
    ...target.options,
    connectionName: name,
    connectTimeout: 5000,
    keepAlive: 10_000,
    retryStrategy,
    // A failover makes the old master read-only: reconnect rather than fail for ever.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    ...(role === 'producer'
      ? { maxRetriesPerRequest: 1, commandTimeout: 15_000 }
      : { maxRetriesPerRequest: null, enableReadyCheck: true }),
  }
  let client: RedisClient
  if (target.kind === 'cluster') {
    const cluster = new Cluster(target.nodes, { redisOptions: common, clusterRetryStrategy: retryStrategy })
    client = pauseBetweenSubscribers(role === 'producer' ? failingFast(cluster) : cluster)
  } else {
    client = new Redis(common)
  }
  client.on('error', () => {}) // without a listener ioredis prints; every command rejects on its own
  return client
}

/** A cluster keeps what it is told while no node answers, whatever its options for single nodes say: not for ever. */
const clusterPatienceMs = 3000

function failingFast(cluster: Cluster): Cluster {
  const send = cluster.sendCommand.bind(cluster)
  cluster.sendCommand = (command, ...rest) => {
    if (cluster.status !== 'ready') command.setTimeout(clusterPatienceMs)
    return send(command, ...rest)
  }
  return cluster
}

const subscriberPauseMs = 500

/**
 * A subscription of ioredis (6.0.0) that loses its node takes another one at once, and then the next: with the whole cluster away
 * that is a loop that keeps a core busy. It has no option for it, so its own step is made to wait.
 */
function pauseBetweenSubscribers(cluster: Cluster): Cluster {
  const { subscriber } = cluster as unknown as { subscriber?: { started: boolean; selectSubscriber(): void } }
  if (typeof subscriber?.selectSubscriber !== 'function') return cluster // another version, made otherwise
  const select = subscriber.selectSubscriber.bind(subscriber)
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const step = () => {
    timer = undefined
    next = performance.now() + subscriberPauseMs
    if (subscriber.started) select()
  }
  subscriber.selectSubscriber = () => {
    const wait = next - performance.now()
    if (wait <= 0) step()
    else if (timer === undefined) timer = setTimeout(step, wait)
  }
  return cluster
}

/** Milliseconds in which Redis has to answer to a goodbye. */
const goodbyeMs = 2000

/** Resolves when Redis answers; REDIS_UNAVAILABLE after `ms`, naming the address without its password. */
export async function waitForRedis(client: RedisClient, url: string, ms: number): Promise<void> {
  const deadline = Date.now() + ms
  let last = 'no answer'
  while (Date.now() < deadline) {
    try {
      await within(client.ping(), deadline - Date.now())
      return
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
      if (refusalOf(error) === 'refused')
        throw new OneclassError(
          'REDIS_UNAVAILABLE',
          `Redis at ${withoutPassword(url)} wants a name or password that the address lacks or has wrong (${last}): give redis://NAME:PASSWORD@HOST:PORT. The private Redis of "oneclass serve" takes no workers of others: start one with --redis.`,
        )
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new OneclassError('REDIS_UNAVAILABLE', `No Redis answered at ${withoutPassword(url)} (${last}).`)
}

/** What may stand in a log or in a message. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@').replace(/(sentinelPassword=)[^&]*/g, '$1***')
}

/** Warnings for an operator; never fails (managed Redis often refuses CONFIG). */
export async function checkRedis(client: RedisClient): Promise<string[]> {
  const warnings: string[] = []
  try {
    const [, policy] = (await (client as Redis).config('GET', 'maxmemory-policy')) as string[]
    if (policy !== undefined && policy !== 'noeviction') {
      warnings.push(`Redis evicts keys when full (maxmemory-policy ${policy}): jobs can vanish. Set it to noeviction.`)
    }
    const [, appendOnly] = (await (client as Redis).config('GET', 'appendonly')) as string[]
    if (appendOnly === 'no')
      warnings.push('Redis has no append-only file: a restart of Redis loses jobs. Set appendonly yes.')
  } catch {
    // not ours to ask
  }
  return warnings
}

/** Bytes that Redis may hold; 0 where it has no bound of its own, or does not say. */
export async function readMaxMemory(client: RedisClient): Promise<number> {
  const text = await client.info('memory').catch(() => '')
  return Number(/^maxmemory:(\d+)/m.exec(String(text))?.[1] ?? 0)
}

/** A part of BullMQ closed in good order, or, where its Redis does not answer, at once. */
export async function closeQueue(part: { close(): Promise<void>; disconnect(): Promise<void> }): Promise<void> {
  await within(part.close(), goodbyeMs).catch(() => {
    void part.disconnect().catch(() => {})
  })
}

/** Waits for the last word to a Redis that may have gone away, but not for ever. */
export async function orGoodbye(work: Promise<unknown>): Promise<void> {
  await within(work, goodbyeMs).catch(() => {})
}

export async function disconnect(...clients: readonly RedisClient[]): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      try {
        if (client.status === 'ready') await within(client.quit(), goodbyeMs)
      } catch {
        // going away anyway
      }
      client.disconnect()
    }),
  )
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } {
  const [, address, name, digits] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = address ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || port < 1 || port > 65535) throw badUrl()
  return { host, port }
}

function credentials(userinfo: string | undefined): Options {
  if (!userinfo) return {}
  const colon = userinfo.indexOf(':')
  const username = decodeURIComponent(colon < 0 ? userinfo : userinfo.slice(0, colon))
  const password = colon < 0 ? undefined : decodeURIComponent(userinfo.slice(colon + 1))
  return { ...(username ? { username } : {}), ...(password === undefined ? {} : { password }) }
}

function database(text: string | undefined): number {
  if (text === undefined) return 0
  if (!/^\d{1,5}$/.test(text)) throw badUrl()
  return Number(text)
}

/** The address may hold a password, so it is not repeated. */
function badUrl(): OneclassError {
  return new OneclassError(
    'INVALID_ARGUMENT',
    'Expected the Redis address as redis://host:port, rediss://, redis+sentinel://host:port,.../name, redis+cluster://host:port,... or unix:///path.',
  )
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), Math.max(1, ms))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
