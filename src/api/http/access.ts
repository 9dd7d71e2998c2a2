/**
 * Who may do what, asked before a body is read: key and scope, rate, and (on a loopback address) that the
 * request is no other web page's doing.
 */
import { BlockList, isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OneclassError } from '../../errors.ts'
import type { KeyInfo, KeyStore, Scope } from '../../service/key-store.ts'
import type { RateLimit } from './rate-limit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The key that the request came with; null where none is asked for. */
    key: KeyInfo | null
  }
  interface FastifyContextConfig {
    /** The scope that a route asks for; null: open to all. Default: manage. */
    scope?: Scope | null
  }
}

export function guardAccess(
  app: FastifyInstance,
  options: {
    keys: KeyStore
    requests: RateLimit
    failures: RateLimit
    isLoopback: boolean
    publicHost?: string | undefined
  },
): void {
  app.decorateRequest('key', null)
  app.addHook('onRequest', async (request) => {
    // addresses that do not exist are not a way around the limit, but tell nothing worth a key
    const scope = request.is404
      ? null
      : request.routeOptions.config.scope === undefined
        ? 'manage'
        : request.routeOptions.config.scope
    const isKeyAsked = scope !== null && !(options.isLoopback && (await options.keys.isOpen()))
    const presented = isKeyAsked ? presentedKey(request) : undefined
    // before the rate: who has a key is counted by it, whatever address many of them share
    if (presented !== undefined) request.key = (await options.keys.verify(presented)) ?? null
    assertRate(options.requests, callerOf(request), 'Too many requests: slow down.')
    // browsers send a host: probes of HTTP/1.0 have none, and are told what is open to all
    if (scope !== null || request.headers.host !== undefined) refuseOtherPages(request, options)
    if (!isKeyAsked) return
    if (request.key === null) {
      if (presented === undefined)
        throw new OneclassError(
          'UNAUTHORIZED',
          'Send a key as "Authorization: Bearer KEY"; "oneclass keys create" makes one.',
        )
      assertRate(options.failures, request.ip, 'Too many wrong keys: wait a minute.')
      throw new OneclassError('UNAUTHORIZED', 'The key is not valid.')
    }
    if (scope === 'manage' && request.key.scope !== 'manage') {
      throw new OneclassError('FORBIDDEN', 'This key may classify only: use a key of scope "manage".')
    }
  })
}

/** By a clock that nobody sets: one that is set back would shut callers out for as long as it was set back. @throws RATE_LIMITED */
function assertRate(limit: RateLimit, caller: string, message: string): void {
  const wait = limit.take(caller, performance.now())
  if (wait > 0) throw new OneclassError('RATE_LIMITED', message, { retryAfter: Math.ceil(wait) })
}

/** Bearer everywhere; Basic (the key as password) for the pages under /admin, which browsers open. */
function presentedKey(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization ?? ''
  const bearer = /^Bearer +(\S+)$/i.exec(header)?.[1]
  if (bearer !== undefined) return bearer
  const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header)?.[1]
  if (basic === undefined || !request.url.startsWith('/admin/')) return undefined
  return Buffer.from(basic, 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '')
}

/**
 * A web page that somebody looks at can send requests to 127.0.0.1 too. So a changing request with another origin is
 * refused, and on a loopback address the name must be a loopback name (a page can point its own name at 127.0.0.1).
 */
function refuseOtherPages(
  request: FastifyRequest,
  { isLoopback, publicHost }: { isLoopback: boolean; publicHost?: string | undefined },
): void {
  const host = request.headers.host ?? ''
  if (isLoopback && !isLoopbackHost(host.replace(/:\d+$/, ''))) {
    throw new OneclassError('FORBIDDEN', 'This service answers to localhost and 127.0.0.1 only.')
  }
  if (request.method === 'GET' || request.method === 'HEAD') return
  const { origin } = request.headers
  const from = origin === undefined ? undefined : hostOf(origin)
  if (origin !== undefined && from !== host && (from === undefined || from !== publicHost)) {
    throw new OneclassError('FORBIDDEN', 'Requests from other web pages are refused.')
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare.endsWith('.localhost')) return true
  const version = isIP(bare)
  return version !== 0 && loopback.check(bare, version === 6 ? 'ipv6' : 'ipv4')
}

export function callerOf(request: FastifyRequest): string {
  return request.key?.id ?? request.ip
}
