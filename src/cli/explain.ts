/** `score --explain DIR`: one page that shows each image, where it is unusual, and what the model said. */
import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { OneclassError } from '../errors.ts'
import type { Backbone } from '../features/backbone.ts'
import { decodeImage, type ImageSource } from '../images/decode.ts'
import { encodeImage } from '../images/encode.ts'
import { overlayHeat } from '../images/heat-overlay.ts'
import { withOwnMark } from '../images/own-picture.ts'
import type { SampleRange } from '../images/sample-range.ts'
import type { Classifier } from '../pipeline/classify.ts'
import { heatOfImage } from '../pipeline/heat.ts'
import { throwIfAborted } from '../system/cancelled.ts'
import { makeFolder } from '../system/files.ts'
import { escapeHtml } from '../system/html.ts'
import { heatLevel } from '../wire/heat-colours.ts'
import type { Heatmap, ImageResult } from '../wire/result.ts'
import { heatMapEnding } from '../wire/system-names.ts'

/** Larger pages help nobody. */
const explainAtMost = 200

/**
 * Each image is read a second time: one that is gone by then, or another, has its error on the page.
 * @returns the path of the page, and how many images could not be read
 */
export async function writeExplanations(
  folder: string,
  pairs: readonly { readonly source: ImageSource; readonly result: ImageResult }[],
  model: {
    readonly label: string
    readonly backbone: Backbone
    readonly classifier: Classifier
    readonly signal?: AbortSignal
  },
  onProgress: (done: number, total: number) => void,
): Promise<{ readonly path: string; readonly unread: number }> {
  await makeFolder(folder)
  const cards: string[] = []
  const files = new Set<string>()
  let unread = 0
  for (const [i, { source, result }] of pairs.slice(0, explainAtMost).entries()) {
    throwIfAborted(model.signal)
    if ('error' in result) cards.push(errorCard(source, result.error.message))
    else {
      const seen = await lookAgain(source, model)
      if (seen instanceof OneclassError) {
        unread++
        cards.push(errorCard(source, `It was scored, and could not be read a second time: ${seen.message}`))
      } else {
        const file = fileFor(source.name, files)
        await writeFile(join(folder, file), withOwnMark(seen.picture))
        cards.push(card(source, result, file, seen.heatmap))
      }
    }
    onProgress(i + 1, Math.min(pairs.length, explainAtMost))
  }
  const left = pairs.length > explainAtMost ? `<p>${pairs.length - explainAtMost} more images are not shown.</p>` : ''
  const path = join(folder, 'index.html')
  await writeFile(path, page(model.label, cards.join('\n') + left, model.classifier.needsMaps))
  return { path, unread }
}

/** @returns the error of an image. @throws what is no fault of it */
async function lookAgain(
  source: ImageSource,
  { classifier, backbone }: { readonly classifier: Classifier; readonly backbone: Backbone },
): Promise<{ readonly heatmap: Heatmap | undefined; readonly picture: Uint8Array } | OneclassError> {
  try {
    const heatmap = await heatOfImage(classifier, backbone, source)
    return { heatmap, picture: await pictureOf(source, heatmap, backbone.target.range) }
  } catch (error) {
    if (error instanceof OneclassError && error.code.startsWith('IMAGE_')) return error
    throw error
  }
}

/** Longest side of a picture with its heat map. */
const pictureSide = 640

/** A file's name may have 255 bytes; a number and the ending come to this. */
const longestStem = 200

/** `NAME.heatmap.png` for `a/NAME.jpg`; a number where that name is taken. */
function fileFor(name: string, taken: Set<string>): string {
  const safe = basename(name, extname(name)).replace(/[^A-Za-z0-9._ -]/g, '_')
  const stem = safe.slice(0, longestStem) || 'image' // each character is one byte
  for (let k = 1; ; k++) {
    const file = `${stem}${k === 1 ? '' : `-${k}`}${heatMapEnding}`
    if (taken.has(file)) continue
    taken.add(file)
    return file
  }
}

/** The whole image, in its own shape, with the heat over it. */
async function pictureOf(
  source: ImageSource,
  heatmap: Heatmap | undefined,
  range: SampleRange | undefined,
): Promise<Uint8Array> {
  const size = { width: pictureSide, height: pictureSide, resize: 'inside' as const, ...(range && { range }) }
  const picture = await decodeImage(source, size)
  if (heatmap === undefined) return await encodeImage(picture, 'png')
  const { image, area } = heatmap
  const within = image &&
    area && {
      x: area.x / image.width,
      y: area.y / image.height,
      width: area.width / image.width,
      height: area.height / image.height,
    }
  return await encodeImage(overlayHeat(picture, { ...heatmap, values: heatmap.values.map(heatLevel) }, within), 'png')
}

function card(
  source: ImageSource,
  result: Extract<ImageResult, { model: string }>,
  file: string,
  heatmap: Heatmap | undefined,
): string {
  const nearest = result.nearest.map((n) => ('image' in n ? n.image : `row ${n.row}`))
  return `<article><h2>${escapeHtml(source.name)}</h2><img src="${encodeURIComponent(file)}" alt="the image with its heat map">
<p class="${result.isPositive ? 'good' : 'bad'}">${result.isPositive ? 'belongs' : 'does not belong'}: score ${result.score.toFixed(3)}</p>
<p>${(100 * result.pValue).toFixed(1)} % of held-out positives look at least as unusual. Rejected at ${result.alpha} or below. ${marksOf(result, heatmap)}</p>
<p>Most like: ${nearest.map(escapeHtml).join(', ')}</p></article>`
}

function marksOf({ regions = [] }: Extract<ImageResult, { model: string }>, heatmap: Heatmap | undefined): string {
  if (heatmap === undefined) return ''
  if (regions.length === 0) return 'No place is marked.'
  return `Marked: ${regions.map(({ x, y, width, height, pValue }) => `${width} x ${height} at ${x}, ${y} (p ${pValue.toFixed(3)})`).join('; ')}.`
}

function errorCard(source: ImageSource, message: string): string {
  return `<article><h2>${escapeHtml(source.name)}</h2><p class="bad">${escapeHtml(message)}</p></article>`
}

const legend = {
  places:
    'Colour tells how unlike the good images a place is: clear is usual, green is marked, yellow is far beyond. The bar below each picture is the scale. At most 7 % of good images show any mark (5 % in models of earlier builds).',
  whole: 'This model looks at whole images only: it cannot tell which part of one is unusual.',
}

function page(label: string, body: string, ofPlaces: boolean): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(label)}: why</title><style>
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:80rem;margin:2rem auto;padding:0 1rem}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:1.5rem}img{width:100%;border-radius:6px}
h2{font-size:1rem;overflow-wrap:anywhere}.good::before{content:"✓ "}.bad::before{content:"✗ "}.good{color:#0072b2}.bad{color:#d55e00}
</style><h1>${escapeHtml(label)}: why</h1><p>${ofPlaces ? legend.places : legend.whole}</p><main>${body}</main></html>`
}
