/** A real Chromium for the tests of the page, and what is held against every page that it opens. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

/** The first of the usual names on the PATH. */
export function findChromium(): string | undefined {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome'])
    for (const folder of (process.env['PATH'] ?? '').split(':'))
      if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
  return undefined
}

export interface Watched {
  readonly context: BrowserContext
  readonly page: Page
  /** Console errors and exceptions. */
  readonly errors: string[]
  /** Every request, as "METHOD url". */
  readonly requests: string[]
  close(): Promise<void>
}

/** Sums the layout shifts that no input explains; `window.shifts` says what moved from where to where. */
const countShifts = `
  window.shift = 0; window.shifts = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue
      window.shift += entry.value
      for (const { node, previousRect: a, currentRect: b } of entry.sources ?? [])
        window.shifts.push((node?.className || node?.nodeName + ' "' + node?.textContent + '"') + ' ' + [a.x, a.y, b.x, b.y].join(' '))
    }
  }).observe({ type: 'layout-shift', buffered: true })`

/** @param locale the language that the browser asks for */
export async function openBrowser(program: string, locale = 'en-GB'): Promise<Watched> {
  const profile = await mkdtemp(join(tmpdir(), 'oneclass-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    headless: true,
    locale,
    viewport: { width: 1400, height: 900 },
    acceptDownloads: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  })
  await context.addInitScript(countShifts)
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(60_000)
  const errors: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`))
  return {
    context,
    page,
    errors,
    requests,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}
