/**
 * The address under which callers see the service, where a proxy stands in front of it: a base path before every route, a host
 * name of its own, and the callers' addresses in a header of the proxy.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { OneclassError } from '../../errors.ts'
import { withoutSecrets } from '../../system/secrets.ts'

export interface Outside {
  /** Without a slash at its end; empty: the service is at the root. */
  readonly basePath: string
  /** As callers write it, without a slash at its end; undefined: as they came. */
  readonly publicUrl: string | undefined
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
}

export const directly: Outside = { basePath: '', publicUrl: undefined, trustedProxies: [] }

/**
 * @param publicUrl such as https://example.org/oneclass/; its path is the base path unless one is given
 * @param basePath such as /oneclass/
 * @param trustProxy addresses or networks (10.0.0.0/8), separated by commas; "loopback" for this machine
 * @throws INVALID_ARGUMENT
 */
export function readOutside(wanted: { publicUrl?: string; basePath?: string; trustProxy?: string }): Outside {
  const url = wanted.publicUrl === undefined ? undefined : readPublicUrl(wanted.publicUrl)
  const path = (wanted.basePath ?? url?.pathname ?? '').replace(/\/+$/, '')
  const isPath = /^(\/[A-Za-z0-9._~-]+)+$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..')
  if (path !== '' && !isPath) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected --base-path to be a path such as /oneclass/ but received "${withoutSecrets(wanted.basePath ?? wanted.publicUrl ?? '')}".`,
    )
  }
  return {
    basePath: path,
    publicUrl: url === undefined ? undefined : url.origin + path,
    trustedProxies: readAddresses(wanted.trustProxy),
  }
}

function readPublicUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `Expected --public-url to be an address such as https://example.org/oneclass/ but received "${withoutSecrets(text)}".`,
    )
  }
  return url
}

function readAddresses(text: string | undefined): string[] {
  const addresses = (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  for (const address of addresses) {
    const [ip = '', bits, ...rest] = address.split('/')
    const version = isIP(ip)
    const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
    if (address !== 'loopback' && (version === 0 || !isNetwork || rest.length > 0)) {
      throw new OneclassError(
        'INVALID_ARGUMENT',
        `Expected --trust-proxy to be addresses such as 127.0.0.1,10.0.0.0/8 but received "${address}".`,
      )
    }
  }
  return addresses
}

/** Takes the base path away before a route is looked for; a proxy may have taken it away already. */
export function withoutBasePath({ basePath }: Outside): (request: IncomingMessage) => string {
  return ({ url = '/' }) => {
    if (basePath === '' || !url.startsWith(basePath)) return url
    const rest = url.slice(basePath.length)
    return rest === '' ? '/' : rest.startsWith('/') ? rest : rest.startsWith('?') ? `/${rest}` : url
  }
}

/** `Location` names a path of ours: callers need the base path before it. */
export function prefixLocations(app: FastifyInstance, { basePath }: Outside): void {
  if (basePath === '') return
  // relative links of the page need the slash
  app.addHook('onRequest', async (request, reply) => {
    if (request.originalUrl === basePath) return reply.redirect('/', 308)
  })
  app.addHook('onSend', async (_request, reply) => {
    const location = reply.getHeader('location')
    if (typeof location === 'string' && location.startsWith('/')) reply.header('location', basePath + location)
  })
}
