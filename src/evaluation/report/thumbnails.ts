/** Small pictures for the report: only those that it shows, so that its size stays bounded. */
import { decodeImage, type ImageSource } from '../../images/decode.ts'
import { encodeImage } from '../../images/encode.ts'
import { splits } from '../../wire/splits.ts'
import type { ImageScore } from '../compare-report.ts'
import type { Material } from '../material.ts'
import { bestAndWorst } from './best-and-worst.ts'

const side = 120
const quality = 55

export async function makeThumbnails(
  material: Material,
  { wanted, images }: { wanted: readonly string[]; images: readonly ImageScore[] },
): Promise<Map<string, Uint8Array>> {
  const sources = new Map<string, ImageSource>()
  for (const split of splits) for (const source of material.of[split].sources) sources.set(source.name, source)
  const keys = new Set(images.flatMap(({ scores }) => Object.keys(scores)))
  const shown = new Set(wanted)
  for (const key of keys) {
    for (const { images: list } of bestAndWorst(images, key)) for (const { image } of list) shown.add(image)
  }
  const out = new Map<string, Uint8Array>()
  for (const name of shown) {
    const source = sources.get(name)
    if (!source) continue
    const pixels = await decodeImage(source, { width: side, height: side, resize: 'cover' })
    out.set(name, await encodeImage(pixels, 'webp', quality))
  }
  return out
}
