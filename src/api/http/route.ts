/** A route is its schemas and a few lines: what is declared here validates, types the handler and documents. */
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import { OneclassError } from '../../errors.ts'
import type { Scope } from '../../service/key-store.ts'
import { Problem } from '../../wire/error.ts'
import { converted, unknownName, wrongIn } from './check.ts'
import { wrongMediaType } from './media-types.ts'

export interface Answer {
  readonly description: string
  readonly schema?: TSchema
  /** Default application/json. */
  readonly type?: string
}

export interface RouteDocs {
  readonly summary: string
  readonly description?: string
  readonly tag: string
  /** A body of parts; files are `Type.String({ format: 'binary' })` or arrays of it. Parsed by the handler. */
  readonly multipart?: TSchema
  /** The bytes of one image may be the whole body, of type image/*: it is then a Buffer. */
  readonly takesImage?: boolean
  readonly answers: Readonly<Record<number, Answer>>
}

export interface RouteDefinition<P extends TSchema, Q extends TSchema, B extends TSchema> extends RouteDocs {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly scope: Scope | null
  readonly params?: P
  readonly query?: Q
  /** The JSON body. With `multipart` beside it, either is taken. */
  readonly body?: B
  readonly bodyLimit?: number
  /** It takes more than some milliseconds of this process: of one caller one at a time. */
  readonly inTurn?: boolean
  handle(call: {
    params: Static<P>
    query: Static<Q>
    body: Static<B>
    request: FastifyRequest
    reply: FastifyReply
  }): Promise<unknown>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    docs?: RouteDocs & { params?: TSchema; query?: TSchema; body?: TSchema }
  }
}

export function route<P extends TSchema, Q extends TSchema, B extends TSchema>(
  app: FastifyInstance,
  definition: RouteDefinition<P, Q, B>,
): void {
  const { method, url, scope, params, query, body, multipart, takesImage, summary, description, tag, answers } =
    definition
  const docs = {
    summary,
    tag,
    answers,
    ...(description === undefined ? {} : { description }),
    ...(multipart === undefined ? {} : { multipart }),
    ...(takesImage === undefined ? {} : { takesImage }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
  }
  app.route({
    method,
    url,
    schema: {
      params: params ?? Type.Object({}),
      // probes of load balancers ask as they like
      ...(scope === null ? {} : { querystring: query ?? Type.Object({}) }),
      ...(body === undefined ? {} : { body: { content: { 'application/json': { schema: body } } } }),
      response: {
        ...Object.fromEntries(
          Object.entries(answers).flatMap(([status, { schema, type }]) =>
            schema && !type ? [[status, Number(status) < 400 ? schema : Type.Union([schema, Problem])]] : [],
          ),
        ),
        '4xx': Problem,
        '5xx': Problem,
      },
    },
    config: { scope, docs, ...(definition.inTurn && { inTurn: true }) },
    ...(definition.bodyLimit === undefined ? {} : { bodyLimit: definition.bodyLimit }),
    handler: async (request, reply) => {
      if (body !== undefined) assertBody(request, multipart !== undefined)
      else if (multipart === undefined) assertNoBody(request)
      else if (!request.isMultipart()) throw wrongMediaType(request)
      try {
        return await definition.handle({
          params: request.params as Static<P>,
          query: request.query as Static<Q>,
          body: request.body as Static<B>,
          request,
          reply,
        })
      } finally {
        await request.owned.release()
      }
    },
  })
}

/** The schema is asked only where there is a body of its type: no body, or a form where none is taken, is refused here. */
function assertBody(request: FastifyRequest, takesForms: boolean): void {
  if (request.isMultipart()) {
    if (takesForms) return
    throw wrongMediaType(request)
  }
  if (typeof request.body !== 'object' || request.body === null) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      takesForms ? 'Expected a form or a JSON object as the body.' : 'Expected a JSON object as the body.',
    )
  }
}

/** What is sent along is meant to count. */
function assertNoBody(request: FastifyRequest): void {
  const { body } = request
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body)))
    throw new OneclassError('INVALID_ARGUMENT', 'This request takes no body.')
  const [name] = Object.keys(body ?? {})
  if (name !== undefined) throw new OneclassError('INVALID_ARGUMENT', unknownName('body', name, []))
  if (request.isMultipart()) throw new OneclassError('UNSUPPORTED_MEDIA_TYPE', 'This request takes no form.')
}

/** Validation by TypeBox itself. Numbers and booleans in an address are text and are converted; bodies are taken as they are. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const place = httpPart === 'body' ? 'body' : httpPart === 'querystring' ? 'query' : 'address'
  return (data: unknown) => {
    const value = httpPart === 'body' ? data : converted(schema, data)
    const wrong = wrongIn(place, schema, value)
    return wrong === undefined ? { value } : { error: new Error(wrong) }
  }
}
