/** Every bound of the service, in one object. */
export interface Limits {
  readonly maxImageBytes: number
  /** Files of one fit. */
  readonly maxFitImages: number
  /** Images of one batch that is uploaded, and of one that is a folder. */
  readonly maxUploadImages: number
  readonly maxFolderImages: number
  /** Bytes of one request's images. */
  readonly maxRequestBytes: number
  /** Bytes of a model file that is imported. */
  readonly maxModelBytes: number
  /** Bytes of images and models in Redis, of all callers and of one; at most half of what Redis may hold. */
  readonly maxStoredBytes: number
  readonly maxStoredBytesOfOne: number
  /** Bytes of names, results and other things that are kept for a day or longer; at most a quarter of what Redis may hold. */
  readonly maxKeptBytes: number
  readonly maxKeptBytesOfOne: number
  /** Jobs of a kind that wait, of all callers and of one. */
  readonly maxWaitingJobs: number
  readonly maxWaitingJobsOfOne: number
  /** Seconds of `?wait`. */
  readonly maxWaitSeconds: number
  readonly urlTimeoutMs: number
  /** Open event and result streams, of all and of one caller. */
  readonly maxStreams: number
  readonly maxStreamsOfOne: number
  /** Bytes of requests that the API process holds at a time; one caller gets half. */
  readonly maxHeldBytes: number
  readonly maxConnections: number
  /** Requests of one caller that are under way. */
  readonly maxRequestsOfOne: number
  /** Milliseconds for the headers of a request, and for all of it: a caller who sends a byte a minute is cut off. */
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly requestsPerSecond: number
  readonly requestBurst: number
}

const mebi = 1024 ** 2

export const defaultLimits: Limits = {
  maxImageBytes: 32 * mebi,
  maxFitImages: 5000,
  maxUploadImages: 5000,
  maxFolderImages: 200_000,
  maxRequestBytes: 512 * mebi,
  maxModelBytes: 256 * mebi,
  maxStoredBytes: 1024 * mebi,
  maxStoredBytesOfOne: 768 * mebi,
  maxKeptBytes: 512 * mebi,
  maxKeptBytesOfOne: 384 * mebi,
  maxWaitingJobs: 4000,
  maxWaitingJobsOfOne: 2000,
  maxWaitSeconds: 60,
  urlTimeoutMs: 15_000,
  maxStreams: 200,
  maxStreamsOfOne: 100,
  maxHeldBytes: 512 * mebi,
  maxConnections: 2000,
  maxRequestsOfOne: 1000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  requestsPerSecond: 500,
  requestBurst: 1000,
}

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
