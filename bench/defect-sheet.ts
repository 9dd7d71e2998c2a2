/**
 * The contact sheet of docs/defects.md: drawn parts, good and with a drawn defect, each beside its heat, as `score --explain` shows it.
 *
 *   node dist/bench/defect-sheet.js docs/images/defects.webp
 */
import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { createRandom, type Random } from '../src/core/random.ts'
import { see } from '../src/features/embed.ts'
import { openBackbone } from '../src/features/registry.ts'
import { decodeImage, type ImageSource } from '../src/images/decode.ts'
import { encodeImage } from '../src/images/encode.ts'
import { overlayHeat } from '../src/images/heat-overlay.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { drawDefect } from '../src/images/simulated-defects.ts'
import { createClassifier } from '../src/pipeline/classify.ts'
import { fitImages } from '../src/pipeline/fit.ts'
import { backboneFor } from '../src/pipeline/model-backbone.ts'

const [out] = process.argv.slice(2)
if (out === undefined) throw new Error('Usage: node dist/bench/defect-sheet.js FILE.webp')
const side = 160
const columns = 6

/** A brushed plate in a fixture: a bore, four holes and a slot, at nearly the same place, under light that varies. */
function plate(random: Random): Pixels {
  const [cx, cy] = [80 + 4 * (random.next() - 0.5), 80 + 4 * (random.next() - 0.5)]
  const [light, slopeX, slopeY] = [0.85 + 0.3 * random.next(), random.next() - 0.5, random.next() - 0.5]
  const brushed = Array.from({ length: side }, () => 8 * (random.next() - 0.5))
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [x - cx, y - cy]
      const inPlate = Math.abs(u) < 66 && Math.abs(v) < 66
      const bore = Math.hypot(u, v)
      const hole = Math.hypot(Math.abs(u) - 50, Math.abs(v) - 50) < 7
      const slot = Math.abs(u) < 16 && Math.abs(v - 46) < 4
      const surface = 150 + brushed[y]! + 0.3 * (slopeX * u + slopeY * v)
      const rim = bore < 31 ? 205 : surface
      const value = !inPlate || bore < 26 || hole || slot ? 36 : rim
      const seen = Math.max(0, Math.min(255, light * value + 6 * (random.next() - 0.5)))
      data.fill(seen, (y * side + x) * 3, (y * side + x) * 3 + 3)
    }
  }
  return { width: side, height: side, data }
}

async function source(name: string, pixels: Pixels): Promise<ImageSource> {
  return { name, bytes: await encodeImage(pixels, 'png') }
}

const random = createRandom(13)
const good = await Promise.all(
  Array.from({ length: 59 }, (_, i) => source(`good ${i}`, plate(random.fork(`good ${i}`)))),
)
const shown = Array.from({ length: 3 * columns }, (_, i) => {
  const part = plate(random.fork(`shown ${i}`))
  return i < columns ? part : drawDefect(part, random.fork(`defect ${i}`))
})

const network = await openBackbone(undefined, { home: '/nonexistent' })
const { artifact } = await fitImages(good, network, { detail: 1 })
const classifier = createClassifier(artifact, { model: 'plate@1' })
const backbone = backboneFor(artifact, network)
if (!classifier.needsMaps) throw new Error('The model of drawn plates looks at no places.')
const tiles: { input: Buffer; left: number; top: number }[] = []
for (const [i, pixels] of shown.entries()) {
  const [seen] = await see(backbone, [await decodeImage(await source(`${i}`, pixels), backbone.target)], backbone.maps)
  if (seen === undefined || 'code' in seen) throw seen ?? new Error('nothing seen')
  const { width, height, values } = classifier.heatOf(seen.maps)!
  const heat = { width, height, values: values.map((value) => Math.min(1, Math.max(0, value + 0.5))) }
  console.log(`${i < columns ? 'good' : 'defect'} ${i}: p ${classifier.score(seen).pValue.toFixed(3)}`)
  const [left, top] = [(i % columns) * (side + 6), Math.floor(i / columns) * (2 * side + 24)]
  for (const [k, picture] of [pixels, overlayHeat(pixels, heat)].entries()) {
    const input = await sharp(await encodeImage(picture, 'png'))
      .extract({ left: 0, top: 0, width: side, height: side })
      .png()
      .toBuffer()
    tiles.push({ input, left, top: top + k * (side + 6) })
  }
}
const [width, height] = [columns * (side + 6) - 6, 3 * (2 * side + 24) - 18]
const sheet = sharp({ create: { width, height, channels: 3, background: '#ffffff' } }).composite(tiles)
await writeFile(out, await sheet.webp({ quality: 80 }).toBuffer())
await network.close()
