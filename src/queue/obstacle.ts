/**
 * Why no connection to a Redis comes about. Clients try again and keep the reason to themselves, or know none: a plain one that meets TLS
 * is only cut off, and one with TLS that meets a plain port waits. So its hosts are called once more without a client, and asked for a
 * PING.
 */
import { createConnection } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parseRedisUrl } from './redis-address.ts'

export interface Obstacle {
  /** Goes on from "Redis at ADDRESS". */
  readonly said: string
  /** `silent`: nothing may be there yet. `full`: it has no room for us now. `never`: waiting does not help. */
  readonly kind: 'silent' | 'full' | 'never'
}

type Host = { readonly host: string; readonly port: number } | { readonly path: string }
/** Milliseconds for one call. */
const callMs = 1500

/** Undefined where a host answers as Redis does: what is wrong then, the client knows. */
export async function findObstacle(url: string): Promise<Obstacle | undefined> {
  const target = parseRedisUrl(url)
  const hosts = (
    target.kind === 'cluster' ? target.nodes : target.kind === 'sentinel' ? target.options.sentinels : [target.options]
  ) as readonly Host[]
  const found = await Promise.all(hosts.map((host) => obstacleAt(host, target.options.tls !== undefined)))
  if (found.includes(undefined)) return undefined
  return found.find((obstacle) => obstacle?.kind !== 'never') ?? found[0]
}

async function obstacleAt(host: Host, isTls: boolean): Promise<Obstacle | undefined> {
  const heard = await call(host, isTls ? 'checked' : 'none')
  if (isRedis(heard)) {
    if (!/max number of clients/.test(String(heard))) return undefined
    return { said: 'takes no more clients: give it a larger maxclients, or end some of them', kind: 'full' }
  }
  const code = codeOf(heard)
  const failed = unreached(host, code)
  if (failed !== undefined) return { said: failed, kind: 'silent' }
  if (isTls) {
    if (isRedis(await call(host, 'none')))
      return { said: 'does not speak TLS: write redis instead of rediss in its address', kind: 'never' }
    const distrusted = badCertificate(code, (heard as Error).message)
    if (distrusted !== undefined) return { said: distrusted, kind: 'never' }
  } else if (isRedis(await call(host, 'unchecked'))) {
    return { said: 'speaks TLS only: write rediss instead of redis in its address', kind: 'never' }
  }
  if (heard instanceof Error) return { said: `does not answer (${code || heard.message})`, kind: 'silent' }
  return { said: 'does not answer as a Redis does: something else listens there', kind: 'never' }
}

/** What comes first, or why nothing does. */
function call(host: Host, tls: 'none' | 'checked' | 'unchecked'): Promise<string | Error> {
  return new Promise((resolve) => {
    const socket =
      tls === 'none'
        ? createConnection(host)
        : connectTls({ ...host, rejectUnauthorized: tls === 'checked', ALPNProtocols: [] })
    const end = (heard: string | Error): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(heard)
    }
    const timer = setTimeout(() => end(new Error('no answer in time')), callMs)
    socket.once(tls === 'none' ? 'connect' : 'secureConnect', () => socket.write('PING\r\n'))
    socket.once('data', (bytes: Buffer) => end(bytes.toString('latin1')))
    socket.once('error', end)
    socket.once('close', () => end(new Error('the connection was closed')))
  })
}

const isRedis = (heard: string | Error): boolean => typeof heard === 'string' && /^[+-][A-Z]/.test(heard)

const codeOf = (heard: string | Error): string =>
  heard instanceof Error ? String((heard as NodeJS.ErrnoException).code ?? '') : ''

/** Where not even a connection was made. */
function unreached(host: Host, code: string): string | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `cannot be reached: no host "${'host' in host ? host.host : ''}" is known here (${code})`
  if (code === 'ENOENT') return 'cannot be reached: there is no such socket (ENOENT)'
  if (code === 'ECONNREFUSED') return 'cannot be reached: nothing listens there (ECONNREFUSED)'
  return /^(ENET|EHOST|EACCES|EPERM|ETIMEDOUT)/.test(code) ? `cannot be reached (${code})` : undefined
}

function badCertificate(code: string, message: string): string | undefined {
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(code))
    return `refuses the connection (${code}): certificates of clients are not supported, so it needs tls-auth-clients no`
  if (/SELF_SIGNED/.test(code))
    return `has a certificate that is self-signed (${code}): start with NODE_EXTRA_CA_CERTS=FILE, which holds it or its authority's`
  if (/ISSUER|VERIFY_LEAF|UNTRUSTED/.test(code))
    return `has a certificate of an authority that is not known here (${code}): start with NODE_EXTRA_CA_CERTS=FILE, which holds the authority's`
  if (/CERT/.test(code)) return `has a certificate that does not hold (${code}: ${message})`
  return undefined
}
