/** Images to a matrix of embeddings; in the thread of the library. */
import { fromRows } from '../core/matrix.ts'
import { OneclassError } from '../errors.ts'
import { embedImages } from '../features/embed.ts'
import { openBackbone } from '../features/registry.ts'
import { collect } from '../images/collect.ts'
import { imageLimits } from '../images/limits.ts'
import { rangeOfImages, withRange } from '../pipeline/range.ts'
import type { CallContext } from '../system/thread-call.ts'
import { plural } from '../wire/plural.ts'
import type { FailedImage } from '../wire/result.ts'
import type { EmbedReply, EmbedRequest } from './calls.ts'

/** @throws FOLDER_NOT_FOUND, FOLDER_EMPTY, BACKBONE_NOT_FOUND, CANCELLED; the first image's error when none has an embedding */
export async function embedAll(
  { home, images, backbone: ref, range: given, strict }: EmbedRequest,
  { signal, report }: CallContext,
): Promise<EmbedReply> {
  const found = typeof images === 'string' ? await collect(images) : { images, failed: [], skipped: [] }
  const limits = strict ? { limits: { ...imageLimits, strict } } : {}
  const backbone = await openBackbone(ref, { home })
  try {
    const range = given ?? (await rangeOfImages(found.images, { ...limits, signal }))
    const names: string[] = []
    const rows: Float32Array[] = []
    const rejected: FailedImage[] = [...found.failed]
    const options = { ...limits, signal, onProgress: (...progress: unknown[]) => report(progress) }
    for await (const { source, embedding, error } of embedImages(withRange(backbone, range), found.images, options)) {
      if (error) rejected.push({ image: source.name, error: error.toJSON() })
      else {
        names.push(source.name)
        rows.push(embedding)
      }
    }
    const [first] = rejected
    if (rows.length === 0 && first)
      throw new OneclassError(
        first.error.code,
        `Of ${plural(rejected.length, 'image')} none has an embedding; the first: ${first.error.message}`,
      )
    const { id, hash } = backbone
    return {
      images: names,
      embeddings: fromRows(rows),
      backbone: { id, hash },
      range,
      rejected,
      skipped: found.skipped,
    }
  } finally {
    await backbone.close()
  }
}
