/**
 * The live view as a visitor has it: verdicts a second on the camera, how far behind they are, whether that grows, and the CPU of a frame.
 *
 *   node dist/bench/live.js [--seconds 30] [--detail 1]
 *
 * Starts a service of its own with two workers, fits a model on 60 drawn parts, opens the page in a headless Chromium whose camera
 * is the browser's own test picture, and watches. Needs a Chromium on the PATH; CPU seconds are read from /proc (Linux). Verdicts a
 * second and milliseconds behind say something on a quiet machine only, and there the browser draws on the same cores.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '../src/client.ts'
import { findChromium, openBrowser } from '../test/support/browser.ts'
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

/** Seconds of CPU that the programs below this one have used, by what they are. */
function cpuSeconds(): { readonly service: number; readonly redis: number; readonly browser: number } {
  const all = new Map<number, { parent: number; name: string; ticks: number }>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      // utime and stime, in hundredths of a second
      all.set(Number(entry), { parent: Number(fields[1]), name, ticks: Number(fields[11]) + Number(fields[12]) })
    } catch {
      // it has ended
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = all.get(pid)?.parent
    return parent !== undefined && parent > 1 && (parent === process.pid || isBelow(parent))
  }
  const sum = { service: 0, redis: 0, browser: 0 }
  for (const [pid, { name, ticks }] of all)
    if (isBelow(pid)) sum[/chrom/.test(name) ? 'browser' : /redis/.test(name) ? 'redis' : 'service'] += ticks / 100
  return sum
}

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
  // seen where the page asks: when each frame went, when its verdict came, and how many were under way
  await page.evaluate(`{
    window.frames = { under: 0, most: 0, times: [] }
    const plain = window.fetch
    window.fetch = async (...asked) => {
      if (!String(asked[0]).includes('/classify')) return await plain(...asked)
      const sent = performance.now()
      frames.most = Math.max(frames.most, ++frames.under)
      try {
        const answer = await plain(...asked)
        if (answer.ok) frames.times.push([sent, performance.now()])
        return answer
      } finally { frames.under-- }
    }
  }`)
  await page.waitForTimeout(5000) // the first frames load the model
  await page.evaluate('frames.times.length = 0')
  const [before, started] = [cpuSeconds(), performance.now()]
  await page.waitForTimeout(seconds * 1000)
  const [after, took] = [cpuSeconds(), (performance.now() - started) / 1000]
  const seen = (await page.evaluate('frames')) as { most: number; times: [sent: number, answered: number][] }
  const delays = seen.times.map(([sent, answered]) => answered - sent)
  const third = Math.floor(delays.length / 3)
  const of = (part: keyof typeof before) => `${((1000 * (after[part] - before[part])) / delays.length).toFixed(1)} ms`
  const rows = [
    ['verdicts a second', (delays.length / took).toFixed(1)],
    ['behind, median and 95 %', `${quantile(delays).toFixed(0)} and ${quantile(delays, 0.95).toFixed(0)} ms`],
    [
      'behind, first and last third',
      `${quantile(delays.slice(0, third)).toFixed(0)} and ${quantile(delays.slice(-third)).toFixed(0)} ms`,
    ],
    ['most frames under way', String(seen.most)],
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
