/** Files for the page, drawn by the product's own demo: good parts, other things, and some that are no images. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../../src/core/random.ts'
import { renderOther, renderPart } from '../../src/images/demo-images.ts'
import { encodeImage } from '../../src/images/encode.ts'

/** Draws `parts` good parts, which are `called` so, and `others` other things into a folder; returns their paths. */
export async function drawInto(
  folder: string,
  seed: number,
  counts: { parts: number; others: number; called?: string },
): Promise<{ parts: string[]; others: string[] }> {
  await mkdir(folder, { recursive: true })
  const random = createRandom(seed)
  const draw = async (name: string, kind: 'part' | 'other') => {
    const path = join(folder, name)
    await writeFile(path, await encodeImage(kind === 'part' ? renderPart(random) : renderOther(random), 'jpeg'))
    return path
  }
  const parts: string[] = []
  const others: string[] = []
  for (let i = 0; i < counts.parts; i++) parts.push(await draw(`${counts.called ?? 'part'}-${i}.jpg`, 'part'))
  for (let i = 0; i < counts.others; i++) others.push(await draw(`other-${i}.jpg`, 'other'))
  return { parts, others }
}

export async function writeBroken(path: string): Promise<string> {
  await writeFile(path, 'no image at all')
  return path
}

/** Checks in yellow and blue, as an SVG: unlike every drawn part to any network, a small one too. */
export function drawChecks(width: number, height: number): Buffer {
  const check = '<path fill="#ff0" d="M0 0h24v24H0z"/><path fill="#00f" d="M0 0h12v12H0zM12 12h12v12H12z"/>'
  const pattern = `<pattern id="p" width="24" height="24" patternUnits="userSpaceOnUse">${check}</pattern>`
  const area = `<path fill="url(#p)" d="M0 0h${width}v${height}H0z"/>`
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${pattern}${area}</svg>`,
  )
}

/** Many files out of few: the same bytes under `count` names. */
export async function multiply(files: readonly string[], folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const made: string[] = []
  for (let i = 0; i < count; i++) {
    const path = join(folder, `image-${String(i).padStart(5, '0')}.jpg`)
    await copyFile(files[i % files.length]!, path)
    made.push(path)
  }
  return made
}
