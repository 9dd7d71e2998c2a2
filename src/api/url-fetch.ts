/**
 * Images by URL, which a caller must not use to reach the service's own network (server-side request forgery): http and https only, the
 * name is resolved here, every address must be public, and the connection goes to the very address that was checked (a name that
 * resolves anew in between gains nothing). Each redirect starts over. Bytes and time are capped.
 */
import { Resolver } from 'node:dns/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { OneclassError } from '../errors.ts'
import { deadline } from '../system/deadline.ts'
import { isLoopbackHost } from './http/access.ts'

export interface UrlFetchOptions {
  readonly maxBytes: number
  readonly timeoutMs: number
  /** Called with the length of each piece that arrives; what it throws ends the fetch. */
  readonly onBytes?: (bytes: number) => void
  readonly maxRedirects?: number
  /** For tests: others than those of the system. */
  readonly nameServers?: readonly string[]
  /** For tests: names to addresses. */
  readonly lookup?: (host: string) => Promise<readonly string[]>
  /** For tests: which addresses count as public. */
  readonly isPublic?: (address: string) => boolean
}

/** @throws URL_NOT_ALLOWED, URL_UNREACHABLE, IMAGE_TOO_LARGE */
export async function fetchImage(url: string, options: UrlFetchOptions): Promise<Buffer> {
  const until = deadline(options.timeoutMs)
  try {
    return await follow(parse(url), options, until.signal)
  } finally {
    until.end()
  }
}

async function follow(first: URL, options: UrlFetchOptions, signal: AbortSignal): Promise<Buffer> {
  let next = first
  for (let hop = 0; hop <= (options.maxRedirects ?? 3); hop++) {
    const address = await withinTime(checkedAddress(next, options, signal), signal)
    const response = await open(next, address, signal)
    const { statusCode = 0, headers } = response
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy()
      next = parse(headers.location, next)
      continue
    }
    if (statusCode !== 200) {
      response.destroy()
      throw new OneclassError('URL_UNREACHABLE', `The server of the URL answered with status ${statusCode}.`)
    }
    return await readBody(response, options, signal)
  }
  throw new OneclassError('URL_UNREACHABLE', 'The URL redirects too often.')
}

function parse(text: string, base?: URL): URL {
  let url: URL
  try {
    url = new URL(text, base)
  } catch {
    throw new OneclassError('URL_NOT_ALLOWED', 'Expected an absolute http or https URL.')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OneclassError('URL_NOT_ALLOWED', 'Only http and https URLs are fetched.')
  if (url.username !== '' || url.password !== '')
    throw new OneclassError('URL_NOT_ALLOWED', 'URLs with a user name or password are not fetched.')
  return url
}

/** One address, after all of them were found public: a name with one private address is refused whole. */
async function checkedAddress(url: URL, options: UrlFetchOptions, signal: AbortSignal): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const resolve = options.lookup ?? ((name) => askNameServers(name, options.nameServers, signal))
  let addresses: readonly string[]
  try {
    addresses = isIP(host) ? [host] : await resolve(host)
  } catch {
    throw new OneclassError('URL_UNREACHABLE', 'The name in the URL does not resolve.')
  }
  const isPublic = options.isPublic ?? isPublicAddress
  const [address] = addresses
  if (address === undefined) throw new OneclassError('URL_UNREACHABLE', 'The name in the URL does not resolve.')
  if (!addresses.every((one) => isPublic(one))) {
    throw new OneclassError('URL_NOT_ALLOWED', 'The URL leads to an address that is not public.')
  }
  return address
}

/**
 * Not the system's way (getaddrinfo), which takes one of the few threads that read files too until it gives up: some names whose servers
 * never answer would keep the service from reading keys and models.
 */
async function askNameServers(
  name: string,
  servers: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  if (isLoopbackHost(name)) return ['127.0.0.1'] // RFC 6761: nobody is asked for localhost
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  if (servers) resolver.setServers(servers)
  const stop = (): void => resolver.cancel()
  signal.addEventListener('abort', stop)
  try {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function open(url: URL, address: string, signal: AbortSignal): Promise<IncomingMessage> {
  const family = isIP(address)
  const pinned: LookupFunction = (_host, lookupOptions, callback) => {
    if (lookupOptions.all) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, {
      lookup: pinned,
      agent: false,
      signal,
      headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'oneclass' },
      maxHeaderSize: 16_384,
    })
    request.once('response', resolve)
    // 101: another protocol, which we did not ask for; without a listener the socket would be destroyed and nobody told
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new OneclassError('URL_UNREACHABLE', 'The server of the URL answered with status 101.'))
    })
    request.once('error', () => reject(unreachable(signal)))
    request.end()
  })
}

async function readBody(
  response: IncomingMessage,
  { maxBytes, onBytes }: UrlFetchOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  const tooLarge = () =>
    new OneclassError('IMAGE_TOO_LARGE', `The URL's content has more than the ${maxBytes} bytes accepted.`)
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.destroy()
    throw tooLarge()
  }
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length
      onBytes?.(chunk.length)
      if (length > maxBytes) {
        response.destroy()
        throw tooLarge()
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof OneclassError ? error : unreachable(signal)
  }
  return Buffer.concat(chunks)
}

function unreachable(signal: AbortSignal): OneclassError {
  return new OneclassError(
    'URL_UNREACHABLE',
    signal.aborted ? 'The server of the URL took too long.' : 'The server of the URL did not answer.',
  )
}

async function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {}
  const late = new Promise<never>((_, reject) => {
    stop = () => reject(unreachable(signal))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

// IANA special-purpose registries: everything that is not the public internet
const v4 = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  v4.addSubnet(net, bits, 'ipv4')

const v6 = new BlockList()
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
] as const) {
  v6.addSubnet(net, bits, 'ipv6')
}
const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')

export function isPublicAddress(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !v4.check(address, 'ipv4')
  // only 2000::/3 is global unicast: loopback, link-local, private, mapped and translated IPv4 all lie outside
  return version === 6 && !address.includes('%') && globalV6.check(address, 'ipv6') && !v6.check(address, 'ipv6')
}
