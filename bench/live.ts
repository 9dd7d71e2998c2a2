/**
 * The live view as a visitor has it: verdicts a second on the camera, how far behind they are, whether that grows, and the CPU of a frame.
 *
 *   node dist/bench/live.js [--seconds 30] [--detail 1]
 *
 * Starts a service of its own with two workers, fits a model on 60 drawn parts, opens the page in a headless Chromium whose camera
 * is the browser's own test picture, and watches. Needs a Chromium on the PATH; CPU seconds are read from /proc (Linux). Verdicts a
 * second and milliseconds behind say something on a quiet machine only, and there the browser draws on the same cores.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '../src/client.ts'
import { findChromium, openBrowser } from '../test/support/browser.ts'
import { watchLive } from '../test/support/live-frames.ts'
import { drawInto } from '../test/support/pictures.ts'
import { freePort, startService } from '../test/support/service.ts'
import { markdownTable, quantile } from './material.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, detail: { type: 'string', default: '1' } },
})
const seconds = Number(values.seconds)
const detail = Number(values.detail) as 1 | 2 | 3
const program = findChromium()
if (program === undefined) throw new Error('no chromium, chromium-browser or google-chrome on the PATH')

const folder = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-bench-live-')))
const { parts } = await drawInto(join(folder, 'served/train'), 1, { parts: 60, others: 0 })
const service = await startService({
  home: join(folder, 'home'),
  root: join(folder, 'served'),
  port: await freePort(),
  workers: 2,
})
const browser = await openBrowser(program)
const { page } = browser
try {
  const client = createClient(service.address)
  const job = await client.fitFolder({ name: 'part', folder: join(folder, 'served/train'), detail })
  const fit = await client.finished(job.id)
  if (fit.state !== 'done') throw new Error(JSON.stringify(fit.error))

  await page.goto(`${service.address}/#/classify/part@1?live=1`)
  await page.locator('.live-pace').waitFor()
  await page.waitForTimeout(5000) // the first frames load the model
  const { delays, most, cpu, seconds: took } = await watchLive(page, seconds)
  const third = Math.floor(delays.length / 3)
  const of = (part: 'service' | 'redis' | 'browser') =>
    cpu === undefined ? 'no /proc' : `${((1000 * cpu[part]) / delays.length).toFixed(1)} ms`
  const rows = [
    ['verdicts a second', (delays.length / took).toFixed(1)],
    ['behind, median and 95 %', `${quantile(delays).toFixed(0)} and ${quantile(delays, 0.95).toFixed(0)} ms`],
    [
      'behind, first and last third',
      `${quantile(delays.slice(0, third)).toFixed(0)} and ${quantile(delays.slice(-third)).toFixed(0)} ms`,
    ],
    ['most frames under way', String(most)],
    ['CPU a frame: service and workers', of('service')],
    ['CPU a frame: Redis', of('redis')],
    ['CPU a frame: browser, camera and drawing', of('browser')],
  ]
  console.log(
    `${parts.length} photos, detail ${detail}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}, ${delays.length} frames`,
  )
  console.log(markdownTable(['', ''], rows))
} finally {
  await browser.close()
  await service.stop()
  await rm(folder, { recursive: true, force: true })
}
