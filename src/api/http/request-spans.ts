/** Each request as a span, named by its route: what it carried is not in it. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isTracing, type RequestTrace, traceRequest } from '../../system/tracing.ts'

export function traceRequests(app: FastifyInstance): void {
  if (!isTracing()) return
  const traces = new WeakMap<FastifyRequest, RequestTrace>()
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? 'unknown'
    const trace = traceRequest(`${request.method} ${route}`, request.headers, {
      'http.request.method': request.method,
      'http.route': route,
      'oneclass.request': request.id,
    })
    if (trace !== undefined) traces.set(request, trace)
    done()
  })
  // after the body was read: its events come from the connection and know no request
  app.addHook('preHandler', (request, _reply, done) => {
    const trace = traces.get(request)
    if (trace === undefined) done()
    else trace.within(done)
  })
  const end = (request: FastifyRequest, status: number): void => {
    const span = traces.get(request)?.span
    span?.setAttributes({ 'http.response.status_code': status })
    if (status >= 500) span?.setStatus({ code: 2 })
    span?.end()
    traces.delete(request)
  }
  app.addHook('onResponse', async (request, reply) => end(request, reply.statusCode))
  app.addHook('onRequestAbort', async (request) => end(request, 499))
}
