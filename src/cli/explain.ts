/** `score --explain DIR`: one page that shows each image, where its oddness lies, and what the model said. */
import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { see } from '../features/embed.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import { encodeImage } from '../images/encode.ts'
import { overlayHeat } from '../images/heat-overlay.ts'
import type { Pixels } from '../images/pixels.ts'
import type { Classifier } from '../pipeline/classify.ts'
import { explainByOcclusion, type OcclusionMap } from '../pipeline/explain.ts'
import type { Artifact } from '../store/artifact.ts'
import { makeFolder } from '../system/files.ts'
import type { ImageResult } from '../wire/result.ts'

/** Larger pages help nobody, and each image costs some 60 runs of the network. */
export const explainAtMost = 200

/** @returns the path of the page */
export async function writeExplanations(
  folder: string,
  pairs: readonly { readonly source: ImageSource; readonly result: ImageResult }[],
  model: {
    readonly label: string
    readonly artifact: Artifact
    readonly backbone: Backbone
    readonly classifier: Classifier
    readonly signal?: AbortSignal
  },
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  await makeFolder(folder)
  const cards: string[] = []
  const files = new Set<string>()
  for (const [i, { source, result }] of pairs.slice(0, explainAtMost).entries()) {
    if (model.signal?.aborted) throw new OneclassError('CANCELLED', 'Interrupted.')
    if (model.classifier.needsMaps && !('error' in result)) {
      const file = fileFor(source.name, files)
      await writeFile(join(folder, file), await heatmapOf(source, model))
      cards.push(placesCard(source, result, file))
    } else cards.push(await card(source, result, model))
    onProgress(i + 1, Math.min(pairs.length, explainAtMost))
  }
  const left = pairs.length > explainAtMost ? `<p>${pairs.length - explainAtMost} more images are not shown.</p>` : ''
  const path = join(folder, 'index.html')
  await writeFile(path, page(model.label, cards.join('\n') + left, model.classifier.needsMaps))
  return path
}

/** Longest side of a picture with its heat map. */
const pictureSide = 640

/** `NAME.heatmap.png` for `a/NAME.jpg`; a number where that name is taken. */
function fileFor(name: string, taken: Set<string>): string {
  const stem = basename(name, extname(name)).replace(/[^A-Za-z0-9._ -]/g, '_') || 'image'
  for (let k = 1; ; k++) {
    const file = `${stem}${k === 1 ? '' : `-${k}`}.heatmap.png`
    if (taken.has(file)) continue
    taken.add(file)
    return file
  }
}

/** The whole image, in its own shape, with the heat of its places over it. */
async function heatmapOf(source: ImageSource, model: Parameters<typeof writeExplanations>[2]): Promise<Uint8Array> {
  const { backbone, classifier } = model
  const { range } = backbone.target
  const size = { width: pictureSide, height: pictureSide, resize: 'inside' as const, ...(range && { range }) }
  const [pixels, picture] = [await decodeImage(source, backbone.target), await decodeImage(source, size)]
  const [seen] = await see(backbone, [pixels], true)
  if (seen === undefined || seen instanceof OneclassError) throw seen ?? new OneclassError('INTERNAL', 'No maps.')
  const { width, height, values } = classifier.heatOf(seen.maps)!
  // clear up to half the height of the mark, full colour at one and a half times
  const heat = { width, height, values: values.map((value) => Math.min(1, Math.max(0, value + 0.5))) }
  return await encodeImage(overlayHeat(picture, heat), 'png')
}

function placesCard(source: ImageSource, result: Extract<ImageResult, { model: string }>, file: string): string {
  const regions = result.regions ?? []
  const words =
    regions.length === 0
      ? 'No place is marked.'
      : `Marked: ${regions.map(({ x, y, width, height, pValue }) => `${width} x ${height} at ${x}, ${y} (p ${pValue.toFixed(3)})`).join('; ')}.`
  const nearest = result.nearest.map((n) => ('image' in n ? n.image : `row ${n.row}`))
  return `<article><h2>${asText(source.name)}</h2><img src="${encodeURIComponent(file)}" alt="the image with its heat map">
<p class="${result.isPositive ? 'good' : 'bad'}">${result.isPositive ? 'belongs' : 'does not belong'}: score ${result.score.toFixed(3)}</p>
<p>${(100 * result.pValue).toFixed(1)} % of held-out positives look at least as odd. Rejected at ${result.alpha} or below. ${words}</p>
<p>Most like: ${nearest.map(asText).join(', ')}</p></article>`
}

async function card(
  source: ImageSource,
  result: ImageResult,
  model: Parameters<typeof writeExplanations>[2],
): Promise<string> {
  const name = `<h2>${asText(source.name)}</h2>`
  if ('error' in result) return `<article>${name}<p class="bad">${asText(result.error.message)}</p></article>`
  const pixels = await decodeImage(source, model.backbone.target)
  const map = await explainByOcclusion(model.artifact, model.backbone, pixels)
  const image = Buffer.from(await encodeImage(pixels, 'jpeg')).toString('base64')
  const { isolationForest, oneClassSvm } = result.detectors
  const nearest = result.nearest.map((n) => ('image' in n ? n.image : `row ${n.row}`))
  return `<article>${name}
<svg viewBox="0 0 ${pixels.width} ${pixels.height}" role="img" aria-label="where the oddness lies"><image width="${pixels.width}" height="${pixels.height}" href="data:image/jpeg;base64,${image}"/>${overlay(map, pixels)}</svg>
<p class="${result.isPositive ? 'good' : 'bad'}">${result.isPositive ? 'belongs' : 'does not belong'}: score ${result.score.toFixed(3)}</p>
<p>${(100 * result.pValue).toFixed(1)} % of held-out positives look at least as odd (p-value; forest ${isolationForest.pValue.toFixed(3)}, SVM ${oneClassSvm.pValue.toFixed(3)}). Rejected at ${result.alpha} or below.</p>
<p>Most like: ${nearest.map(asText).join(', ')}</p></article>`
}

function overlay({ cells, values }: OcclusionMap, { width, height }: Pixels): string {
  const most = Math.max(1e-9, ...values.map(Math.abs))
  return Array.from(values, (value, i) => {
    const colour = value > 0 ? '#d55e00' : '#0072b2' // told apart by the colour-blind too
    const strength = (0.6 * Math.abs(value)) / most
    const [w, h] = [width / cells, height / cells]
    return `<rect x="${((i % cells) * w).toFixed(1)}" y="${(Math.floor(i / cells) * h).toFixed(1)}" width="${w.toFixed(1)}" height="${h.toFixed(1)}" fill="${colour}" opacity="${strength.toFixed(2)}"/>`
  }).join('')
}

const legend = {
  places:
    'Colour tells how unlike the good images a place is: clear is usual, green is marked, yellow is far beyond. The bar below each picture is the scale. At most 5 % of good images show any mark.',
  whole: 'Orange cells make an image odd: covered, it looks more like a positive. Blue cells make it belong.',
}

function page(label: string, body: string, ofPlaces: boolean): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${asText(label)}: why</title><style>
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:80rem;margin:2rem auto;padding:0 1rem}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:1.5rem}svg,img{width:100%;border-radius:6px}
h2{font-size:1rem;overflow-wrap:anywhere}.good::before{content:"✓ "}.bad::before{content:"✗ "}.good{color:#0072b2}.bad{color:#d55e00}
</style><h1>${asText(label)}: why</h1><p>${ofPlaces ? legend.places : legend.whole}</p><main>${body}</main></html>`
}

function asText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
