/**
 * The one table of errors: every failure that a user can meet has a code, an HTTP status and a way out.
 * The CLI prints `message`; the API answers `application/problem+json` with `code` and `status`.
 */
export const errorTable = {
  // misuse
  INVALID_ARGUMENT: { status: 400, title: 'An argument is missing or has a wrong value' },
  MODEL_NAME_INVALID: {
    status: 400,
    title: 'A model name has 1 to 64 letters, digits, ".", "_" or "-", and begins with a letter or digit',
  },
  ALPHA_INVALID: { status: 400, title: 'alpha is a number between 0 and 1, both excluded' },
  // images
  FOLDER_NOT_FOUND: { status: 404, title: 'The folder does not exist or cannot be read' },
  FOLDER_EMPTY: { status: 422, title: 'The folder holds no images' },
  IMAGE_NOT_FOUND: { status: 404, title: 'The image does not exist or cannot be read' },
  IMAGE_UNREADABLE: { status: 422, title: 'The file is not an image that can be decoded' },
  IMAGE_UNSUPPORTED: { status: 415, title: 'The image format is not accepted' },
  IMAGE_TOO_LARGE: { status: 413, title: 'The image has too many bytes or pixels' },
  TOO_FEW_IMAGES: { status: 422, title: 'There are too few readable images to fit a model' },
  IMAGES_IDENTICAL: { status: 422, title: 'The images are all the same' },
  NO_FACE: { status: 422, title: 'No face was found in the image' },
  SEVERAL_FACES: { status: 422, title: 'Several faces were found in the image' },
  // features
  FEATURES_UNREADABLE: { status: 422, title: 'The feature file is not a float32 or float64 NPY matrix' },
  FEATURES_WRONG_WIDTH: { status: 422, title: 'The features have another width than the model' },
  FEATURES_NOT_FINITE: { status: 422, title: 'The features hold NaN or infinite values' },
  // models and backbones
  MODEL_NOT_FOUND: { status: 404, title: 'No such model' },
  MODEL_CORRUPT: { status: 422, title: 'The model file is damaged or is not a model file' },
  MODEL_INCOMPATIBLE: { status: 422, title: 'The model was made by another format version or cannot take this input' },
  BACKBONE_NOT_FOUND: { status: 404, title: 'No such backbone' },
  BACKBONE_INVALID: { status: 422, title: 'The backbone file or its manifest cannot be used' },
  BACKBONE_MISMATCH: { status: 409, title: 'The backbone is not the one that the model was fitted with' },
  DEPENDENCY_MISSING: { status: 501, title: 'An optional package is not installed' },
  DOWNLOAD_FAILED: { status: 502, title: 'A download failed' },
  // service
  UNAUTHORIZED: { status: 401, title: 'An API key is required' },
  FORBIDDEN: { status: 403, title: 'The API key does not allow this' },
  PATH_NOT_ALLOWED: { status: 403, title: 'The path is not below a served root' },
  URL_NOT_ALLOWED: { status: 403, title: 'The URL may not be fetched' },
  URL_UNREACHABLE: { status: 502, title: 'The URL could not be fetched' },
  NOT_FOUND: { status: 404, title: 'No such resource' },
  JOB_NOT_FOUND: { status: 404, title: 'No such job' },
  CONFLICT: { status: 409, title: 'The request conflicts with the present state' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body has a type that is not accepted' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request headers are too large' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  QUEUE_FULL: { status: 429, title: 'The queue is full' },
  WORKER_DIED: { status: 503, title: 'Workers ended while they had the job' },
  JOB_TIMEOUT: { status: 504, title: 'The job took too long' },
  JOB_EXPIRED: { status: 410, title: 'The job input is no longer there' },
  CANCELLED: { status: 409, title: 'The job was cancelled' },
  STOPPING: { status: 503, title: 'The service is stopping' },
  REDIS_UNAVAILABLE: { status: 503, title: 'Redis cannot be reached' },
  REDIS_NOT_INSTALLED: { status: 503, title: 'No redis-server was found' },
  PORT_IN_USE: { status: 503, title: 'The port is in use' },
  INTERNAL: { status: 500, title: 'An internal error' },
} as const

export type ErrorCode = keyof typeof errorTable

/** An expected failure. `message` is one sentence that says what was wrong and what to do about it. */
export class OneclassError extends Error {
  readonly code: ErrorCode

  /** Seconds after which the same may be tried again, where that is known. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfter?: number }) {
    super(message, options)
    this.retryAfter = options?.retryAfter
    this.name = 'OneclassError'
    this.code = code
  }

  get status(): number {
    return errorTable[this.code].status
  }

  /** The form of `ErrorBody` (`wire/error.ts`). */
  toJSON(): { readonly code: ErrorCode; readonly message: string } {
    return { code: this.code, message: this.message }
  }
}

/** Any thrown value as an `OneclassError`; what was not expected becomes `INTERNAL` and keeps its cause. */
export function toOneclassError(error: unknown): OneclassError {
  if (error instanceof OneclassError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new OneclassError('INTERNAL', message, { cause: error })
}
