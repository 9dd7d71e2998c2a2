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
  /** Bytes that wait in Redis. */
  readonly maxStoredBytes: number
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
  maxWaitingJobs: 4000,
  maxWaitingJobsOfOne: 2000,
  maxWaitSeconds: 60,
  urlTimeoutMs: 15_000,
  maxStreams: 200,
  maxStreamsOfOne: 100,
  maxHeldBytes: 512 * mebi,
  maxConnections: 2000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  requestsPerSecond: 500,
  requestBurst: 1000,
}
