/**
 * The one table of errors: every failure that a user can meet has a code, an HTTP status, whether to try again, and whose it is.
 * `docs/errors.md` is made from it.
 * The CLI prints `message`; the API answers `application/problem+json` with `code` and `status`.
 */
export interface ErrorFacts {
  readonly status: number
  readonly title: string
  /** May the same request succeed a little later? */
  readonly retry: 'again' | 'never'
  /**
   * What has to change: what the caller asks for, the image, or something of the service. An error that blames the service says nothing
   * about the image that it stands beside.
   */
  readonly blames: Blamed
}
export type Blamed = 'caller' | 'image' | 'service'

const fact =
  (retry: ErrorFacts['retry']) =>
  (blames: Blamed, status: number, title: string): ErrorFacts => ({ status, title, retry, blames })
const never = fact('never')
const again = fact('again')

export const errorTable = {
  // misuse
  INVALID_ARGUMENT: never('caller', 400, 'An argument is missing or has a wrong value'),
  MODEL_NAME_INVALID: never(
    'caller',
    400,
    'A model name has 1 to 64 letters, digits, ".", "_" or "-", begins with a letter or digit, and is not "all"',
  ),
  ALPHA_INVALID: never('caller', 400, 'alpha is a number between 0 and 1, both excluded'),
  // images
  FOLDER_NOT_FOUND: never('caller', 404, 'The folder does not exist or cannot be read'),
  FOLDER_EMPTY: never('caller', 422, 'The folder holds no images'),
  IMAGE_NOT_FOUND: never('image', 404, 'The image does not exist or cannot be read'),
  IMAGE_UNREADABLE: never('image', 422, 'The file is not an image that can be decoded'),
  IMAGE_UNSUPPORTED: never('image', 415, 'The image format is not accepted'),
  IMAGE_TOO_LARGE: never('image', 413, 'The image has too many bytes or pixels'),
  TOO_FEW_IMAGES: never('caller', 422, 'There are too few readable images to fit a model'),
  IMAGES_IDENTICAL: never('caller', 422, 'The images are all the same'),
  NO_FACE: never('image', 422, 'No face was found in the image'),
  SEVERAL_FACES: never('image', 422, 'Several faces were found in the image'),
  // features
  FEATURES_UNREADABLE: never('caller', 422, 'The feature file is not a float32 or float64 NPY matrix'),
  FEATURES_WRONG_WIDTH: never('caller', 422, 'The features have another width than the model'),
  FEATURES_NOT_FINITE: never('caller', 422, 'The features hold NaN or infinite values'),
  // models and backbones
  MODEL_NOT_FOUND: never('caller', 404, 'No such model'),
  MODEL_CORRUPT: never('caller', 422, 'The model file is damaged or is not a model file'),
  MODEL_INCOMPATIBLE: never('caller', 422, 'The model was made by another format version or cannot take this input'),
  BACKBONE_NOT_FOUND: never('caller', 404, 'No such backbone'),
  BACKBONE_INVALID: never('caller', 422, 'The backbone file or its manifest cannot be used'),
  BACKBONE_MISMATCH: never('caller', 409, 'The backbone is not the one that the model was fitted with'),
  DEPENDENCY_MISSING: never('caller', 501, 'An optional package is not installed'),
  DEVICE_UNAVAILABLE: never('service', 503, 'The device that networks shall run on cannot be used'),
  DOWNLOAD_FAILED: again('service', 502, 'A download failed'),
  // service
  UNAUTHORIZED: never('caller', 401, 'An API key is required'),
  FORBIDDEN: never('caller', 403, 'The API key does not allow this'),
  PATH_NOT_ALLOWED: never('caller', 403, 'The path is not below a served root'),
  URL_NOT_ALLOWED: never('caller', 403, 'The URL may not be fetched'),
  URL_UNREACHABLE: again('image', 502, 'The URL could not be fetched'),
  BUCKET_NOT_FOUND: never('caller', 404, 'The bucket does not exist'),
  STORAGE_REFUSED: never('service', 502, 'The object store refuses what the service asks for'),
  STORAGE_UNAVAILABLE: again('service', 503, 'The object store cannot be reached or is busy'),
  NOT_FOUND: never('caller', 404, 'No such resource'),
  METHOD_NOT_ALLOWED: never('caller', 405, 'The address does not take this method'),
  JOB_NOT_FOUND: never('caller', 404, 'No such job'),
  CONFLICT: never('caller', 409, 'The request conflicts with the present state'),
  UNSUPPORTED_MEDIA_TYPE: never('caller', 415, 'The body has a type that is not accepted'),
  BODY_TOO_LARGE: never('caller', 413, 'The request body is too large'),
  HEADERS_TOO_LARGE: never('caller', 431, 'The request headers are too large'),
  REQUEST_TIMEOUT: never('caller', 408, 'The request took too long to arrive'),
  RATE_LIMITED: again('caller', 429, 'Too many requests'),
  QUEUE_FULL: again('service', 429, 'The queue is full'),
  WORKER_DIED: never('service', 503, 'Workers ended while they had the job'),
  JOB_TIMEOUT: never('service', 504, 'The job took too long'),
  JOB_EXPIRED: never('service', 410, 'The job input is no longer there'),
  CANCELLED: never('caller', 409, 'The job was cancelled'),
  STOPPING: again('service', 503, 'The service is stopping'),
  REDIS_UNAVAILABLE: again('service', 503, 'Redis cannot be reached'),
  REDIS_DAMAGED: again('service', 503, 'Redis holds something else than this service keeps there'),
  REDIS_NOT_INSTALLED: never('service', 503, 'No redis-server was found'),
  PORT_IN_USE: never('service', 503, 'The port is in use'),
  DISK_UNAVAILABLE: again(
    'service',
    503,
    'Files cannot be written or read: the disk is full, read-only or failing, or they are not ours',
  ),
  INTERNAL: again('service', 500, 'An internal error'),
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

  /** A fault of the service that may pass: a job is tried again after it, and an image is not blamed for it. */
  get isPassing(): boolean {
    const { retry, blames } = errorTable[this.code]
    return retry === 'again' && blames === 'service'
  }

  get status(): number {
    return errorTable[this.code].status
  }

  /** The form of `ErrorBody` (`wire/error.ts`). */
  toJSON(): { readonly code: ErrorCode; readonly message: string } {
    return { code: this.code, message: this.message }
  }
}

