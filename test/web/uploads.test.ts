/** What is dropped, what it is called, and what is left of it when the page is loaded anew in between. A real service and browser. */
import assert from 'node:assert/strict'
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { createClient } from '../../src/client.ts'
import { dropFiles } from '../support/drop.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'

let rig: PageRig
let { browser, open, says, until, held, pickFirst } = {} as PageRig
/** Two folders with a file of the same name in each. */
let [left, right]: [string, string] = ['', '']

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, says, until, held, pickFirst } = rig)
  await rig.fitPart()
  const base = dirname(dirname(held.parts[0]!))
  ;[left, right] = [join(base, 'left'), join(base, 'right')]
  for (const folder of [left, right]) await mkdir(folder)
  for (const [i, part] of held.parts.slice(0, 6).entries()) await copyFile(part, join(i < 3 ? left : right, `${i}.jpg`))
  await copyFile(held.others[0]!, join(left, 'same.jpg'))
  await copyFile(held.others[1]!, join(right, 'same.jpg'))
  await copyFile(held.others[2]!, join(right, 'so "called" & so.jpg'))
})
after(() => rig?.end())

test(
  'what is dropped on a view of models becomes one, and beside the only box it goes into that',
  options,
  async () => {
    const { page } = browser
    await open('#/models')
    await dropFiles(page, 'h1', [left])
    await says('main', /4 photos/)
    assert.equal(await page.getByLabel('Name').inputValue(), 'left')
    await dropFiles(page, 'h1', [right])
    await says('main', /9 photos/)
    await page.getByRole('button', { name: 'Start over' }).click()
    await open('#/operations')
    await says('h1', /^Operations$/)
    await dropFiles(page, 'h1', [left])
    await says('.toasts', /Nothing here takes files/)
  },
)

test('two dropped folders name their batch, and a name with quotes stays as it is', options, async () => {
  const { page } = browser
  await open('#/batches')
  await dropFiles(page, '.drop', [left, right])
  await says('.new-batch', /9 images, .*from “left”, “right”/)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done9 of 9'`)
  await says('h1', /^left, right$/)
  const client = createClient(rig.service().address)
  const [batch] = await client.batches()
  assert.deepEqual([batch?.uploadedFolder, batch?.uploadedFolders], [undefined, ['left', 'right']])
  const names = (await client.results(batch!.id)).map(({ image }) => image)
  assert.deepEqual(names.toSorted().slice(-2), ['right/same.jpg', 'right/so "called" & so.jpg'])
  await page.getByLabel('Find by name').fill('"called"')
  await pickFirst()
  await says('.detail-panel h2', /^right\/so "called" & so\.jpg$/)
  await page.getByLabel('Find by name').fill('')
})

test('answers that were given just before the page is loaded anew are kept', options, async () => {
  const { page } = browser
  await page.getByLabel('Find by name').fill('same')
  await until(`document.querySelectorAll('.cell').length === 2`)
  await pickFirst()
  // both keys and the end of the page in one turn of it: the second answer was not sent before
  const loaded = page.waitForEvent('load')
  await page.evaluate(`{
    for (let i = 0; i < 2; i++)
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true, cancelable: true }))
    location.reload()
  }`)
  await loaded
  await until(`/2 of 9 reviewed/.test(document.querySelector('.review-status')?.textContent)`)
})

test(
  'after that only files of the batch are taught: each is asked for, and none is taken for its namesake',
  options,
  async () => {
    const { page } = browser
    await page.getByRole('button', { name: 'Teach it what you reviewed' }).click()
    await says('dialog', /The files are no longer in this page/)
    await dropFiles(page, 'dialog .drop', [right])
    await says('dialog', /1 of these images has no file in this page yet/)
    const make = page.getByRole('button', { name: 'Make version 2 with 2 images that do not belong' })
    assert.ok(await make.isDisabled())
    await dropFiles(page, 'dialog .drop', [left])
    await page.locator('dialog .drop').waitFor({ state: 'detached' })
    await make.click()
    await until(`document.querySelector('dialog')?.textContent.includes('“part@2” is ready')`)
    assert.equal((await createClient(rig.service().address).model('part@2')).negatives, 2)
    await page.keyboard.press('Escape')
  },
)

