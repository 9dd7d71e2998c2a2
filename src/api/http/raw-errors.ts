/**
 * Errors before there is a route: an address that is none, HTTP that is none, a caller who does not come to the end. Problems like all
 * others.
 */
import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorTable, OneclassError } from '../../errors.ts'
import { problemOf, problemType, sendProblem } from './problem.ts'
import { headersOfAnswer } from './security.ts'

/** An address that cannot be decoded, or that is too long. */
export function onBadAddress(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(headersOfAnswer)) reply.header(name, value)
  reply.header('x-request-id', request.id)
  void sendProblem(request, reply, new OneclassError('INVALID_ARGUMENT', 'The address cannot be read, or is too long.'))
}

/** What Node's parser refuses: there is no request yet, only a connection, which ends with the answer. */
export function onBadConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = problemOf(translate(error.code ?? ''), randomUUID())
  const body = JSON.stringify(problem)
  const headers = {
    'content-type': problemType,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
    ...headersOfAnswer,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const { status } = errorTable[problem.code]
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
  // a caller who does not read the answer keeps nothing open
  setTimeout(() => socket.destroy(), 2000).unref()
}

function translate(code: string): OneclassError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new OneclassError('REQUEST_TIMEOUT', 'The request did not arrive in time.')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new OneclassError('HEADERS_TOO_LARGE', 'The headers, or the address, have too many bytes.')
  return new OneclassError('INVALID_ARGUMENT', 'This is not a request that HTTP knows.')
}
