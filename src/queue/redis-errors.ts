/** What Redis and its clients say when they fail, as our own errors. */
import { OneclassError } from '../errors.ts'
import { withoutPassword } from './redis-address.ts'
import { type Refusal, refusalOf } from './redis-refusals.ts'

/** How messages begin that say so. */
export const redisTakesNoData = 'Redis takes no more data'
export const redisRefuses = 'Redis refuses what this service needs of it'

const unavailable = (cause: unknown, message: string) => new OneclassError('REDIS_UNAVAILABLE', message, { cause })

/** What each refusal is said as. @param at the address */
const sentences: Readonly<Record<Refusal, (at: string) => string>> = {
  full: () => `${redisTakesNoData}: try again later, or give Redis more room.`,
  replicas: () =>
    `${redisTakesNoData}: fewer replicas follow it than it wants (min-replicas-to-write); try again later, or see to the replicas.`,
  replica: (at) =>
    `${redisTakesNoData}: the one at ${at} is a replica; try again in a few seconds, or name its master.`,
  away: (at) => `Redis at ${at} cannot answer now: try again in a few seconds.`,
  refused: (at) =>
    `Redis at ${at} refuses this service: the name or password in its address, or the rights of that user, do not fit.`,
}

/** What Redis says where a key holds another kind of value, or a number is none: somebody else wrote there. */
const damage =
  /WRONGTYPE|value is not an integer|value is not a valid float|would overflow|exhausted the last possible ID|smaller than the target stream top item/

export function isDamage(error: unknown): boolean {
  if (error instanceof OneclassError) return error.code === 'REDIS_DAMAGED'
  return error instanceof Error && damage.test(error.message)
}

/** @param what is not as it was written */
export function damaged(what: string, cause?: unknown): OneclassError {
  return new OneclassError('REDIS_DAMAGED', `${what} in Redis is not what this service wrote there.`, { cause })
}

/** What clients say where nothing answers. */
const lost =
  /MaxRetriesPerRequest|ClusterAllFailed|ECONN|ETIMEDOUT|ENOTFOUND|EPIPE|Connection is closed|Command timed out|All sentinels/

/**
 * Lost connections, a Redis that does not do what it is told, and keys that somebody else wrote to, as our own error; everything else as
 * it is.
 */
export function asRedisError(error: unknown, url: string): unknown {
  if (error instanceof OneclassError) return error
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error)
  const refusal = refusalOf(error)
  if (refusal !== undefined) return unavailable(error, sentences[refusal](withoutPassword(url)))
  if (lost.test(text)) return unavailable(error, `Redis at ${withoutPassword(url)} cannot be reached.`)
  if (isDamage(error)) {
    return new OneclassError(
      'REDIS_DAMAGED',
      'A key in Redis holds something else than this service keeps there; what it can do without is taken away: try again in some seconds.',
      { cause: error, retryAfter: 5 },
    )
  }
  return error
}

/** What anybody may read of an error about Redis: no address. */
export function shownOutside(error: OneclassError): string {
  if (error.code !== 'REDIS_UNAVAILABLE') return error.message
  if (error.message.startsWith(redisTakesNoData)) return `${redisTakesNoData}: try again later.`
  if (error.message.startsWith(redisRefuses)) return error.message
  if (refusalOf(error.cause) === 'refused') return `${redisRefuses}: the log of the service says more.`
  return 'The queue cannot be reached: try again in a few seconds.'
}

export type Guard = <A extends unknown[], R>(work: (...args: A) => Promise<R>) => (...args: A) => Promise<R>

/** Makes what is thrown our own error (`asRedisError`). */
export function redisGuard(url: string): Guard {
  return (work) =>
    async (...args) => {
      try {
        return await work(...args)
      } catch (error) {
        throw asRedisError(error, url)
      }
    }
}

/** The port with every method guarded. */
export function guardAll<T extends object>(port: T, guard: Guard): T {
  const guarded = Object.entries(port).map(([name, method]) => [
    name,
    guard(method as (...args: unknown[]) => Promise<unknown>),
  ])
  return Object.fromEntries(guarded) as T
}
