/**
 * Connections to Redis, any Redis, by one address (`redis-address.ts`). Clients differ by their role: those of producers fail fast (a
 * request must not hang on a lost Redis), those of workers wait and try again for ever.
 */
import { Cluster, Redis } from 'ioredis'
import { type Options, parseRedisUrl } from './redis-address.ts'

export type RedisClient = Redis | Cluster

/**
 * `producer`: commands fail within seconds when Redis is away. `consumer`: commands wait until it is back. `probe`: as a producer, and is
 * told that Redis is a replica, which the others wait out.
 */
export type ClientRole = 'producer' | 'consumer' | 'probe'

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
    reconnectOnError: (error) => (role !== 'probe' && error.message.startsWith('READONLY') ? 2 : false),
    ...(role === 'consumer'
      ? { maxRetriesPerRequest: null, enableReadyCheck: true }
      : { maxRetriesPerRequest: 1, commandTimeout: 15_000 }),
  }
  let client: RedisClient
  if (target.kind === 'cluster') {
    const cluster = new Cluster(target.nodes, { redisOptions: common, clusterRetryStrategy: retryStrategy })
    cluster.on('+node', leavingOnce)
    client = pauseBetweenSubscribers(role === 'consumer' ? cluster : failingFast(cluster))
  } else {
    client = leavingOnce(new Redis(common))
  }
  // without a listener ioredis prints; every command rejects on its own, but does not say why there is no connection
  const keep = (error: Error): void => void lastErrors.set(client, error)
  client.on('error', keep)
  client.on('node error', keep) // of a cluster
  return client
}

/**
 * Each answer READONLY makes ioredis (6.0.0) leave the connection, also when it is leaving it already: one listener more each time, with
 * warnings of Node on standard error. BullMQ makes copies.
 */
function leavingOnce(client: Redis): Redis {
  const leave = client.disconnect.bind(client)
  const copy = client.duplicate.bind(client)
  let left: unknown
  client.disconnect = (reconnect) => {
    const { stream } = client as { stream?: unknown }
    if (reconnect && stream !== undefined && stream === left) return
    left = stream
    leave(reconnect)
  }
  client.duplicate = (override) => leavingOnce(copy(override))
  return client
}

const lastErrors = new WeakMap<RedisClient, Error>()

/** What went wrong last with the connection itself. */
export function lastErrorOf(client: RedisClient): Error | undefined {
  return lastErrors.get(client)
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

/** The promise, or an error after `ms`. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
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
