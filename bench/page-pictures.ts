/**
 * The README's pictures of the page, made from drawn parts alone.
 *
 *   node dist/bench/page-pictures.js docs/images
 *
 * Starts a service of its own on this machine, fits the demo and a model of good parts that looks at places, scores a batch of good
 * parts, parts with a defect and other things, reviews some of it, and writes `page-*.webp`. Needs a Chromium on the PATH.
 */
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { createClient } from '../src/client.ts'
import { createRandom } from '../src/core/random.ts'
import { defects, renderOther, renderPart } from '../src/images/demo-images.ts'
import { encodeImage } from '../src/images/encode.ts'
import type { Pixels } from '../src/images/pixels.ts'
import { findChromium, openBrowser } from '../test/support/browser.ts'
import { freePort, startService } from '../test/support/service.ts'

const target = process.argv[2]
const program = findChromium()
if (target === undefined)
  throw new Error('expected the folder to write to: node dist/bench/page-pictures.js docs/images')
if (program === undefined) throw new Error('no chromium, chromium-browser or google-chrome on the PATH')

const folder = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-pictures-')))
const random = createRandom(11)
const draw = async (name: string, pixels: Pixels) => ({ name, bytes: await encodeImage(pixels, 'jpeg') })
const good = async (from: number, count: number) => {
  const parts: { name: string; bytes: Uint8Array }[] = []
  for (let i = from; i < from + count; i++)
    parts.push(await draw(`ring-${String(i).padStart(3, '0')}.jpg`, renderPart(random)))
  return parts
}
const train = await good(0, 80)
const asked = await good(200, 60)
for (let i = 0; i < 30; i++) {
  const defect = defects[i % defects.length]!
  asked.push(await draw(`${defect.replace(' ', '-')}-${i}.jpg`, renderPart(random, defect)))
}
for (let i = 0; i < 10; i++) asked.push(await draw(`other-${i}.jpg`, renderOther(random)))

const service = await startService({ home: join(folder, 'home'), root: folder, port: await freePort() })
const browser = await openBrowser(program)
const { page } = browser
page.setDefaultTimeout(600_000)

/** @param name of the file below the folder, without its ending */
async function save(name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  const file = await sharp(await page.screenshot({ animations: 'disabled' }))
    .webp({ quality: 80 })
    .toBuffer()
  await writeFile(join(target!, `${name}.webp`), file)
  console.log(`${name}.webp: ${Math.round(file.length / 1024)} kB`)
}
async function open(hash: string): Promise<void> {
  await page.goto(`${service.address}/${hash}`)
  await page.waitForSelector('h1')
}
const asFile = ({ name, bytes }: { name: string; bytes: Uint8Array }) => ({
  name,
  mimeType: 'image/jpeg',
  buffer: Buffer.from(bytes),
})

try {
  const client = createClient(service.address)
  const fit = await client.finished((await client.fit('ring', train, { detail: 2 })).id)
  if (fit.state !== 'done') throw new Error(JSON.stringify(fit.error))
  // as if a folder had been dropped
  const inFolder = asked.map((image) => ({ ...image, name: `monday/${image.name}` }))
  const batch = await client.batch('ring', inFolder, { thumbnails: true, map: true })
  await client.finished(batch.id)
  const lines = await client.results(batch.id)
  const worst = lines.flatMap((line) => ('error' in line ? [] : [line])).sort((a, b) => b.score - a.score)
  const reviews = worst.slice(0, 9).map(({ index, image }) => ({
    index,
    label: /^monday\/ring/.test(image) ? ('belongs' as const) : ('differs' as const),
  }))
  await client.review(batch.id, { by: 'Ann', reviews })

  await page.setViewportSize({ width: 1280, height: 800 })
  await open('#/classify/ring@1')
  const flaw =
    worst.find(({ image, regions }) => !/^monday\/(ring|other)/.test(image) && regions?.length === 1) ?? worst[0]!
  const shown = [...asked.slice(0, 3), asked[flaw.index]!]
  for (const [i, one] of shown.entries()) {
    await page.setInputFiles('[data-pick=files]', [asFile(one)])
    await page.locator('.tray-cell:not(.waiting)').nth(i).waitFor()
  }
  await page.locator('.stage .verdict').waitFor()
  await page.getByRole('button', { name: 'Show where it looks unusual' }).click()
  await page.locator('.heat-legend').waitFor()
  await page.locator('.stage').evaluate((stage) => stage.scrollIntoView({ block: 'start' }))
  await page.mouse.wheel(0, -20)
  await save('page-classify')

  await page.setViewportSize({ width: 1400, height: 875 }) // its filters in one row
  await open(`#/batches/${batch.id}`)
  await page.locator('.cell img').first().waitFor()
  await page.getByLabel('Marks', { exact: true }).check()
  await page.locator('.cell').nth(1).click()
  await save('page-batch')

  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
  await open(`#/map/ring@1?batch=${batch.id}`)
  await page.locator('.map canvas').first().waitFor()
  await save('page-map')
} finally {
  await browser.close()
  await service.stop()
  await rm(folder, { recursive: true, force: true })
}
