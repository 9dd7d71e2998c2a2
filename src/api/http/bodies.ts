/**
 * Bodies on their way in, and answers on their way out to callers who take their time: what they hold of the memory is counted. A caller
 * who goes on sending after the answer was given is cut off.
 */
import { Transform } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { OneclassError } from '../../errors.ts'
import { refuseJson } from '../../system/json-shape.ts'
import { callerOf } from './access.ts'
import { createHeldBytes, type Held } from './held-bytes.ts'
import { assertPlain, wrongMediaType } from './media-types.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Memory that this request takes; given back when it is answered. */
    held: Held
  }
  interface FastifyReply {
    /** The answer's bytes are kept anyway, and the same for all. */
    sharesBytes: boolean
  }
}

/** The longest request is a list of some thousand images. */
const bodyShape = { maxDepth: 16, maxValues: 100_000 }

/** Bytes of an answer from which on it is counted. */
const longAnswer = 64 * 1024

/** Milliseconds in which a caller may read the answer to a body that was not read to its end. */
const lingerMs = 2000

/** To be called after the access guard: callers are told apart by their keys. */
export function guardBodies(app: FastifyInstance, maxHeldBytes: number): void {
  const held = createHeldBytes(maxHeldBytes)
  app.decorateRequest('held')
  app.decorateReply('sharesBytes', false)
  app.addHook('onRequest', async (request, reply) => {
    request.held = held.open(() => callerOf(request))
    reply.raw.once('close', () => request.held.end())
  })
  app.removeContentTypeParser('application/json')
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const refusal = refuseJson(body as string, bodyShape)
    // clients that name a type whatever they send: whether a body is needed, the route says
    if (body === '') done(null, undefined)
    else if (refusal === undefined) void parse(request, body as string, done)
    else done(new OneclassError('INVALID_ARGUMENT', `The body is no request of this service: ${refusal}.`))
  })
  app.addContentTypeParser(/^image\//, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  // JSON and bare images are collected by the framework: counted as they pass. Forms are counted where they are read (`uploads.ts`).
  app.addHook('preParsing', async (request, _reply, payload) => {
    assertPlain(request)
    const type = request.headers['content-type'] ?? ''
    const isImage = /^\s*image\//i.test(type)
    if (isImage && !request.routeOptions.config.docs?.takesImage) throw wrongMediaType(request)
    if (!isImage && !/^\s*application\/json/i.test(type)) return payload
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        try {
          request.held.take(chunk.length)
          done(null, chunk)
        } catch (error) {
          done(error as Error)
        }
      },
    })
    payload.once('error', (error) => counted.destroy(error))
    payload.once('close', () => {
      if (!counted.writableEnded) counted.destroy()
    })
    return payload.pipe(counted)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (!(typeof payload === 'string' || Buffer.isBuffer(payload)) || reply.sharesBytes) return
    if (payload.length > longAnswer) request.held.take(Math.min(payload.length, maxHeldBytes / 2))
  })
  app.addHook('onResponse', async (request) => {
    const { raw } = request
    if (raw.complete) return
    raw.unpipe()
    raw.resume() // to nowhere
    // not at once: a reset would take the answer away from a caller who is still sending
    setTimeout(() => {
      if (!raw.complete) raw.destroy()
    }, lingerMs).unref()
  })
}
