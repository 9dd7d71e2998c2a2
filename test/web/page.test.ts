/** The page in a real browser, against a real service with its Redis and worker: what somebody does with it, from end to end. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openKeyStore } from '../../src/service/key-store.ts'
import { assertAccessible } from '../support/accessible.ts'
import { findChromium, openBrowser, type Watched } from '../support/browser.ts'
import { drawInto, multiply, writeBroken } from '../support/pictures.ts'
import { freePort, type ServiceProcess, startService } from '../support/service.ts'

const program = findChromium()
const options = program ? {} : { skip: 'no chromium, chromium-browser or google-chrome on the PATH' }

let base: string
let home: string
let root: string
let port: number
let service: ServiceProcess
let browser: Watched
let train: string[]
let held: { parts: string[]; others: string[] }
let broken: string

before(async () => {
  if (program === undefined) return
  base = await realpath(await mkdtemp(join(tmpdir(), 'oneclass-page-')))
  home = join(base, 'home')
  root = join(base, 'served')
  train = (await drawInto(join(base, 'train'), 1, { parts: 60, others: 0 })).parts
  held = await drawInto(join(base, 'held'), 2, { parts: 24, others: 12 })
  broken = await writeBroken(join(base, 'broken.jpg'))
  await multiply([...held.parts, ...held.others], join(root, 'many'), 220)
  port = await freePort()
  service = await startService({ home, root, port })
  browser = await openBrowser(program)
})
after(async () => {
  await browser?.close()
  await service?.stop()
  if (base) await rm(base, { recursive: true, force: true })
})

const open = async (hash: string) => {
  await browser.page.goto(`${service.address}/${hash}`)
  await browser.page.waitForSelector('h1')
}
const text = async (selector: string) => (await browser.page.textContent(selector)) ?? ''
/** Asked over the debugger's channel: the page's policy, rightly, lets nothing be evaluated in it. */
const until = async (expression: string, seconds = 20) => {
  for (let tries = 0; tries < seconds * 20; tries++) {
    if (await browser.page.evaluate(expression)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`not within ${seconds} s: ${expression}\n${await browser.page.evaluate('document.body.innerText')}`)
}
/** Maps are a part of the service of their own. */
const drawsMaps = async () =>
  '/v1/models/{name}/maps' in
  ((await (await fetch(`${service.address}/openapi.json`)).json()) as { paths: object }).paths

/** The browser itself logs each answer of the 400s; an image that is none gets one, rightly. */
const forget = (pattern: RegExp) => {
  const rest = browser.errors.filter((line) => !pattern.test(line))
  browser.errors.length = 0
  browser.errors.push(...rest)
}

test('the first view: strict policy, small, and it teaches', options, async () => {
  const response = await browser.page.goto(`${service.address}/`)
  const headers = response!.headers()
  const policy = headers['content-security-policy']!
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.equal(headers['permissions-policy'], 'camera=(self), microphone=(), geolocation=()')
  const other = await fetch(`${service.address}/healthz`)
  assert.match(other.headers.get('permissions-policy')!, /camera=\(\)/)
  await until(`document.querySelector('h1')?.textContent === 'Teach it one thing'`)
  const bytes = (await browser.page.evaluate(
    `[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].reduce((n, e) => n + e.transferSize, 0)`,
  )) as number
  assert.ok(bytes > 10_000 && bytes < 100_000, `the first view took ${bytes} bytes`)
  assert.ok(!browser.requests.some((line) => line.includes('map-page')), 'the map waits until it is asked for')
  assert.equal(await browser.page.evaluate('window.shift'), 0)
})

test(
  'makes a model from 61 files; says what it promises, and which photos could not be used or do not fit',
  options,
  async () => {
    const { page } = browser
    await open('#/models?new=1')
    await page.setInputFiles('[data-pick=files]', [...train, held.others[11]!, broken])
    await page.getByLabel('Name').fill('part')
    await page.getByRole('button', { name: 'Make the model' }).click()
    await until(`document.body.textContent.includes('“part@1” is ready')`, 60)
    assert.match(await text('main'), /taught with 61 photos/)
    await until(`document.querySelector('.report-body .facts')`)
    assert.match(
      await text('.report'),
      /% on average; between \d.* % and \d.* %, in 9 cases of 10.*1 in 6\d.*drawn images/,
    )
    assert.match(await text('.misfits'), /other-11\.jpg\d.* times as far out as nine in ten of the photos/)
    assert.match(await text('.listing'), /broken\.jpg/)
    await page.getByRole('link', { name: 'See what it was taught' }).click()
    await page.waitForSelector('.positives img')
  },
)

test(
  'classifies a positive, a negative and a broken file; alpha moves the verdicts without a request',
  options,
  async () => {
    const { page, requests } = browser
    await open('#/classify/part@1')
    await page.setInputFiles('[data-pick=files]', [held.parts[0]!, held.others[0]!, broken])
    await until(
      `document.querySelectorAll('.tray-cell.waiting').length === 0 && document.querySelectorAll('.tray-cell').length === 3`,
    )
    const verdicts = async () =>
      Object.fromEntries(
        await page
          .locator('.tray-cell')
          .evaluateAll((cells) =>
            cells.map((cell) => [cell.textContent?.split(': ')[1] ?? '', cell.className.replace('tray-cell ', '')]),
          ),
      ) as Record<string, string>
    assert.deepEqual(await verdicts(), {
      'part-0.jpg': 'belongs',
      'other-0.jpg': 'differs',
      'broken.jpg': 'unreadable',
    })
    await page.locator('.tray-cell.differs').click()
    assert.match(await text('.verdict'), /Does not belong.*1 of the 60 photos/)
    await page.waitForSelector('.nearest img')
    const slider = page.getByRole('slider', { name: 'How strict' })
    assert.equal(await slider.getAttribute('aria-valuetext'), 'rejects 1 good image in 20 on average')
    await page.waitForLoadState('networkidle')
    const before = requests.length
    await slider.press('Home')
    // below 1 / (n + 1) nothing could be rejected: not offered, so nothing is ever green for want of photos
    assert.equal(await slider.getAttribute('aria-valuetext'), 'rejects 1 good image in 50 on average')
    assert.match(await text('.alpha-card'), /6\d photos can tell no more than this/)
    assert.match(await text('.verdict'), /Belongs/)
    assert.equal((await verdicts())['other-0.jpg'], 'belongs')
    await slider.press('End')
    assert.match(await text('.verdict'), /Does not belong.*1 good image in 2 is rejected/)
    assert.equal((await verdicts())['other-0.jpg'], 'differs')
    assert.equal(requests.length, before, 'moving alpha sent a request')
    forget(/status of 4(22|15).*classify/)
  },
)

test('the camera: looked through, a picture taken, and an answer', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Use the camera' }).click()
  await page.getByRole('button', { name: 'Take the picture' }).click()
  await until(`document.querySelectorAll('.tray-cell').length === 4 && !document.querySelector('.tray-cell.waiting')`)
  assert.match(await text('.tray'), /camera-/)
})