test(
  'a page that is loaded anew while it sends: the browser asks, no half batch is left, and again it works',
  options,
  async () => {
    const { page } = browser
    const client = createClient(rig.service().address)
    const before = (await client.batches()).length
    await open('#/batches')
    await page.setInputFiles('[data-pick=files]', held.parts)
    const session = await browser.context.newCDPSession(page)
    const speed = (bytesPerSecond: number) =>
      session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: bytesPerSecond,
      })
    await session.send('Network.enable')
    await speed(20_000)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.waitForSelector('.new-batch .sending')
    const asked = page.waitForEvent('dialog')
    const reloaded = page.reload()
    const dialog = await asked
    assert.equal(dialog.type(), 'beforeunload')
    await dialog.accept()
    await reloaded
    await page.waitForSelector('.new-batch')
    await speed(-1)
    await session.detach()
    assert.equal((await client.batches()).length, before)
    await page.setInputFiles('[data-pick=files]', held.parts)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await until(`document.querySelector('.progress-words')?.textContent === 'Done24 of 24'`)
    assert.equal((await client.batches()).length, before + 1)
  },
)

test('of files that the browser cannot show the pictures of the service are shown', options, async () => {
  const { page } = browser
  const folder = join(dirname(left), 'scans')
  await mkdir(folder)
  const scans = held.parts.slice(0, 3).map((part, i) => ({ part, path: join(folder, `scan-${i}.tif`) }))
  for (const { part, path } of scans) await sharp(part).tiff().toFile(path)
  await open('#/batches')
  await page.setInputFiles(
    '[data-pick=files]',
    scans.map(({ path }) => path),
  )
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done3 of 3'`)
  const shown = (selector: string) => `[...document.querySelectorAll('${selector}')].filter((img) => img.naturalWidth)`
  await until(`${shown('.cell img')}.length === 3`)
  await pickFirst()
  await page.keyboard.press('Enter')
  await until(`${shown('.closer-picture img')}.length === 1`)
  await page.keyboard.press('Escape')
  await open('#/classify/part@1')
  await page.setInputFiles('[data-pick=files]', [scans[0]!.path])
  await says('.stage-picture', /This browser cannot show the picture/)
  await page.waitForSelector('.stage .verdict.belongs')
})

test('what did not come while the service was away comes when it is back: pictures, and a view', options, async () => {
  const { page, context } = browser
  const client = createClient(rig.service().address)
  const { id } = await client.finished(
    (await client.batch('part', await rig.read(held.parts), { thumbnails: true })).id,
  )
  await page.setViewportSize({ width: 320, height: 480 })
  await page.goto('about:blank') // a page that has fetched no view yet
  await open(`#/batches/${id}`)
  await page.waitForSelector('.cell img')
  await context.setOffline(true)
  await page.evaluate('scrollTo(0, document.body.scrollHeight)')
  await page.waitForSelector('.cell .no-picture')
  await page.waitForSelector('[data-trouble=lost]')
  await context.setOffline(false)
  await page.waitForSelector('.cell .no-picture', { state: 'detached' })
  // the banner lies below a dialog, so the dialog says it
  await pickFirst()
  await page.keyboard.press('Enter')
  await context.setOffline(true)
  await page.keyboard.press('d')
  await says('dialog', /The service does not answer/)
  await context.setOffline(false)
  await page.waitForSelector('dialog .trouble-note', { state: 'detached' })
  await page.keyboard.press('Escape')
  await context.setOffline(true)
  await page.evaluate(`location.hash = '#/operations'`)
  await page.waitForTimeout(500)
  await context.setOffline(false)
  await page.waitForSelector('.tiles')
  await page.route(/assets\/.*\.js/, (route) => route.fulfill({ status: 404 })) // the service is a newer one
  await page.evaluate(`location.hash = '#/compare'`)
  await says('main', /This view could not be loaded.*Load again/)
  await page.unroute(/assets\/.*\.js/)
  await page.getByRole('button', { name: 'Load again' }).click()
  await says('h1', /^Compare$/)
  await page.setViewportSize({ width: 1400, height: 900 })
  rig.forget(/ERR_INTERNET_DISCONNECTED|status of 404.*assets|dynamically imported/)
})

test('all the while: no console error, and no request left the origin', options, () => {
  rig.assertQuiet()
})
