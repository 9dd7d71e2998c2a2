/** Errors as problem details (RFC 9457), and nothing of the inside in them. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { diskFault, type ErrorCode, errorTable, OneclassError } from '../../errors.ts'
import { asRedisError, shownOutside } from '../../queue/redis-errors.ts'
import type { Log } from '../../system/log.ts'
import type { Problem } from '../../wire/error.ts'
import { wrongMediaType } from './media-types.ts'
import { collectMethods } from './methods.ts'

const tellAgainMs = 10_000

export const problemType = 'application/problem+json'

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: OneclassError): FastifyReply {
  const isBusy = errorTable[error.code].retry === 'again' && (error.status === 429 || error.status === 503)
  if (isBusy && !reply.hasHeader('retry-after'))
    reply.header('retry-after', String(Number.isFinite(error.retryAfter) ? error.retryAfter : 5))
  if (error.code === 'UNAUTHORIZED') {
    reply.header('www-authenticate', request.url.startsWith('/admin') ? 'Basic realm="oneclass"' : 'Bearer')
  }
  return reply.code(error.status).type(problemType).send(problemOf(error, request.id))
}

/** @param instance the id of the request */
export function problemOf(error: OneclassError, instance: string): Problem {
  const { status, title } = errorTable[error.code]
  const detail =
    error.code === 'INTERNAL'
      ? 'Something went wrong inside the service: its log has the id of this request.'
      : error.message
  return { type: 'about:blank', title, status, detail, code: error.code, instance }
}

/** To be called before the routes are added. @param onDamage told where something in Redis is not as it was written */
export function handleErrors(app: FastifyInstance, log: Log, onDamage: () => void): void {
  const whyNothing = collectMethods(app)
  let toldOfRedis = Number.NEGATIVE_INFINITY
  /** While Redis is away each request fails of the same. */
  const isToldAlready = ({ code }: OneclassError): boolean => {
    if (code !== 'REDIS_UNAVAILABLE') return false
    const isRecent = performance.now() - toldOfRedis < tellAgainMs
    if (!isRecent) toldOfRedis = performance.now()
    return isRecent
  }
  app.setErrorHandler((thrown: FastifyError | OneclassError | Error, request, reply) => {
    const error = translate(thrown, request)
    if (error.code === 'REDIS_DAMAGED') onDamage()
    if (error.status >= 500 && !isToldAlready(error)) {
      const cause = error.cause instanceof Error ? error.cause : error
      log('error', 'request failed', {
        request: request.id,
        code: error.code,
        error: cause.message,
        stack: cause.stack,
      })
    }
    return sendProblem(request, reply, error)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, whyNothing(request, reply)))
}

/** Fastify's and the multipart parser's errors in our words; what is unknown becomes INTERNAL. */
function translate(error: FastifyError | OneclassError | Error, request: FastifyRequest): OneclassError {
  const known = asRedisError(error, 'redis://')
  if (known instanceof OneclassError) {
    return known.code === 'REDIS_UNAVAILABLE'
      ? new OneclassError('REDIS_UNAVAILABLE', shownOutside(known), { cause: known.cause ?? known })
      : known
  }
  const fault = diskFault(error)
  if (fault !== undefined) return fault
  const { code = '', statusCode = 500 } = error as FastifyError
  const make = (ours: ErrorCode, message: string) => new OneclassError(ours, message, { cause: error })
  if (/FST_REQ_FILE_TOO_LARGE/.test(code))
    return make('IMAGE_TOO_LARGE', 'An image has more bytes than this service takes.')
  if (/FST_(FILES|FIELDS|PARTS)_LIMIT/.test(code))
    return make('BODY_TOO_LARGE', 'The form has more parts than this service takes.')
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return make('BODY_TOO_LARGE', 'The body has more bytes than this service takes.')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415) return wrongMediaType(request, error)
  if (statusCode >= 400 && statusCode < 500) return make('INVALID_ARGUMENT', sentence(error.message))
  return make('INTERNAL', error.message)
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
