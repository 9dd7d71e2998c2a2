/** Images for comparisons, drawn here, and a backbone of a few colour statistics that tells them apart. */
import { createRandom } from '../../src/core/random.ts'
import type { Backbone } from '../../src/features/backbone.ts'
import type { ImageSource } from '../../src/images/decode.ts'
import { encodeImage } from '../../src/images/encode.ts'
import type { Pixels } from '../../src/images/pixels.ts'
import type { Split } from '../../src/wire/splits.ts'

/** Means and spreads of a 4 x 4 grid: enough to tell the drawn classes apart. */
export const backbone: Backbone = {
  id: 'grid',
  hash: 'grid-1',
  dim: 48,
  target: { width: 32, height: 32, resize: 'stretch' },
  async embed(images) {
    return images.map(({ data }) => {
      const out = new Float32Array(48)
      for (let i = 0; i < 32 * 32; i++) {
        const cell = Math.floor(i / 256) * 4 + Math.floor((i % 32) / 8)
        for (let c = 0; c < 3; c++) out[cell * 3 + c]! += data[i * 3 + c]! / 64 / 255
      }
      return out
    })
  },
  async close() {},
}

/** A disc (the class) or stripes (others), in random places and shades. */
export function draw(kind: 'disc' | 'stripes', seed: number): Pixels {
  const random = createRandom(seed)
  const [cx, cy, r] = [12 + random.int(8), 12 + random.int(8), 6 + random.int(4)]
  const step = 2 + random.int(5)
  const data = new Uint8Array(32 * 32 * 3)
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const inside = kind === 'disc' ? (x - cx) ** 2 + (y - cy) ** 2 < r * r : Math.floor((x + seed) / step) % 2 === 0
      const at = (y * 32 + x) * 3
      for (let c = 0; c < 3; c++) data[at + c] = (inside ? [200, 60, 40][c]! : 90) + random.int(50)
    }
  }
  return { width: 32, height: 32, data }
}

async function sources(kind: 'disc' | 'stripes', count: number, from: number, folder: string): Promise<ImageSource[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      name: `${folder}/<b>${i}</b>.png`,
      bytes: await encodeImage(draw(kind, from + i), 'png'),
    })),
  )
}

export const images: Record<Split, ImageSource[]> = {
  trainPositive: await sources('disc', 30, 100, 'train/positive'),
  trainNegative: await sources('stripes', 20, 300, 'train/negative'),
  testPositive: await sources('disc', 16, 500, 'test/positive'),
  testNegative: await sources('stripes', 16, 700, 'test/negative'),
}
