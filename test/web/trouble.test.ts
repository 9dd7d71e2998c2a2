/** The page while the service cannot work: no worker, a Redis that hangs or is gone, another version. A real Redis and browser. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { connect, disconnect } from '../../src/queue/connection.ts'
import { startHeartbeat } from '../../src/queue/heartbeat.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { findChromium, openBrowser, type Watched } from '../support/browser.ts'
import { drawInto } from '../support/pictures.ts'

const program = findChromium()
const options = program ? {} : { skip: 'no chromium, chromium-browser or google-chrome on the PATH' }
const webFolder = fileURLToPath(new URL('../../web', import.meta.url))

let api: TestApi
let browser: Watched
let folder: string
let photos: string[]

before(async () => {
  if (program === undefined) return
  folder = await mkdtemp(join(tmpdir(), 'oneclass-trouble-'))
  photos = (await drawInto(folder, 1, { parts: 3, others: 0 })).parts
  api = await startTestApi({}, { webFolder })
  browser = await openBrowser(program)
})
after(async () => {
  await browser?.close()
  await api?.end()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const banner = (name: string) => browser.page.waitForSelector(`[data-trouble=${name}]`, { timeout: 15_000 })
const ask = async (photo: string) => await browser.page.setInputFiles('[data-pick=files]', [photo])
const stage = async () => (await browser.page.textContent('.stage .verdict')) ?? ''

test('no worker: every view says so, and an image waits', options, async () => {
  const { page } = browser
  for (const view of ['models', 'batches', 'operations', 'classify/thing']) {
    await page.goto(`${api.address}/#/${view}`)
    assert.match((await (await banner('workers')).textContent()) ?? '', /No worker is running/)
  }
  await ask(photos[0]!)
  await page.waitForSelector('.stage .verdict')
  assert.match(await stage(), /Waits for a worker/)
})

test('a Redis that hangs: the banner comes and goes by itself, nothing is said of the image', options, async () => {
  process.kill(api.redis.pid(), 'SIGSTOP')
  try {
    assert.match((await (await banner('redis')).textContent()) ?? '', /cannot reach its queue/)
    await ask(photos[1]!)
    assert.match(await stage(), /Waits for the service/)
  } finally {
    process.kill(api.redis.pid(), 'SIGCONT')
  }
  await banner('workers')
})

test('a worker comes: the banner goes; a page of another version says that it is old', options, async () => {
  const client = connect(api.redis.url, 'producer', 'test')
  const facts = { host: 'here', pid: 1, concurrency: 1, formats: [] }
  const other = startHeartbeat(client, 'w0', { ...facts, version: '9.9.9' })
  assert.match(
    (await (await banner('workerVersion')).textContent()) ?? '',
    /A worker has version 9\.9\.9.*version 0\.0\.0/,
  )
  await other.stop()
  const heartbeat = startHeartbeat(client, 'w1', { ...facts, version: '0.0.0' })
  assert.match((await (await banner('version')).textContent()) ?? '', /has version 0\.0\.0.*Load again/)
  assert.match(await stage(), /Looking/)
  await heartbeat.stop()
  await disconnect(client)
})

test('Redis gone: images wait, none "could not be read"', options, async () => {
  await api.redis.stop()
  await ask(photos[2]!)
  await banner('redis')
  await browser.page.waitForTimeout(2500) // asked about at least once more
  assert.equal(await browser.page.locator('.tray-cell.waiting').count(), 3)
  assert.doesNotMatch((await browser.page.textContent('main')) ?? '', /Could not be read|unreadable/)
})