test('a batch: results stream without a shift, are reviewed by keys and exported', options, async () => {
  const { page } = browser
  await open('#/batches')
  await page.evaluate('window.shift = 0; window.shifts = []')
  await page.setInputFiles('[data-pick=files]', [...held.parts, ...held.others, ...train, broken])
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.waitForSelector('.virtual-grid')
  await page.evaluate('window.shift = 0; window.shifts = []')
  await until(`document.querySelector('.progress-words')?.textContent === 'Done97 of 97'`, 60)
  await page.waitForSelector('.cell img')
  assert.equal(await page.evaluate('window.shift'), 0, `shifted: ${await page.evaluate('window.shifts.join()')}`)
  assert.match(await text('.status-words'), /1 could not be read/)

  await page.locator('.cell').first().click()
  await page.keyboard.press('r')
  await page.keyboard.press('w')
  await page.keyboard.press('u')
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('u')
  assert.match(await text('.status-words'), /3 of 97 reviewed: 1 right, 1 wrong/)
  await page.getByRole('radio', { name: /^Wrong/ }).check()
  assert.equal(await page.locator('.cell').count(), 1)

  const saved = async (name: string) => {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
    return (await readFile((await download.path())!, 'utf8')).trim().split(/\r?\n/)
  }
  const csv = await saved('CSV, with the review')
  assert.equal(csv.length, 98)
  assert.match(csv[0]!, /^image,model,.*,verdict,verdictAlpha,review$/)
  assert.equal(csv.filter((line) => line.endsWith(',wrong')).length, 1)
  const lines = (await saved('JSON lines, with the review')).map((line) => JSON.parse(line) as { review: string })
  assert.equal(lines.length, 97)
  assert.equal(lines.filter(({ review }) => review === 'right').length, 1)
})

