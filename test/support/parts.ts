interface Part {
  readonly name: string
  readonly bytes: Uint8Array
}

import { createRandom } from '../../src/core/random.ts'
import { renderOther, renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'

/** Drawn parts, named by their number, and something else. */
export async function drawParts(seed: number, count: number): Promise<{ parts: Part[]; other: Part }> {
  const random = createRandom(seed)
  const parts: Part[] = []
  for (let i = 0; i < count; i++) parts.push({ name: `${i}.jpg`, bytes: await encodeImage(renderPart(random), 'jpeg') })
  return { parts, other: { name: 'other.jpg', bytes: await encodeImage(renderOther(random), 'jpeg') } }
}
