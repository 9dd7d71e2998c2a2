/** The store of those roots that are prefixes of buckets, asked once before anything depends on it. */
import { OneclassError } from '../errors.ts'
import type { Log } from '../system/log.ts'
import { isS3, parseS3, type S3Address, writeS3 } from '../system/s3/address.ts'
import { openS3, type S3Client, type S3Options } from '../system/s3/client.ts'

export interface StoreOptions {
  /** Folders, and prefixes of buckets. */
  readonly roots: readonly string[]
  /** Prefixes that results may be written below. */
  readonly results?: readonly string[] | undefined
  readonly s3?: S3Options | undefined
}

export interface OpenStore {
  readonly prefixes: readonly S3Address[]
  readonly outputs: readonly S3Address[]
  /** Where there is a prefix of either kind. */
  readonly s3?: S3Client
}

/**
 * @throws BUCKET_NOT_FOUND, STORAGE_REFUSED for a root that cannot be listed; INVALID_ARGUMENT without credentials. A store that does not
 * answer now may answer later: that is logged only
 */
export async function openStore({ roots, results = [], s3: options }: StoreOptions, log: Log): Promise<OpenStore> {
  const prefixes = roots.filter(isS3).map(parseS3)
  const outputs = results.map(parseS3)
  const [first] = [...prefixes, ...outputs]
  if (first === undefined) return { prefixes, outputs }
  if (options === undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `For ${writeS3(first)} set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL_S3).`,
    )
  const s3 = openS3(options)
  for (const prefix of prefixes) {
    try {
      await s3.list(prefix.bucket, prefix.prefix, { most: 1 })
    } catch (error) {
      const isAway = error instanceof OneclassError && error.code === 'STORAGE_UNAVAILABLE'
      if (isAway) log('warn', 'object store does not answer', { root: writeS3(prefix), error: error.message })
      else {
        await s3.close()
        throw error
      }
    }
  }
  return { prefixes, outputs, s3 }
}
