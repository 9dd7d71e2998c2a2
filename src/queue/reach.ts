/** The wait for a Redis at the start: until it answers and lets us do what we need, or with the reason why it does not. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { OneclassError } from '../errors.ts'
import { connect, disconnect, lastErrorOf, type RedisClient, within } from './connection.ts'
import { findObstacle, type Obstacle } from './obstacle.ts'
import { parseRedisUrl, withoutPassword } from './redis-address.ts'
import { refusalOf } from './redis-refusals.ts'
import { assertRights } from './rights.ts'

const defaultRoomMs = 15_000
const pingMs = 2000
const pauseMs = 100

export interface Waiting {
  /** Told why it is waited, each time; the text goes on from "Redis at ADDRESS". */
  readonly onWait?: (why: string) => void
  readonly signal?: AbortSignal
  /** In which somebody else may leave room, or a failover may end; shorter in tests. */
  readonly roomMs?: number
}

/**
 * Resolves when Redis answers.
 * @param ms for which nothing need be there; what waiting cannot mend ends it at once
 * @throws REDIS_UNAVAILABLE with the reason, naming the address without its password; CANCELLED
 */
export async function waitForRedis(
  client: RedisClient,
  url: string,
  ms: number,
  { onWait, signal, roomMs = defaultRoomMs }: Waiting = {},
): Promise<void> {
  const start = performance.now()
  const left = (all: number): number => start + all - performance.now()
  for (;;) {
    let obstacle: Obstacle
    try {
      await within(client.ping(), Math.min(pingMs, left(ms)))
      await assertDatabase(client, url)
      return
    } catch (error) {
      if (error instanceof OneclassError) throw error
      if (refusalOf(error) === 'refused') throw unavailable(url, refused(error))
      obstacle = (await findObstacle(url)) ?? saidBy(client, error)
    }
    if (obstacle.kind === 'never' || left(obstacle.kind === 'full' ? Math.min(ms, roomMs) : ms) <= 0)
      throw unavailable(url, obstacle.said)
    onWait?.(obstacle.said)
    if (signal?.aborted) throw new OneclassError('CANCELLED', 'The wait for Redis was ended.')
    await sleep(pauseMs)
  }
}

/** Waits for a Redis as `waitForRedis`, and that it takes what the service writes. @throws REDIS_UNAVAILABLE with the reason */
export async function assertAccess(url: string, ms: number, waiting: Waiting = {}): Promise<void> {
  const { roomMs = defaultRoomMs } = waiting
  let start: number | undefined
  for (;;) {
    const client = connect(url, 'probe', 'oneclass:probe')
    try {
      await waitForRedis(client, url, ms, waiting)
      start ??= performance.now()
      await assertRights(client, url)
      return
    } catch (error) {
      // a replica may be about to be the master
      const mayPass = error instanceof OneclassError && error.cause !== undefined
      if (!mayPass || start === undefined) throw error
      if (performance.now() - start > roomMs) {
        const obstacle = await findObstacle(url) // with our first connection still there
        throw obstacle === undefined ? error : unavailable(url, obstacle.said)
      }
    } finally {
      await disconnect(client)
    }
    await sleep(pauseMs * 5)
  }
}

/** Milliseconds between two looks at Redis while something starts on it. */
const lookMs = 3000

/**
 * The work of a start, whose clients wait for their connections, and would for ever where Redis has no more to give.
 * @throws what the work throws, or REDIS_UNAVAILABLE with the reason why Redis takes no more connections
 */
export async function startOn<T>(url: string, work: Promise<T>): Promise<T> {
  let isOver = false
  const watch = async (): Promise<never> => {
    for (;;) {
      await sleep(lookMs, undefined, { ref: false })
      if (isOver) return await new Promise<never>(() => {})
      await assertAccess(url, defaultRoomMs)
    }
  }
  try {
    return await Promise.race([work, watch()])
  } finally {
    isOver = true
  }
}

/** A number that is too high is refused, and the client goes on with database 0. */
async function assertDatabase(client: RedisClient, url: string): Promise<void> {
  const { db } = parseRedisUrl(url).options
  if (!db) return
  try {
    await (client as Redis).select(db)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ReplyError' || refusalOf(error) === 'away') throw error
    throw unavailable(url, `does not give database ${db}, which its address names (${said(error)})`)
  }
}

function refused(error: unknown): string {
  return `wants a name or password that the address lacks or has wrong (${said(error)}): give redis://NAME:PASSWORD@HOST:PORT. The private Redis of "oneclass serve" takes no workers of others: start one with --redis`
}

/** What a client says of itself is that it has given up; why, its connection knows. */
function saidBy(client: RedisClient, error: unknown): Obstacle {
  const isVague = error instanceof Error && error.name !== 'ReplyError'
  const reason = (isVague ? lastErrorOf(client) : undefined) ?? error
  const text = said((reason as { lastNodeError?: unknown }).lastNodeError ?? reason)
  if (/cluster support disabled/.test(text))
    return { said: 'is no cluster: write redis instead of redis+cluster in its address', kind: 'never' }
  if (/unknown command .sentinel/i.test(text))
    return { said: 'is no Sentinel: write redis instead of redis+sentinel in its address', kind: 'never' }
  return { said: `does not answer as it should (${text})`, kind: 'silent' }
}

/** An unknown command is repeated with what it was given, which may be the password. */
const said = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/, with args.*/s, '')

function unavailable(url: string, why: string): OneclassError {
  return new OneclassError('REDIS_UNAVAILABLE', `Redis at ${withoutPassword(url)} ${why}.`)
}
