/**
 * `s3://bucket/prefix`. A prefix is meant as a folder: `s3://photos/cats` holds `cats/1.jpg` and not `cats-of-others/1.jpg`.
 * Keys are opaque to a store, so nothing is resolved: what is below an address is told by its text alone.
 */
import { OneclassError } from '../../errors.ts'

export interface S3Address {
  readonly bucket: string
  /** Empty, or it ends with `/`. */
  readonly prefix: string
}

const scheme = 's3://'

export function isS3(text: string): boolean {
  return text.startsWith(scheme)
}

/** @throws INVALID_ARGUMENT */
export function parseS3(text: string): S3Address {
  const wrong = (what: string) =>
    new OneclassError('INVALID_ARGUMENT', `"${text}" is no address such as s3://bucket/prefix: ${what}.`)
  const [bucket = '', ...rest] = text.slice(scheme.length).split('/')
  if (!isS3(text)) throw wrong('it does not begin with s3://')
  if (!/^[a-z0-9][a-z0-9._-]{1,62}$/i.test(bucket) || bucket.includes('..'))
    throw wrong('a bucket has 3 to 63 letters, digits, "-" or "."')
  const key = rest.join('/')
  if (Buffer.byteLength(key) > 1023) throw wrong('a prefix has 1,023 bytes at most')
  if (hasDotSegment(key)) throw wrong('"." and ".." are no folders in a bucket')
  return { bucket, prefix: key === '' || key.endsWith('/') ? key : `${key}/` }
}

export function writeS3({ bucket, prefix }: S3Address): string {
  return `${scheme}${bucket}/${prefix}`
}

/** Is it the root itself, or does it lie below? */
export function isBelowS3(address: S3Address, root: S3Address): boolean {
  return address.bucket === root.bucket && address.prefix.startsWith(root.prefix)
}

/** A store keeps such keys as they are; proxies and some servers take them for ways up, out of what was allowed. */
export function hasDotSegment(key: string): boolean {
  return key.split('/').some((segment) => segment === '.' || segment === '..')
}
