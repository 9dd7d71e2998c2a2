/**
 * AWS Signature Version 4, the form with headers.
 * Source: "Create a signed AWS API request", Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
 */
import { createHmac } from 'node:crypto'
import { sha256 } from '../sha256.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of credentials that expire. */
  readonly sessionToken?: string | undefined
}

export interface Unsigned {
  readonly method: string
  /** With port where it is not the usual one. */
  readonly host: string
  /** Encoded as it is sent (`encodePath`). */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Others than host and date. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

const emptyHash = sha256('')

/** All headers to send. @param now ms since 1970 */
export function signedHeaders(
  request: Unsigned,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  region: string,
  now: number,
): Record<string, string> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const bodyHash = request.body === undefined ? emptyHash : sha256(request.body)
  const headers: Record<string, string> = {
    ...request.headers,
    host: request.host,
    'x-amz-content-sha256': bodyHash,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = sorted.map(([name]) => name)
  const canonical = [
    request.method,
    request.path,
    encodeQuery(request.query),
    ...sorted.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    bodyHash,
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const credential = `${accessKeyId}/${scope}`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}

/** As it is signed and sent: sorted by name. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => [encodeText(name), encodeText(value)] as const)
  return pairs
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** A key's path below its bucket: everything but unreserved characters and `/` as %XX of its UTF-8 bytes. */
export function encodePath(bucket: string, key: string): string {
  return `/${bucket}/${key.split('/').map(encodeText).join('/')}`
}

/** `encodeURIComponent` leaves five characters alone that the signature wants encoded. A lone surrogate becomes U+FFFD. */
function encodeText(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString()).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
