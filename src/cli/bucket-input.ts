/** Images of a bucket, for `score`: listed at once, each read when its turn comes. */
import { OneclassError } from '../errors.ts'
import { emptyFolder } from '../images/collect.ts'
import { hasImageEnding } from '../images/format.ts'
import { countSkipped, type Skipped } from '../images/left-out.ts'
import { imageLimits } from '../images/limits.ts'
import type { ImageSource } from '../images/source.ts'
import { readS3, s3Names } from '../service/s3-folder.ts'
import { type Config, readConfig } from '../system/config.ts'
import { parseS3, writeS3 } from '../system/s3/address.ts'

/**
 * @param text `s3://bucket/prefix`, or one image: `s3://bucket/key.jpg`
 * @throws INVALID_ARGUMENT without credentials, FOLDER_EMPTY, and as `S3Client.list`
 */
export async function imagesOfBucket(
  text: string,
  signal?: AbortSignal,
  { s3, proxy }: Pick<Config, 's3' | 'proxy'> = readConfig(),
): Promise<{ readonly images: ImageSource[]; readonly skipped: readonly Skipped[] }> {
  if (s3 === undefined)
    throw new OneclassError(
      'INVALID_ARGUMENT',
      `For ${text} set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL_S3).`,
    )
  const isOne = hasImageEnding(text)
  const address = parseS3(isOne ? text.slice(0, text.lastIndexOf('/')) : text)
  // it brings the HTTP client with it, a twelfth of the start of a command
  const { openS3 } = await import('../system/s3/client.ts')
  const client = openS3({ ...s3, proxy })
  const source = (name: string): ImageSource => ({
    name: writeS3(address) + name,
    read: () => readS3(client, address, name, imageLimits.maxBytes, signal),
  })
  if (isOne) return { images: [source(text.slice(text.lastIndexOf('/') + 1))], skipped: [] }
  const skipped = countSkipped()
  const images: ImageSource[] = []
  for await (const names of s3Names({ client, address, skipped, signal })) images.push(...names.map(source))
  if (images.length === 0) throw emptyFolder(text, skipped.list())
  return { images, skipped: skipped.list() }
}
