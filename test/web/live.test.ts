/**
 * The live view with the browser's fake camera: frames are dropped and never queued, and two cores are enough for five verdicts a
 * second. The service as it is served: the network that comes with it, two workers.
 *
 * Whether it is fast enough is told by what a frame costs in CPU, which a busy machine hardly changes; verdicts a second are held
 * against the five only where the machine had nothing else to do meanwhile. `bench/live.ts` measures more of it.
 */
import assert from 'node:assert/strict'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClient } from '../../src/client.ts'
import { openBrowser } from '../support/browser.ts'
import { watchLive } from '../support/live-frames.ts'
import { options, program } from '../support/page.ts'
import { drawInto } from '../support/pictures.ts'
import { freePort, startService } from '../support/service.ts'

/** What is promised. */
const [aSecond, cores] = [5, 2]
/** Share of the cores that others may use while verdicts are counted. */
const quiet = 0.15

test(
  'a camera gets five verdicts a second on two cores, and is never behind by more than two frames',
  options,
  async (context) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-live-')))
    context.after(() => rm(folder, { recursive: true, force: true }))
    const root = join(folder, 'served')
    await drawInto(join(root, 'train'), 1, { parts: 60, others: 0 })
    const service = await startService({ home: join(folder, 'home'), root, port: await freePort(), workers: 2 })
    context.after(() => service.stop())
    const client = createClient(service.address)
    const job = await client.fitFolder({ name: 'part', folder: join(root, 'train'), detail: 1 })
    const fit = await client.finished(job.id)
    assert.equal(fit.state, 'done', JSON.stringify(fit.error))

    const browser = await openBrowser(program!)
    context.after(() => browser.close())
    await browser.page.goto(`${service.address}/#/classify/part@1?live=1`)
    // the first frames load the model
    await browser.page.locator('.live-verdict:not(.waiting)').waitFor({ timeout: 180_000 })
    const { seconds, delays, shown, most, cpu } = await watchLive(browser.page, 10)
    assert.ok(delays.length > 0 && shown.length > 0)
    assert.ok(most <= 2, `${most} frames were under way at once`)
    // a queue anywhere, and be it in the page, would show here (Little's law): mean delay times verdicts a second is what is under way
    const rate = delays.length / seconds
    const under = (rate * shown.reduce((sum, delay) => sum + delay, 0)) / shown.length / 1000
    assert.ok(under <= 3, `${under} frames were under way on average`)
    if (cpu === undefined) return context.diagnostic('no /proc: CPU was not measured')
    const frame = (cpu.service + cpu.redis) / delays.length
    const others = cpu.others / seconds / cpus().length
    context.diagnostic(
      `${rate.toFixed(1)} verdicts a second, ${(1000 * frame).toFixed(0)} ms of CPU a frame; others used ${(100 * others).toFixed(0)} % of ${cpus().length} cores`,
    )
    assert.ok(frame * aSecond < cores, `${frame} s of CPU a frame`)
    if (cpus().length >= cores && others < quiet) assert.ok(rate >= aSecond, `${rate} verdicts a second`)
  },
)
