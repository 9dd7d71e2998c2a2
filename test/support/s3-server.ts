/**
 * A store that speaks S3, on loopback, in memory: pages, objects, ranges, PUT, and what goes wrong with one.
 * It checks each signature itself, from the specification ("Signature Calculations for the Authorization Header"), with no code of ours.
 */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const s3Access = { accessKeyId: 'AKIATEST', secretAccessKey: 'a secret/with+signs', region: 'eu-test-1' }

/** Keys in the order of their bytes, and what they hold. A million of them need not be in memory. */
export interface Bucket {
  /** At most `most` keys behind `after` that begin with the prefix. */
  keys(prefix: string, after: string, most: number): string[]
  get(key: string): Buffer | undefined
  put(key: string, bytes: Buffer): void
}

export interface Fault {
  readonly status: number
  readonly code?: string
  readonly body?: string
  readonly headers?: Record<string, string>
  /** Ends the connection in the middle of the body. */
  readonly isCut?: boolean
}

export interface S3Server {
  readonly endpoint: string
  readonly buckets: Map<string, Bucket>
  /** `GET /bucket/key?query`, as they came. */
  readonly requests: string[]
  /** Asked before each request; what it returns is answered instead. */
  fault: (request: { method: string; path: string; query: URLSearchParams }) => Fault | undefined
  /** Token that requests have to carry. */
  sessionToken: string | undefined
  /** Milliseconds before an answer. */
  delayMs: number
  /** What its clock is ahead. */
  clockMs: number
  /** For the environment of a service. */
  env(): Record<string, string>
  close(): Promise<void>
}

export function memoryBucket(
  objects: Readonly<Record<string, Uint8Array | string>> = {},
): Bucket & Pick<Map<string, Buffer>, 'delete' | 'set'> {
  const map = new Map<string, Buffer>()
  for (const [key, bytes] of Object.entries(objects)) map.set(key, Buffer.from(bytes as Uint8Array))
  const keysOf = map.keys.bind(map)
  return Object.assign(map, {
    keys: (prefix: string, after: string, most: number) =>
      [...keysOf()]
        .filter((key) => key.startsWith(prefix) && byBytes(key, after) > 0)
        .sort(byBytes)
        .slice(0, most),
    put: (key: string, bytes: Buffer) => void map.set(key, bytes),
  })
}

