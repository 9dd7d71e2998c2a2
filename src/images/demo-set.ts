/** The demo's photographs as a set: positives to fit on, and a dozen others to try, the same each time. */
import { createRandom } from '../core/random.ts'
import type { ImageSource } from './decode.ts'
import { defects, renderOther, renderPart } from './demo-images.ts'
import { encodeImage } from './encode.ts'
import type { Pixels } from './pixels.ts'

export interface DemoSample {
  readonly id: string
  readonly kind: 'positive' | 'negative'
  /** In a word: "good part", "crack", "another thing". */
  readonly what: string
  readonly jpeg: Uint8Array
}

const positives = 200
const random = createRandom(7)

/** Seconds of drawing; `onProgress` after each image. */
export async function drawDemo(
  onProgress: (done: number, total: number) => void,
): Promise<{ sources: ImageSource[]; samples: DemoSample[] }> {
  const samples: (Omit<DemoSample, 'jpeg'> & { draw: () => Pixels })[] = [
    ...range(4).map((i) => ({
      id: `good-${i}`,
      kind: 'positive' as const,
      what: 'good part',
      draw: () => renderPart(random.fork(`good ${i}`)),
    })),
    ...defects.map((defect, i) => ({
      id: `defect-${i}`,
      kind: 'negative' as const,
      what: defect,
      draw: () => renderPart(random.fork(`defect ${i}`), defect),
    })),
    ...range(3).map((i) => ({
      id: `other-${i}`,
      kind: 'negative' as const,
      what: 'another thing',
      draw: () => renderOther(random.fork(`other ${i}`)),
    })),
  ]
  const total = positives + samples.length
  let done = 0
  const encode = async (pixels: Pixels): Promise<Uint8Array> => {
    const jpeg = await encodeImage(pixels, 'jpeg', 90)
    onProgress(++done, total)
    return jpeg
  }
  const sources: ImageSource[] = []
  for (const i of range(positives)) {
    const bytes = await encode(renderPart(random.fork(`train ${i}`)))
    sources.push({ name: `part-${String(i).padStart(3, '0')}.jpg`, bytes })
  }
  const drawn: DemoSample[] = []
  for (const { draw, ...sample } of samples) drawn.push({ ...sample, jpeg: await encode(draw()) })
  return { sources, samples: drawn }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
