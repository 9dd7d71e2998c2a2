/** A real service with its Redis and worker, and a real browser that looks at its page: what the tests of the page stand on. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { createClient } from '../../src/client.ts'
import { findChromium, openBrowser, type Watched } from './browser.ts'
import { drawChecks, drawInto, writeBroken } from './pictures.ts'
import { freePort, type ServiceProcess, startService } from './service.ts'
import { addSmallNetwork, smallNetwork } from './small-network.ts'

export const program = findChromium()
export const options = program ? {} : { skip: 'no chromium, chromium-browser or google-chrome on the PATH' }

/** Seconds until something is given up: a machine that others keep busy takes ten times as long. */
const patience = 180

export interface PageRig {
  readonly home: string
  readonly root: string
  readonly browser: Watched
  /** 60 good parts. */
  readonly train: string[]
  readonly held: { readonly parts: string[]; readonly others: string[] }
  /** A misfit: nothing like a part. */
  readonly odd: string
  /** A file that is no image. */
  readonly broken: string
  service(): ServiceProcess
  /** SIGKILL. */
  kill(): Promise<void>
  /** Again, at the same address. */
  start(): Promise<void>
  open(hash: string): Promise<void>
  text(selector: string): Promise<string>
  /** Until what an element says matches. */
  says(selector: string, pattern: RegExp): Promise<void>
  /** Selects the first cell of a batch, by as many clicks as it needs: the grid may be drawn anew under the first. */
  pickFirst(page?: Page): Promise<void>
  /** Files as the client sends them. */
  read(paths: readonly string[]): Promise<{ name: string; bytes: Buffer }[]>
  /** The model "part", of the 60 parts and one thing that is none, by the small network. */
  fitPart(): Promise<void>
  /** No error in the console but what was forgotten, and no request that left the origin. */
  assertQuiet(): void
  /** Until an expression is true in the page. */
  until(expression: string, seconds?: number): Promise<void>
  /** The browser itself logs each answer of the 400s; where a test asks for one, it is taken out of the errors. */
  forget(pattern: RegExp): void
  drawsMaps(): Promise<boolean>
  end(): Promise<void>
}

export async function startPage(): Promise<PageRig> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-page-')))
  const [home, root] = [join(base, 'home'), join(base, 'served')]
  const train = (await drawInto(join(base, 'train'), 1, { parts: 60, others: 0, called: 'taught' })).parts
  const held = await drawInto(join(base, 'held'), 2, { parts: 24, others: 12 })
  const broken = await writeBroken(join(base, 'broken.jpg'))
  const odd = join(base, 'odd.jpg')
  await sharp(drawChecks(176, 176)).jpeg().toFile(odd)
  await mkdir(root)
  await addSmallNetwork(home)
  const port = await freePort()
  let service = await startService({ home, root, port })
  const browser = await openBrowser(program!)
  const read = async (paths: readonly string[]) =>
    await Promise.all(paths.map(async (path) => ({ name: basename(path), bytes: await readFile(path) })))
  return {
    home,
    root,
    browser,
    train,
    held,
    odd,
    broken,
    service: () => service,
    kill: () => service.kill(),
    async start() {
      service = await startService({ home, root, port })
    },
    async open(hash) {
      await browser.page.goto(`${service.address}/${hash}`)
      await browser.page.waitForSelector('h1')
    },
    text: async (selector) => (await browser.page.textContent(selector)) ?? '',
    async says(selector, pattern) {
      let said = ''
      for (let tries = 0; tries < 20 * patience; tries++) {
        const element = browser.page.locator(selector).first()
        said = (await element.textContent({ timeout: 1000 }).catch(() => null)) ?? ''
        if (pattern.test(said)) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.match(said, pattern, `${selector} in ${await browser.page.textContent('body')}`)
    },
    async pickFirst(page = browser.page) {
      await page.waitForSelector('.cell img')
      const selected = () => page.waitForSelector('.cell[aria-selected=true]', { timeout: 2000 }).catch(() => null)
      do await page.locator('.cell').first().click()
      while ((await selected()) === null)
    },
    read,
    async fitPart() {
      const client = createClient(service.address)
      const files = await read([...train, held.others[11]!])
      const fit = await client.fit('part', files, { backbone: smallNetwork, detail: 1 })
      const job = await client.finished(fit.id)
      assert.equal(job.state, 'done', JSON.stringify(job.error))
    },
    assertQuiet() {
      assert.deepEqual(browser.errors, [])
      const foreign = browser.requests.filter((line) => !/^\w+ (blob:)?http:\/\/127\.0\.0\.1:/.test(line))
      assert.deepEqual(foreign, [])
    },
    // asked over the debugger's channel: the page's policy, rightly, lets nothing be evaluated in it
    async until(expression, seconds = patience) {
      for (let tries = 0; tries < seconds * 20; tries++) {
        if (await browser.page.evaluate(expression)) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      assert.fail(`not within ${seconds} s: ${expression}\n${await browser.page.evaluate('document.body.innerText')}`)
    },
    forget(pattern) {
      const rest = browser.errors.filter((line) => !pattern.test(line))
      browser.errors.length = 0
      browser.errors.push(...rest)
    },
    async drawsMaps() {
      const document = (await (await fetch(`${service.address}/openapi.json`)).json()) as { paths: object }
      return '/v1/models/{name}/maps' in document.paths
    },
    async end() {
      await browser.close()
      await service.stop()
      await rm(base, { recursive: true, force: true })
    },
  }
}
