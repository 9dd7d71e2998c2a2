/** The OpenAPI 3.1 document, made from the routes themselves. */
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import type { Scope } from '../../service/key-store.ts'
import { Problem } from '../../wire/error.ts'
import { problemType } from '../http/problem.ts'
import type { RouteDocs } from '../http/route.ts'

interface Documented {
  readonly method: string
  readonly url: string
  readonly scope: Scope | null
  readonly docs: RouteDocs & { params?: TSchema; query?: TSchema; body?: TSchema }
}

/** To be called before the routes are added; what it returns makes the document, once. */
export function collectDocs(app: FastifyInstance, version: string): () => OpenApi {
  const routes: Documented[] = []
  let document: OpenApi | undefined
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.docs === undefined || method === 'HEAD') return
    routes.push({ method: String(method).toLowerCase(), url, scope: config.scope ?? null, docs: config.docs })
  })
  return () => {
    document ??= build(routes, version)
    return document
  }
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description?: string
  readonly schema: unknown
}

export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { required: boolean; content: Readonly<Record<string, { schema: unknown }>> }
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, { schema: unknown }>> }>
  >
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

export interface OpenApi {
  readonly openapi: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description: string
    readonly license: { name: string; identifier: string }
  }
  readonly tags: readonly { name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: unknown
}

function build(routes: readonly Documented[], version: string): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) {
    const path = route.url.replace(/:([A-Za-z]+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method] = operation(route, path)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'oneclass',
      version,
      description:
        'Show it images of one thing, then ask of any image whether it belongs. Errors are problem details (RFC 9457) with a `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...new Set(routes.map(({ docs }) => docs.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: plain(Problem) },
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of "oneclass keys create", of scope classify or manage. On a loopback address none is asked for until one exists.',
        },
      },
    },
  }
}

function operation({ method, scope, docs }: Documented, path: string): Operation {
  const parameters: Parameter[] = [...parametersOf(docs.params, 'path'), ...parametersOf(docs.query, 'query')]
  const content: Record<string, { schema: unknown }> = {}
  if (docs.body) content['application/json'] = { schema: plain(docs.body) }
  if (docs.multipart)
    content['multipart/form-data'] = { schema: plain({ ...docs.multipart, additionalProperties: false }) }
  if (docs.takesImage) content['image/*'] = { schema: { type: 'string', format: 'binary' } }
  if (method === 'post' && docs.multipart) {
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key names the same job for a day',
      schema: { type: 'string', maxLength: 255 },
    })
  }
  const answers = Object.entries(docs.answers).map(([status, { description, schema, type }]) => [
    status,
    {
      description,
      ...(schema === undefined ? {} : { content: { [type ?? 'application/json']: { schema: plain(schema) } } }),
    },
  ])
  return {
    operationId: `${method}${path.replace(/\{([a-z])/gi, (_, first: string) => `By${first.toUpperCase()}`).replace(/[^A-Za-z0-9]+([a-zA-Z0-9]?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: docs.summary,
    ...(docs.description === undefined ? {} : { description: docs.description }),
    tags: [docs.tag],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(Object.keys(content).length === 0 ? {} : { requestBody: { required: true, content } }),
    responses: {
      ...(Object.fromEntries(answers) as Operation['responses']),
      default: {
        description: 'An error',
        content: { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    security: scope === null ? [] : [{ key: [scope] }],
  }
}

function parametersOf(schema: TSchema | undefined, where: 'path' | 'query'): Parameter[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, { description?: string }>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(property.description === undefined ? {} : { description: property.description }),
    schema: plain(property as TSchema),
  }))
}

/** Without TypeBox's own marks, which are no part of JSON Schema. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key.startsWith('~') ? undefined : value)))
}
