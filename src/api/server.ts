/** The HTTP application, built here and listening elsewhere: tests inject requests into it. */
import { randomUUID } from 'node:crypto'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import { OneclassError } from '../errors.ts'
import type { KeyStore } from '../service/key-store.ts'
import type { ApiContext } from './context.ts'
import { collectDocs } from './docs/openapi.ts'
import { guardAccess } from './http/access.ts'
import { checkAnswers } from './http/answers.ts'
import { guardBodies } from './http/bodies.ts'
import { boundConnections, boundRequests } from './http/connections.ts'
import { type Outside, prefixLocations, withoutBasePath } from './http/outside.ts'
import { ownBlobs } from './http/owned-blobs.ts'
import { handleErrors } from './http/problem.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { onBadAddress, onBadConnection } from './http/raw-errors.ts'
import { traceRequests } from './http/request-spans.ts'
import { validatorCompiler } from './http/route.ts'
import { secureHeaders } from './http/security.ts'
import type { Streams } from './http/streams.ts'
import { takeTurns } from './http/turns.ts'
import { batchRoutes } from './routes/batches.ts'
import { boardRoutes } from './routes/board.ts'
import { classifyRoutes } from './routes/classify.ts'
import { classifyManyRoutes } from './routes/classify-many.ts'
import { comparisonRoutes } from './routes/comparisons.ts'
import { demoRoutes } from './routes/demo.ts'
import { faceRoutes } from './routes/faces.ts'
import { fitRoutes } from './routes/fits.ts'
import { jobRoutes } from './routes/jobs.ts'
import { mapRoutes } from './routes/maps.ts'
import { modelFileRoutes } from './routes/model-files.ts'
import { modelRoutes } from './routes/models.ts'
import { operationRoutes } from './routes/operations.ts'
import { pageRoutes } from './routes/pages.ts'
import { positiveRoutes } from './routes/positives.ts'
import { promiseRoutes } from './routes/promises.ts'
import { reviewRoutes } from './routes/reviews.ts'
import { serviceRoutes } from './routes/service.ts'

export interface ServerOptions {
  readonly keys: KeyStore
  /** True when the address that it listens on is reached from this machine only. */
  readonly isLoopback: boolean
  /** How callers reach it, where a proxy stands in front. */
  readonly outside: Outside
  /** Where the built page is. */
  readonly webFolder: string
  readonly version: string
}

export async function buildServer(context: ApiContext, options: ServerOptions): Promise<FastifyInstance> {
  const { limits, log, metrics } = context
  const app = Fastify({
    logger: false, // ours below: what a request was, and nothing that it carried
    genReqId: () => randomUUID(),
    bodyLimit: 64 * 1024,
    connectionTimeout: 120_000,
    requestTimeout: limits.requestTimeoutMs,
    // longer than proxies keep an idle connection (60 s is usual): what they send into one that just ended is lost
    keepAliveTimeout: 75_000,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(5000, limits.headersTimeoutMs),
      maxHeaderSize: 16_384,
      requireHostHeader: false, // Node's own answer is no problem: who needs a host asks for it (`access.ts`)
    },
    routerOptions: { maxParamLength: 200 },
    trustProxy: options.outside.trustedProxies.length > 0 ? [...options.outside.trustedProxies] : false,
    rewriteUrl: withoutBasePath(options.outside),
    forceCloseConnections: 'idle',
    return503OnClosing: false, // it would answer in another form than ours: see `refuseWhenStopping`
    frameworkErrors: onBadAddress,
    clientErrorHandler: onBadConnection,
  })
  // what a caller expects besides "100-continue" is passed over, as RFC 9110 allows: Node's own answer is no problem
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  const endConnections = boundConnections(app.server, limits.maxConnections)
  app.addHook('preClose', async () => endConnections())
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler as Parameters<typeof app.setValidatorCompiler>[0])
  checkAnswers(app, log)
  handleErrors(app, log, context.mendSoon)
  secureHeaders(app)
  refuseWhenStopping(app)
  prefixLocations(app, options.outside)
  guardAccess(app, {
    keys: options.keys,
    isLoopback: options.isLoopback,
    publicHost: options.outside.publicUrl === undefined ? undefined : new URL(options.outside.publicUrl).host,
    requests: createRateLimit({ perSecond: limits.requestsPerSecond, burst: limits.requestBurst }),
    failures: createRateLimit({ perSecond: 1 / 6, burst: 10 }),
  })
  boundRequests(app, limits.maxRequestsOfOne)
  guardBodies(app, limits.maxHeldBytes)
  takeTurns(app)
  endStreams(app, context.streams, options.keys, options.isLoopback)
  ownBlobs(app, context.producer.blobs)
  traceRequests(app)
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const url = request.routeOptions.url ?? 'unknown'
    metrics.observeRequest(url, request.method, reply.statusCode, reply.elapsedTime / 1000)
    const key = request.key === null ? {} : { key: request.key.id }
    log('info', 'request', {
      request: request.id,
      method: request.method,
      route: url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ...key,
    })
  })
  const document = collectDocs(app, options.version)
  await app.register(multipart, { throwFileSizeLimit: true })

  fitRoutes(app, context)
  modelRoutes(app, context)
  modelFileRoutes(app, context)
  positiveRoutes(app, context)
  promiseRoutes(app)
  classifyRoutes(app, context)
  classifyManyRoutes(app, context)
  faceRoutes(app, context)
  batchRoutes(app, context)
  reviewRoutes(app, context)
  comparisonRoutes(app, context)
  mapRoutes(app, context)
  jobRoutes(app, context)
  demoRoutes(app, context)
  operationRoutes(app, context)
  serviceRoutes(app, context, options.version)
  boardRoutes(app, context, options.outside.basePath)
  await pageRoutes(app, options.webFolder, document, options.outside)
  return app
}

/** A stream may be open for hours: it ends soon after its key was revoked. */
function endStreams(app: FastifyInstance, streams: Streams, keys: KeyStore, isLoopback: boolean): void {
  const check = async (): Promise<void> => {
    if (streams.open === 0) return
    const known = new Set((await keys.list()).map(({ id }) => id))
    const isOpen = isLoopback && (await keys.isOpen())
    streams.cutWhere((key) => (key === null ? !isOpen : !known.has(key)))
  }
  // a key file that cannot be read lets nobody in; who is in stays
  const timer = setInterval(() => void check().catch(() => {}), 2000)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))
}

/** A connection that stays open may bring another request while the last ones are being answered. */
function refuseWhenStopping(app: FastifyInstance): void {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  app.addHook('onRequest', async () => {
    if (isStopping) throw new OneclassError('STOPPING', 'The service is stopping: try again when it is back.')
  })
}
