/** `embed`: images to a matrix of their embeddings, in a thread of its own. */
import type { SampleRange } from '../wire/sample-range.ts'
import * as check from './arguments.ts'
import type { EmbedReply } from './calls.ts'
import { checkImages, gather, type Images, pathOf } from './images.ts'
import { type Cancellable, homeOf, type Place } from './place.ts'
import { callOnce } from './thread.ts'

export interface EmbedCall extends Place, Cancellable {
  /** An id of `oneclass backbones list`, `face`, or a path to an .onnx file or a model.json. Default: the embedded one. */
  readonly backbone?: string | undefined
  /** What is black and white beyond 8 bits a sample. Default: read from the images. */
  readonly range?: Pick<SampleRange, 'low' | 'high'> | undefined
  /** Refuse images that were cut off, even where no pixel is missing. */
  readonly strict?: boolean | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const options = {
  ...check.common,
  backbone: check.text('the id or file of a network'),
  range: check.range,
  strict: check.flag,
}

/**
 * The embeddings of images, shape (n, d), for other programs and for `fit` on features.
 * @throws FOLDER_NOT_FOUND, FOLDER_EMPTY, BACKBONE_NOT_FOUND; an image that cannot be read is in `rejected`, unless all are
 */
export async function embed(images: Images, call: EmbedCall = {}): Promise<EmbedReply> {
  checkImages('the images', images)
  check.checkOptions(call, options)
  const { backbone, strict } = call
  const range = call.range && { ...call.range, samples: 'any' as const }
  const more = { home: homeOf(call), backbone, strict, range }
  if (typeof images === 'string' || images instanceof URL)
    return await callOnce('embed', { ...more, images: pathOf(images) }, call)
  const { sources, failed, discard } = await gather(images, call.signal)
  try {
    const reply = await callOnce('embed', { ...more, images: sources }, call)
    return { ...reply, rejected: [...failed, ...reply.rejected] }
  } finally {
    await discard()
  }
}
