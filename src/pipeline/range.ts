/** The range of samples that a model was fitted with: found among its positives, then the same for every image that it judges. */
import { present } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { withTarget } from '../features/changed.ts'
import { measureSamples } from '../images/decode.ts'
import type { ImageLimits } from '../images/limits.ts'
import { describeRange, rangeOf, type SampleRange, type UsedSamples } from '../images/sample-range.ts'
import type { ImageSource } from '../images/source.ts'
import { throwIfAborted } from '../system/cancelled.ts'

/** Images that are measured: enough to see what the others use. */
const mostMeasured = 100

/**
 * @returns undefined where the images have 8 bits a sample or use all of their 16
 * @throws CANCELLED
 */
export async function rangeOfImages(
  sources: readonly ImageSource[],
  options: { readonly limits?: ImageLimits | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<SampleRange | undefined> {
  const found: UsedSamples[] = []
  for (const source of spread(sources)) {
    throwIfAborted(options.signal)
    // what cannot be read is said when it is decoded
    const used = await measureSamples(source, options.limits).catch(() => undefined)
    if (used) found.push(used)
  }
  return rangeOf(found)
}

/** Up to a hundred of them, evenly spread. */
export function spread<T>(items: readonly T[]): T[] {
  const step = Math.max(1, items.length / mostMeasured)
  const count = Math.min(items.length, mostMeasured)
  return Array.from({ length: count }, (_, i) => present(items[Math.floor(i * step)], 'an image'))
}

/** The same network, asking the decoder for this range. */
export function withRange(backbone: Backbone, range: SampleRange | undefined): Backbone {
  return range === undefined ? backbone : withTarget(backbone, { range })
}

/** One sentence for the report of a fit. */
export function rangeSentence(range: SampleRange): string {
  const what = range.samples === 'any' ? 'samples beyond 8 bits' : range.samples === 'float' ? 'floats' : 'samples'
  return `${what} of ${describeRange(range)} are taken for black to white, in scoring too; "range" (LOW,HIGH) fixes another.`
}
