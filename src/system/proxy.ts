/** Which proxy a URL goes through, as curl and most tools read HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export interface Proxies {
  readonly https?: string | undefined
  readonly http?: string | undefined
  /** Hosts reached directly: names that also stand for what is below them, `host:port`, or `*`. */
  readonly none?: string
}

/** The proxy's address, undefined for a direct connection. */
export function proxyFor(url: string, proxies: Proxies): string | undefined {
  const { protocol, hostname, port } = new URL(url)
  const proxy = protocol === 'https:' ? proxies.https : proxies.http
  if (!proxy) return undefined
  const actualPort = port || (protocol === 'https:' ? '443' : '80')
  const direct = (proxies.none ?? '').split(/[\s,]+/).some((entry) => {
    if (entry === '') return false
    if (entry === '*') return true
    const [, name = '', wantedPort] = /^\*?\.?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? []
    return (
      (hostname === name || hostname.endsWith(`.${name}`)) && (wantedPort === undefined || wantedPort === actualPort)
    )
  })
  if (direct) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}