test('a confirmed image becomes a positive of the next version', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Add 1 confirmed image to the positives' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Add 1 confirmed' }).click()
  await until(`document.querySelector('dialog')?.textContent.includes('“part@2” is ready')`, 60)
  assert.match(await text('dialog'), /taught with 62 photos/)
  await page.keyboard.press('Escape')
})

test('the map: drawn, walked by keys, its code fetched only now', options, async (context) => {
  const { page } = browser
  if (!(await drawsMaps())) return context.skip('this service draws no maps')
  await page.getByRole('button', { name: 'Map', exact: true }).click()
  await page.waitForSelector('.map canvas', { timeout: 15_000 })
  assert.ok(browser.requests.some((line) => line.includes('map-page')))
  await page.locator('.map-focus').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('.map-tip img')
  await page.keyboard.press('+')
  assert.match(await text('.map [role=status]'), /\.jpg, (taught|belongs|does not belong)/)
})

test(
  'the service is killed in mid-batch and started again: the page says so, and goes on to the end',
  options,
  async () => {
    const { page } = browser
    await open('#/batches')
    await page.getByText('A folder on the server').click()
    await page.getByLabel('A folder on the server').last().fill(join(root, 'many'))
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await until(`parseInt(document.querySelector('.batch-status .numbers')?.textContent ?? '0') >= 16`)
    await service.kill()
    await page.waitForSelector('.offline')
    service = await startService({ home, root, port })
    await until(`document.querySelector('.progress-words')?.textContent === 'Done220 of 220'`, 60)
    await until(`!document.querySelector('.offline')`)
    assert.match(await text('.filters'), /^\D*All 220/)
    forget(/ERR_|Failed to fetch|network/i)
    assert.deepEqual(browser.errors, [])
  },
)

