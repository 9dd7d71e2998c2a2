/** What Redis and its clients say when they fail, as our own errors. */
import { OneclassError } from '../errors.ts'
import { withoutPassword } from './connection.ts'

/** How messages begin that say so. */
export const redisIsFull = 'Redis takes no more data'

/** Lost connections, and a Redis that is full, as our own error; everything else as it is. */
export function asRedisError(error: unknown, url: string): unknown {
  if (error instanceof OneclassError) return error
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error)
  if (/\b(OOM|MISCONF)\b/.test(text)) {
    return new OneclassError('REDIS_UNAVAILABLE', `${redisIsFull}: try again later, or give Redis more room.`, {
      cause: error,
    })
  }
  if (
    /MaxRetriesPerRequest|ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|Connection is closed|Command timed out|LOADING|CLUSTERDOWN|MASTERDOWN|READONLY|BUSY|NOPERM|NOAUTH|WRONGPASS|All sentinels/.test(
      text,
    )
  ) {
    return new OneclassError('REDIS_UNAVAILABLE', `Redis at ${withoutPassword(url)} cannot be reached.`, {
      cause: error,
    })
  }
  return error
}

export type Guard = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => (...args: A) => Promise<R>

/** The port with every method guarded. */
export function guardAll<T extends object>(port: T, guard: Guard): T {
  const guarded = Object.entries(port).map(([name, method]) => [
    name,
    guard(method as (...args: unknown[]) => Promise<unknown>),
  ])
  return Object.fromEntries(guarded) as T
}
