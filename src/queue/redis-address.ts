/**
 * The address of a Redis: what it says, and how it may be shown.
 *
 *   redis://[user:password@]host:port[/db]           rediss:// for TLS
 *   redis+sentinel://[user:password@]host:port,host:port/master-name[/db][?sentinelPassword=...]
 *   redis+cluster://[user:password@]host:port,host:port      (rediss+... for TLS in both)
 *   unix:///path/to/redis.sock
 *
 * The last `@` ends name and password: passwords that hold `@`, `/` or `?` themselves work as they are.
 */
import type { RedisOptions } from 'ioredis'
import { OneclassError } from '../errors.ts'
import { withoutSecrets } from '../system/secrets.ts'

export type Options = Omit<RedisOptions, 'replyMapping'>

export type RedisTarget =
  | { readonly kind: 'single'; readonly options: Options }
  | { readonly kind: 'sentinel'; readonly options: Options }
  | { readonly kind: 'cluster'; readonly nodes: { host: string; port: number }[]; readonly options: Options }

export function parseRedisUrl(url: string): RedisTarget {
  if (url.startsWith('unix://')) return { kind: 'single', options: { path: url.slice('unix://'.length) } }
  const form = /^(redis|rediss)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^@/?]*)(\/[^@?]*)?$/s
  const { main, query } = splitQuery(url)
  const [, scheme, kind, userinfo, hostList, path = ''] = form.exec(main) ?? []
  if (!hostList) throw badUrl()
  if (query !== undefined && kind !== 'sentinel') throw badUrl()
  const hosts = hostList.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379))
  const options: Options = { ...credentials(userinfo), ...(scheme === 'rediss' ? { tls: {} } : {}) }
  const segments = path.split('/').filter((segment) => segment !== '')
  if (kind === 'cluster') {
    if (segments.length > 0) throw badUrl()
    return { kind, nodes: hosts, options }
  }
  if (kind === 'sentinel') {
    const [name, db, ...rest] = segments
    if (name === undefined || rest.length > 0) throw badUrl()
    const sentinel: Options = { ...options, sentinels: hosts, name, db: database(db) }
    if (options.tls) sentinel.enableTLSForSentinelMode = true
    // of the sentinels themselves; most have none
    const password = new URLSearchParams(query).get(sentinelPassword)
    if (password !== null) sentinel.sentinelPassword = password
    return { kind, options: sentinel }
  }
  const [host, ...otherHosts] = hosts
  if (host === undefined || otherHosts.length > 0 || segments.length > 1) throw badUrl()
  return { kind: 'single', options: { ...options, ...host, db: database(segments[0]) } }
}

/** What may stand in a log or in a message. */
export function withoutPassword(url: string): string {
  const { main, query } = splitQuery(url)
  return withoutSecrets(main) + (query === undefined ? '' : `?${sentinelPassword}=***`)
}

const sentinelPassword = 'sentinelPassword'

/** The only query there is, which may hold `@` too. */
function splitQuery(url: string): { main: string; query: string | undefined } {
  const at = url.lastIndexOf(`?${sentinelPassword}=`)
  return at < 0 ? { main: url, query: undefined } : { main: url.slice(0, at), query: url.slice(at + 1) }
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } {
  const [, address, name, digits] = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = address ?? name
  const port = digits === undefined ? defaultPort : Number(digits)
  if (host === undefined || port < 1 || port > 65535) throw badUrl()
  return { host, port }
}

function credentials(userinfo: string | undefined): Options {
  if (!userinfo) return {}
  const colon = userinfo.indexOf(':')
  const username = decode(colon < 0 ? userinfo : userinfo.slice(0, colon))
  const password = colon < 0 ? undefined : decode(userinfo.slice(colon + 1))
  return { ...(username ? { username } : {}), ...(password === undefined ? {} : { password }) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw new OneclassError(
      'INVALID_ARGUMENT',
      'The name or password in the address of Redis has a "%" that is not followed by two hexadecimal digits: write % as %25.',
      { cause: error },
    )
  }
}

function database(text: string | undefined): number {
  if (text === undefined) return 0
  if (!/^\d{1,5}$/.test(text)) throw badUrl()
  return Number(text)
}

/** The address may hold a password, so it is not repeated. */
function badUrl(): OneclassError {
  return new OneclassError(
    'INVALID_ARGUMENT',
    'Expected the Redis address as redis://host:port, rediss://, redis+sentinel://host:port,.../name, redis+cluster://host:port,... or unix:///path.',
  )
}
