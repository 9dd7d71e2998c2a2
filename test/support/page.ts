/** A real service with its Redis and worker, and a real browser that looks at its page: what the tests of the page stand on. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium, openBrowser, type Watched } from './browser.ts'
import { drawInto, writeBroken } from './pictures.ts'
import { freePort, type ServiceProcess, startService } from './service.ts'

export const program = findChromium()
export const options = program ? {} : { skip: 'no chromium, chromium-browser or google-chrome on the PATH' }

export interface PageRig {
  readonly home: string
  readonly root: string
  readonly browser: Watched
  /** 60 good parts. */
  readonly train: string[]
  readonly held: { readonly parts: string[]; readonly others: string[] }
  /** A file that is no image. */
  readonly broken: string
  service(): ServiceProcess
  /** SIGKILL. */
  kill(): Promise<void>
  /** Again, at the same address. */
  start(): Promise<void>
  open(hash: string): Promise<void>
  text(selector: string): Promise<string>
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
  const train = (await drawInto(join(base, 'train'), 1, { parts: 60, others: 0 })).parts
  const held = await drawInto(join(base, 'held'), 2, { parts: 24, others: 12 })
  const broken = await writeBroken(join(base, 'broken.jpg'))
  await mkdir(root)
  const port = await freePort()
  let service = await startService({ home, root, port })
  const browser = await openBrowser(program!)
  return {
    home,
    root,
    browser,
    train,
    held,
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
    // asked over the debugger's channel: the page's policy, rightly, lets nothing be evaluated in it
    async until(expression, seconds = 20) {
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