/** What the system says where its disk, and no program, is at fault; without paths, which are nobody's business outside. */
const diskFaults: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room on it, or name another data directory',
  EDQUOT: 'The share of the disk that this user may fill is full: make room, or name another data directory',
  EROFS: 'The file system is read-only: name another data directory, or mount it for writing',
  EIO: 'The disk does not read or write (EIO): the log of the system says more',
  EACCES: 'This user has no right to a file or folder that is needed: see its owner and mode',
  EPERM: 'This user has no right to a file or folder that is needed: see its owner and mode',
  ENOTDIR: 'A file stands where a folder is needed: move it away, or name another place',
  EEXIST: 'A file stands where a folder is needed: move it away, or name another place',
  EISDIR: 'A folder stands where a file is needed: move it away, or name another place',
  ENAMETOOLONG: 'A path is too long for this system: name a shorter one',
  ELOOP: 'Links lead in a circle: remove one of them',
  EMFILE: 'This process may not open more files: raise the limit ("ulimit -n")',
  ENFILE: 'This machine may not open more files: raise its limit',
}

/** The error where it is one of the disk, which passes when somebody makes room. Its cause may tell the `path`. */
export function diskFault(error: unknown): OneclassError | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  const said = typeof code === 'string' && Object.hasOwn(diskFaults, code) ? diskFaults[code] : undefined
  return said === undefined ? undefined : new OneclassError('DISK_UNAVAILABLE', `${said}.`, { cause: error })
}

/** Any thrown value as an `OneclassError`; what was not expected becomes `INTERNAL` and keeps its cause. */
export function toOneclassError(error: unknown): OneclassError {
  if (error instanceof OneclassError) return error
  const fault = diskFault(error)
  if (fault !== undefined) return fault
  // whoever asks for the current folder after it was removed
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd')
    return new OneclassError('INVALID_ARGUMENT', 'The current folder was removed: go to another one.', { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new OneclassError('INTERNAL', message, { cause: error })
}

/**
 * A value that is there unless the program is wrong. @param what it is, for the log
 * @throws INTERNAL
 */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new OneclassError('INTERNAL', `Expected ${what}, but there is none.`)
  return value
}
