/**
 * The page as a visitor meets it, measured in the browser: first view, bytes over the wire, layout shift while results stream, and frames
 * while thousands of thumbnails scroll by.
 *
 *   node dist/bench/page.js [--images 5000]
 *
 * Starts a service of its own on this machine, fits a model on 60 drawn parts and scores that many files (few pictures under
 * many names) from a served folder. Needs a Chromium on the PATH.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '../src/client.ts'
import { findChromium, openBrowser } from '../test/support/browser.ts'
import { drawInto, multiply } from '../test/support/pictures.ts'
import { freePort, startService } from '../test/support/service.ts'
import { markdownTable, quantile } from './material.ts'

const { values } = parseArgs({ options: { images: { type: 'string', default: '5000' } } })
const count = Number(values.images)
const program = findChromium()
if (program === undefined) throw new Error('no chromium, chromium-browser or google-chrome on the PATH')

const folder = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-bench-page-')))
const train = await drawInto(join(folder, 'served/train'), 1, { parts: 60, others: 0 })
const held = await drawInto(join(folder, 'held'), 2, { parts: 40, others: 20 })
await multiply([...held.parts, ...held.others], join(folder, 'served/many'), count)
const service = await startService({
  home: join(folder, 'home'),
  root: join(folder, 'served'),
  port: await freePort(),
  workers: 2,
})
const browser = await openBrowser(program)
const { page } = browser
const rows: string[][] = []
try {
  const client = createClient(service.address)
  const post = (path: string, body: object) =>
    fetch(service.address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((response) => response.json() as Promise<{ id: string }>)

  const views: number[] = []
  for (let i = 0; i < 7; i++) {
    await browser.context.clearCookies()
    const session = await browser.context.newCDPSession(page)
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await page.goto(`${service.address}/`, { waitUntil: 'load' })
    await page.waitForSelector('h1')
    views.push(
      (await page.evaluate(
        `new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true }))`,
      )) as number,
    )
    await session.detach()
  }
  rows.push([
    'first view: largest paint, median and worst of 7, no cache',
    `${quantile(views).toFixed(0)} and ${Math.max(...views).toFixed(0)} ms`,
  ])
  const fit = await post('/v1/models', { name: 'part', folder: join(folder, 'served/train') })
  await client.finished(fit.id)
  void train
  const batch = await post('/v1/models/part/batches', { folder: join(folder, 'served/many'), thumbnails: true })
  await page.goto(`${service.address}/#/batches/${batch.id}`)
  await page.waitForSelector('.virtual-grid')
  await page.evaluate('window.shift = 0')
  await client.finished(batch.id, { everyMs: 1000 })
  await page.waitForTimeout(3000)
  rows.push([`layout shift while ${count} results stream`, String(await page.evaluate('window.shift'))])

  for (const steps of [1800, 600]) {
    await page.evaluate('scrollTo(0, 0)')
    await page.waitForTimeout(1000)
    const frames = (await page.evaluate(`new Promise((done) => {
      const times = [], step = (document.documentElement.scrollHeight - innerHeight) / ${steps}
      let last = performance.now(), n = 0
      requestAnimationFrame(function frame(now) {
        times.push(now - last); last = now
        scrollBy(0, step)
        if (++n < ${steps}) requestAnimationFrame(frame); else done(times.slice(5))
      })
    })`)) as number[]
    const late = frames.filter((ms) => ms > 50).length
    rows.push([
      `${count} thumbnails scrolled through in ${steps} steps (${(count / steps).toFixed(1)} pictures a frame): median, 95 %, worst; over 50 ms`,
      `${quantile(frames).toFixed(1)}, ${quantile(frames, 0.95).toFixed(1)}, ${Math.max(...frames).toFixed(0)} ms; ${late} of ${frames.length}`,
    ])
  }
  rows.push(['cells in the document at the end', String(await page.locator('.cell').count())])
  rows.push(['load average', loadavg()[0]!.toFixed(1)])
  console.log(markdownTable(['what', 'measured'], rows))
} finally {
  await browser.close()
  await service.stop()
  await rm(folder, { recursive: true, force: true })
}
