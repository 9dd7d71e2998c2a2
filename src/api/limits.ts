/** Every bound of the service in one table; the one in `docs/operations.md` is made from it. */

interface Limit {
  readonly value: number
  readonly unit: Unit
  readonly what: string
  /** What a caller gets who reaches it. */
  readonly at: string
}
type Unit =
  | 'bytes'
  | 'images'
  | 'jobs'
  | 'seconds'
  | 'ms'
  | 'streams'
  | 'connections'
  | 'requests'
  | 'requests a second'

const mebi = 1024 ** 2
const busy = '429 QUEUE_FULL, Retry-After'
const slowDown = '429 RATE_LIMITED, Retry-After'
const tooLarge = '413 BODY_TOO_LARGE'

const limit = (value: number, unit: Unit, what: string, at: string): Limit => ({ value, unit, what, at })

export const limitTable = {
  maxImageBytes: limit(32 * mebi, 'bytes', 'of one image', '413 IMAGE_TOO_LARGE'),
  maxFitImages: limit(5000, 'images', 'of one fit', tooLarge),
  maxUploadImages: limit(5000, 'images', 'of one batch that is uploaded', tooLarge),
  maxFolderImages: limit(
    5_000_000,
    'images',
    'of one batch that is a folder or a prefix of a bucket; what is kept of its results ends it sooner',
    'the batch fails, INVALID_ARGUMENT',
  ),
  maxRequestBytes: limit(512 * mebi, 'bytes', "of one request's images", tooLarge),
  maxModelBytes: limit(256 * mebi, 'bytes', 'of a model file that is imported', tooLarge),
  maxStoredBytes: limit(
    1024 * mebi,
    'bytes',
    'of images and models in Redis, an image counting 720 more than it has; half of what Redis may hold at most',
    busy,
  ),
  maxStoredBytesOfOne: limit(768 * mebi, 'bytes', 'of these, of one caller', busy),
  maxKeptBytes: limit(
    512 * mebi,
    'bytes',
    'of what outlives the work: some 1,000 an image of a batch and three times its name, idempotency keys, outcomes; a quarter of what Redis may hold at most',
    busy,
  ),
  maxKeptBytesOfOne: limit(384 * mebi, 'bytes', 'of these, of one caller', busy),
  maxWaitingJobs: limit(4000, 'jobs', 'of a kind that wait', busy),
  maxWaitingJobsOfOne: limit(2000, 'jobs', 'of these, of one caller', busy),
  maxWaitSeconds: limit(60, 'seconds', 'of `?wait`', '400 INVALID_ARGUMENT'),
  urlTimeoutMs: limit(15_000, 'ms', 'for an image by URL, redirects included', '502 URL_UNREACHABLE'),
  maxStreams: limit(200, 'streams', 'of events and results that are open', slowDown),
  maxStreamsOfOne: limit(100, 'streams', 'of these, of one caller', slowDown),
  maxHeldBytes: limit(
    512 * mebi,
    'bytes',
    'of requests on their way in and long answers on their way out; one caller gets half',
    busy,
  ),
  maxConnections: limit(2000, 'connections', 'that are open', 'the one that has been idle for longest is closed'),
  maxRequestsOfOne: limit(1000, 'requests', 'of one caller under way', slowDown),
  headersTimeoutMs: limit(15_000, 'ms', 'for the headers of a request', '408 REQUEST_TIMEOUT'),
  requestTimeoutMs: limit(300_000, 'ms', 'for all of a request', '408 REQUEST_TIMEOUT'),
  requestsPerSecond: limit(500, 'requests a second', 'of one caller in the long run', slowDown),
  requestBurst: limit(1000, 'requests', 'of one caller at once', slowDown),
} as const

/** Units as in `limitTable`. A caller is a key, or the address where none was asked for. */
export type Limits = { readonly [K in keyof typeof limitTable]: number }

export const defaultLimits = Object.fromEntries(
  Object.entries(limitTable).map(([name, { value }]) => [name, value]),
) as Limits

/** The limits on a Redis of `maxMemory` bytes (0: no bound is known): what we put there has to fit, and leave room for the queues. */
export function limitsFor(maxMemory: number, limits: Limits): Limits {
  if (maxMemory <= 0) return limits
  const stored = Math.min(1, maxMemory / 2 / limits.maxStoredBytes)
  const kept = Math.min(1, maxMemory / 4 / limits.maxKeptBytes)
  return {
    ...limits,
    maxStoredBytes: Math.floor(limits.maxStoredBytes * stored),
    maxStoredBytesOfOne: Math.floor(limits.maxStoredBytesOfOne * stored),
    maxKeptBytes: Math.floor(limits.maxKeptBytes * kept),
    maxKeptBytesOfOne: Math.floor(limits.maxKeptBytesOfOne * kept),
  }
}
