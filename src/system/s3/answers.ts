/** What a store answers: pages of keys, and errors with their meaning and a way out. Only the elements that are needed are read. */
import { OneclassError } from '../../errors.ts'

export interface S3Object {
  readonly key: string
  readonly size: number
}

export interface S3Page {
  /** In the order of their keys. */
  readonly objects: readonly S3Object[]
  /** Undefined: this is the last page. */
  readonly next: string | undefined
}

/** Its root is looked for, not the name anywhere: a page of HTML may say anything. */
const isList = /^\uFEFF?\s*(?:<\?[^>]*\?>\s*|<!--[\s\S]*?-->\s*)*<ListBucketResult[\s/>]/

/**
 * @param xml an answer to ListObjectsV2 with `encoding-type=url`
 * @param what was listed, for the sentence
 * @throws STORAGE_REFUSED for what is no list, which must not count as a bucket without a key, and for one that is cut without a way on
 */
export function readPage(xml: string, what: string): S3Page {
  if (!isList.test(xml))
    throw notAsS3(
      what,
      'with no list of keys',
      'is AWS_ENDPOINT_URL the address of its S3 interface, not of its web page?',
    )
  const isEncoded = elementOf(xml, 'EncodingType') === 'url'
  const objects: S3Object[] = []
  for (const [, inner = ''] of xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
    const key = elementOf(inner, 'Key')
    if (key === undefined) continue
    objects.push({ key: isEncoded ? decodeKey(key) : key, size: Number(elementOf(inner, 'Size') ?? 0) })
  }
  if (elementOf(xml, 'IsTruncated') !== 'true') return { objects, next: undefined }
  const next = elementOf(xml, 'NextContinuationToken')
  if (!next) throw notAsS3(what, 'with a part of the keys and no way to the others', needsV2)
  return { objects, next }
}

const needsV2 = 'it has to know ListObjectsV2'

/** Pages that lead to a page before would be read without end. */
export function goesInCircles(what: string): OneclassError {
  return notAsS3(what, 'with the same page again', needsV2)
}

function notAsS3(what: string, how: string, way: string): OneclassError {
  const end = way.endsWith('?') ? '' : '.'
  return new OneclassError('STORAGE_REFUSED', `The object store answers "${what}" ${how}, not as S3 does: ${way}${end}`)
}

/** Some servers write a space as `+`. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The first element of this name, which holds text only. */
function elementOf(xml: string, name: string): string | undefined {
  const from = xml.indexOf(`<${name}>`)
  if (from < 0) return undefined
  const start = from + name.length + 2
  const end = xml.indexOf(`</${name}>`, start)
  return end < 0 ? undefined : decodeEntities(xml.slice(start, end))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}

export interface Refusal {
  readonly status: number
  /** The store's own code, such as `AccessDenied`; undefined where the body says none. */
  readonly code: string | undefined
  /** Where the bucket lies, when the store says so. */
  readonly region: string | undefined
}

export function readRefusal(status: number, body: string, region: string | undefined): Refusal {
  const code = elementOf(body, 'Code')
  return {
    status,
    code: code && /^\w{1,60}$/.test(code) ? code : undefined,
    region: region ?? elementOf(body, 'Region'),
  }
}

/** What passes by itself: the same request is sent again. */
export function isPassing({ status, code }: Refusal): boolean {
  if (status === 429 || (status >= 500 && status !== 501)) return true
  return code === 'SlowDown' || code === 'RequestTimeout' || code === 'OperationAborted'
}

/**
 * @param what is asked for, for the sentence: "s3://photos/cats/"
 * @param isObject an object is read: that it may not be says nothing of others
 */
export function errorOf(refusal: Refusal, what: string, bucket: string, isObject: boolean): OneclassError {
  const { status, code, region } = refusal
  const said = code ?? `status ${status}`
  const refused = (way: string) =>
    new OneclassError('STORAGE_REFUSED', `The object store refuses to read or write "${what}" (${said}): ${way}.`)
  if (isPassing(refusal)) return unavailable(what, said)
  if (code === 'NoSuchBucket')
    return new OneclassError('BUCKET_NOT_FOUND', `There is no bucket "${bucket}": look at its name and the endpoint.`)
  if (code === 'NoSuchKey') return new OneclassError('IMAGE_NOT_FOUND', `"${what}" is not in the bucket (any more).`)
  if (code === 'InvalidObjectState')
    return new OneclassError('IMAGE_NOT_FOUND', `"${what}" is archived: restore it in the store, then ask again.`)
  if (status === 301 || status === 307 || code === 'AuthorizationHeaderMalformed' || code === 'PermanentRedirect')
    return refused(
      region
        ? `the bucket lies in ${region}: set AWS_REGION=${region} and start again`
        : 'set AWS_REGION to the region of the bucket and start again',
    )
  if (code === 'ExpiredToken' || code === 'TokenRefreshRequired' || code === 'InvalidToken')
    return refused(
      'the credentials have expired: start again with new ones; batches of a service go on where they were',
    )
  if (code === 'InvalidAccessKeyId' || code === 'SignatureDoesNotMatch')
    return refused('look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  if (code === 'RequestTimeTooSkewed') return refused("set the machine's clock")
  if (isObject && (code === 'AccessDenied' || status === 404))
    return new OneclassError('IMAGE_NOT_FOUND', `"${what}" cannot be read with these credentials (${said}).`)
  if (status === 404)
    return new OneclassError('BUCKET_NOT_FOUND', `"${what}" is not there: look at the bucket's name and the endpoint.`)
  if (status === 401 || status === 403)
    return refused('the credentials need s3:ListBucket on the bucket and s3:GetObject below the prefix')
  return refused('the endpoint does not answer as S3 does')
}

export function unavailable(what: string, why: string, cause?: unknown): OneclassError {
  const message = `The object store does not give "${what}" (${why}): is AWS_ENDPOINT_URL right, and the store up?`
  return new OneclassError('STORAGE_UNAVAILABLE', message, cause === undefined ? {} : { cause })
}