test('a confirmed image of a folder of the service becomes a positive too', options, async () => {
  const { page } = browser
  await page.getByRole('radio', { name: /^Belongs/ }).check()
  await page.locator('.cell.belongs').first().click()
  await page.keyboard.press('r')
  await page.getByRole('button', { name: 'Add 1 confirmed image to the positives' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Add 1 confirmed' }).click()
  await until(`document.querySelector('dialog')?.textContent.includes('“part@3” is ready')`, 60)
  await page.keyboard.press('Escape')
})

test('photos are left out, and the next version is fitted without them', options, async () => {
  const { page } = browser
  await open('#/models/part@1')
  await page.waitForSelector('.positives img')
  await page.locator('.positives li label').first().click()
  await page.getByRole('button', { name: 'Leave 1 out and fit again' }).click()
  await until(`document.body.textContent.includes('“part@4” is ready')`, 60)
  assert.match(await text('main'), /taught with 60 photos/)
})

test('a model is saved to a file, and comes back from it under another name', options, async () => {
  const { page } = browser
  await open('#/models')
  await page.getByRole('button', { name: 'More actions: part' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'part@4.oneclass')
  await page.setInputFiles('[data-pick=model]', broken)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Import' }).click()
  await until(`/not a model|model file/i.test(document.querySelector('dialog .field-error')?.textContent ?? '')`)
  await page.keyboard.press('Escape')
  await page.setInputFiles('[data-pick=model]', (await download.path())!)
  await dialog.getByLabel('Name for the imported model').fill('twin')
  await dialog.getByRole('button', { name: 'Import' }).click()
  await until(`[...document.querySelectorAll('.model-title h2')].some((title) => title.textContent === 'twin')`)
  forget(/status of 4\d\d.*import/)
})

test('two fingers zoom the map', options, async (context) => {
  const { page } = browser
  if (!(await drawsMaps())) return context.skip('this service draws no maps')
  await open('#/map/part@2')
  await page.waitForSelector('.map canvas', { timeout: 15_000 })
  await page.waitForTimeout(500)
  const box = (await page.locator('.map canvas').first().boundingBox())!
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const drawn = () =>
    page
      .locator('.map canvas')
      .first()
      .evaluate((canvas: never) => (canvas as { toDataURL(): string }).toDataURL())
  const before = await drawn()
  const session = await browser.context.newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints:
        type === 'touchEnd' ? [] : [-1, 1].map((side, id) => ({ x: middle.x + side * apart, y: middle.y, id })),
    })
  await touch('touchStart', 40)
  for (let apart = 50; apart <= 160; apart += 10) await touch('touchMove', apart)
  await touch('touchEnd', 0)
  await session.detach()
  assert.equal(await page.evaluate('visualViewport.scale'), 1, 'the map is zoomed, and not the page')
  await page.waitForTimeout(200)
  assert.notEqual(await drawn(), before)
})

test('the demo is one click away, and ends where one can try it', options, async () => {
  const { page } = browser
  await open('#/models')
  await page.getByRole('button', { name: 'See it work with the demo' }).click()
  await until(`decodeURIComponent(location.hash) === '#/classify/demo@1'`, 120)
  await page.locator('.samples button').first().click()
  await page.waitForSelector('.verdict', { timeout: 20_000 })
})

test('axe finds nothing to object to, in any view, light and dark, wide and narrow', options, async () => {
  const batch = new URL(browser.page.url()).hash
  const views = [
    '#/models',
    '#/models?new=1',
    '#/models/part@1',
    '#/classify/part@2',
    '#/batches',
    batch,
    '#/map/part@2',
    '#/compare',
    '#/operations',
  ]
  for (const view of views) {
    if (view.startsWith('#/map') && !(await drawsMaps())) continue
    await open(view)
    await browser.page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
    if (view.startsWith('#/map')) await browser.page.waitForSelector('.map canvas', { timeout: 15_000 })
    await assertAccessible(browser.page, view)
  }
})

test('rename, remove, and the key where one is asked for', options, async () => {
  const { page } = browser
  await open('#/models')
  await page.getByRole('button', { name: 'More actions: part' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByLabel('New name').fill('ring')
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
  await until(`[...document.querySelectorAll('.model-title h2')].some((title) => title.textContent === 'ring')`)
  const { key } = await openKeyStore(home).create('owner', 'manage')
  await open('#/models/ring@2')
  await page.reload()
  await page.getByLabel('Key', { exact: true }).fill(key)
  await page.getByRole('button', { name: 'Use this key' }).click()
  await page.waitForSelector('.positives img[src^="blob:"]')
  await page
    .locator('.view-head')
    .getByRole('button', { name: /More actions/ })
    .click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await until(`!document.querySelector('dialog')`)
  forget(/status of 401/)
})

test('all the while: no console error, and no request left the origin', options, () => {
  forget(/status of 4(22|15).*classify/) // the broken file, asked about again by the next version
  assert.deepEqual(browser.errors, [])
  const foreign = browser.requests.filter((line) => !/^\w+ (blob:)?http:\/\/127\.0\.0\.1:/.test(line))
  assert.deepEqual(foreign, [])
})
