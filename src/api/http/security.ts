/** Headers of every answer. */
import type { FastifyInstance } from 'fastify'

const base = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

export const contentPolicy = {
  /** Data is not a page: nothing may load or run in it. */
  data: `default-src 'none'; ${base}`,
  page: `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; ${base}`,
  docs: `default-src 'none'; style-src 'self'; ${base}`,
  /** Bull Board puts style elements into its page. */
  board: `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'`,
  /** A report brings its own scripts: they run in an origin of its own, which can reach nothing. */
  report: `default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; sandbox allow-scripts allow-downloads; ${base}`,
} as const

const permissions = 'camera=(), microphone=(), geolocation=()'
/** The page alone may ask for the camera, to classify what it sees. */
export const pagePermissions = permissions.replace('camera=()', 'camera=(self)')

/** Where a route says nothing else. */
export const headersOfAnswer: Readonly<Record<string, string>> = {
  'content-security-policy': contentPolicy.data,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': permissions,
  'cache-control': 'no-store',
}

export function secureHeaders(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    for (const [name, value] of Object.entries(headersOfAnswer)) {
      if (!reply.hasHeader(name)) reply.header(name, value)
    }
  })
}
