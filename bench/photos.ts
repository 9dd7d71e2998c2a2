/** Photos that nobody took: soft noise, 500 x 375 JPEG of some 30 kB, the same for the same seed. */
import sharp from 'sharp'
import { createRandom } from '../src/core/random.ts'

export async function photo(seed: number): Promise<Buffer> {
  const random = createRandom(seed + 1)
  const noise = Buffer.from(Uint8Array.from({ length: 48 * 36 * 3 }, () => random.int(256)))
  return await sharp(noise, { raw: { width: 48, height: 36, channels: 3 } })
    .resize(500, 375)
    .jpeg({ quality: 85 })
    .toBuffer()
}