export async function startS3Server(): Promise<S3Server> {
  const server = createServer((request, response) => {
    void answer(request, response).catch((error) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const self: S3Server = {
    endpoint: `http://127.0.0.1:${port}`,
    buckets: new Map(),
    requests: [],
    fault: () => undefined,
    sessionToken: undefined,
    delayMs: 0,
    clockMs: 0,
    env: () => ({
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: s3Access.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3Access.secretAccessKey,
      AWS_REGION: s3Access.region,
      ...(self.sessionToken ? { AWS_SESSION_TOKEN: self.sessionToken } : {}),
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const [rawPath = '', rawQuery = ''] = (request.url ?? '').split('?')
    const query = new URLSearchParams(rawQuery)
    const path = decodeURIComponent(rawPath)
    self.requests.push(`${request.method} ${request.url}`)
    if (self.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, self.delayMs))
    const fail = ({ status, code = 'Error', body: text, headers, isCut }: Fault): void => {
      const xml = text ?? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`
      response.writeHead(status, {
        date: new Date(Date.now() + self.clockMs).toUTCString(),
        ...headers,
        ...(isCut && { 'content-length': 1000 }),
      })
      if (isCut) response.write('some', () => response.destroy())
      else response.end(xml)
    }
    const wrong = checkSignature(request, rawPath, rawQuery, body, self)
    if (wrong) return fail(wrong)
    const fault = self.fault({ method: request.method!, path, query })
    if (fault) return fail(fault)
    const [, name = '', ...rest] = path.split('/')
    const key = rest.join('/')
    const bucket = self.buckets.get(name)
    if (!bucket) return fail({ status: 404, code: 'NoSuchBucket' })
    if (request.method === 'PUT') {
      bucket.put(key, body)
      response.end()
      return
    }
    if (key === '') return void response.end(page(bucket, name, query))
    const bytes = bucket.get(key)
    if (!bytes) return fail({ status: 404, code: 'NoSuchKey' })
    const last = /^bytes=0-(\d+)$/.exec(request.headers.range ?? '')?.[1]
    if (last !== undefined && bytes.length === 0) return fail({ status: 416, code: 'InvalidRange' })
    const sent = last === undefined ? bytes : bytes.subarray(0, Number(last) + 1)
    response.writeHead(last === undefined ? 200 : 206, { 'content-length': sent.length })
    response.end(sent)
  }
  return self
}

function page(bucket: Bucket, name: string, query: URLSearchParams): string {
  const most = Math.min(1000, Number(query.get('max-keys') ?? 1000))
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString()
  const found = bucket.keys(prefix, after, most + 1)
  const keys = found.slice(0, most)
  const write = query.get('encoding-type') === 'url' ? (key: string) => encode(key).replaceAll('%20', '+') : escapeXml
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${write(key)}</Key><ETag>&quot;0&quot;</ETag><Size>${bucket.get(key)?.length ?? 0}</Size></Contents>`,
  )
  const next = found.length > most ? Buffer.from(keys.at(-1)!).toString('base64') : undefined
  return [
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${name}</Name><Prefix>${write(prefix)}</Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>${most}</MaxKeys>`,
    query.has('encoding-type') ? '<EncodingType>url</EncodingType>' : '',
    `<IsTruncated>${next !== undefined}</IsTruncated>${next ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}`,
    ...contents,
    '</ListBucketResult>',
  ].join('')
}

function checkSignature(
  request: IncomingMessage,
  rawPath: string,
  rawQuery: string,
  body: Buffer,
  { sessionToken, clockMs }: S3Server,
): Fault | undefined {
  const denied = (code: string, status = 403, more = ''): Fault => ({
    status,
    body: `<Error><Code>${code}</Code>${more}</Error>`,
  })
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    )
  if (!given) return denied('AccessDenied')
  const [, id, day, region, signed = '', signature] = given
  if (id !== s3Access.accessKeyId) return denied('InvalidAccessKeyId')
  if (region !== s3Access.region)
    return denied('AuthorizationHeaderMalformed', 400, `<Region>${s3Access.region}</Region>`)
  if (sessionToken !== undefined && request.headers['x-amz-security-token'] !== sessionToken)
    return denied('ExpiredToken', 400)
  const time = String(request.headers['x-amz-date'])
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(at - Date.now() - clockMs) < 900_000)) return denied('RequestTimeTooSkewed')
  const must = Object.keys(request.headers).filter(
    (name) => name === 'host' || name === 'range' || name.startsWith('x-amz-'),
  )
  const names = signed.split(';')
  if (must.some((name) => !names.includes(name))) return denied('AccessDenied')
  const hash = createHash('sha256').update(body).digest('hex')
  if (request.headers['x-amz-content-sha256'] !== hash) return denied('XAmzContentSHA256Mismatch', 400)
  const path = rawPath
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/')
  const pairs =
    rawQuery === ''
      ? []
      : rawQuery.split('&').map((pair) => pair.split('=').map((one) => encode(decodeURIComponent(one))))
  const query = pairs
    .map(([name = '', value = '']) => `${name}=${value}`)
    .sort()
    .join('&')
  const lines = names
    .map(
      (name) =>
        `${name}:${String(request.headers[name] ?? '')
          .trim()
          .replace(/\s+/g, ' ')}\n`,
    )
    .join('')
  const canonical = `${request.method}\n${path}\n${query}\n${lines}\n${signed}\n${hash}`
  const toSign = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/s3/aws4_request\n${createHash('sha256').update(canonical).digest('hex')}`
  let key = Buffer.from(`AWS4${s3Access.secretAccessKey}`)
  for (const part of [day!, region!, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(toSign).digest('hex') === signature
    ? undefined
    : denied('SignatureDoesNotMatch')
}

/** Byte by byte, as the specification has it. */
function encode(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9._~-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
