/** Every view in German, with something in it: no English is left over. A real service and browser. */
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { createClient } from '../../src/client.ts'
import { openBrowser, type Watched } from '../support/browser.ts'
import { assertNoEnglish } from '../support/english-words.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'

let rig: PageRig
let german: Watched
let page: Page

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  await rig.fitPart()
  german = await openBrowser(program, 'de-DE')
  page = german.page
})
after(async () => {
  await german?.close()
  await rig?.end()
})

/** Files of the test, and what is named in every language: the model, networks, the columns' AUROC. */
const names = /[\w-]+\.(jpg|txt)|small-network|part@\d|oc-s\d|npm-Paket isolation-forest/g
const check = (view: string) => assertNoEnglish(page, view, names)
async function open(hash: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${rig.service().address}/${hash}`)
  await page.waitForSelector('h1')
}
const text = async (selector: string) => (await page.locator(selector).first().textContent()) ?? ''

test('models: list, one of them, a new one, what a fit says, a fit that fails', options, async () => {
  await open('#/models')
  await page.getByText('part', { exact: true }).first().waitFor()
  await check('models')
  await open('#/models/part@1')
  await page.locator('.report-body .facts').waitFor()
  await page.locator('.positives img').first().waitFor()
  await check('a model')
  await open('#/models?new=1')
  await page.setInputFiles('[data-pick=files]', [...rig.train.slice(0, 10), rig.odd, rig.broken])
  await page.locator('.fit-form input[type=text]').fill('neu')
  await check('a new model')
  await page.getByRole('button', { name: 'Modell anlegen' }).click()
  await page.locator('.report-body .facts').waitFor({ timeout: 180_000 })
  await check('a fit that is done')
  assert.match(await text('.listing'), /Die Datei ist kein Bild, oder sie ist beschädigt/)
  await open('#/models?new=1')
  const broken = Array.from({ length: 9 }, (_, i) => ({
    name: `${i}.jpg`,
    mimeType: 'image/jpeg',
    buffer: Buffer.from(`nothing ${i}`),
  }))
  await page.setInputFiles('[data-pick=files]', broken)
  await page.locator('.fit-form input[type=text]').fill('leer')
  await page.getByRole('button', { name: 'Modell anlegen' }).click()
  await page.locator('.note.error').waitFor({ timeout: 180_000 })
  assert.match(await text('.note.error'), /Es sind zu wenige lesbare Bilder/)
  await check('a fit that failed')
})

test('classify: empty, images with a verdict, one that cannot be read, live', options, async () => {
  await open('#/classify/part@1')
  await check('classify')
  await page.setInputFiles('[data-pick=files]', [rig.held.parts[0] ?? '', rig.held.others[0] ?? '', rig.broken])
  await page.locator('.tray-cell').nth(2).waitFor()
  await page.locator('.tray-cell.waiting').first().waitFor({ state: 'detached' })
  for (const kind of ['belongs', 'differs', 'unreadable']) {
    await page.locator(`.tray-cell.${kind}`).first().click()
    await page.locator(`.stage .verdict.${kind}`).waitFor()
    await check(`classify: ${kind}`)
  }
  await open('#/classify/part@1?live=1')
  await page.locator('.live-pace').waitFor()
  await check('live')
})

test('batches: list, grid, several, the large view, the next version, the summary, the map', options, async () => {
  const client = createClient(rig.service().address)
  const files = await rig.read([...rig.held.parts.slice(0, 8), ...rig.held.others.slice(0, 4), rig.broken])
  const batch = await client.batch('part', files, { thumbnails: true, map: true })
  await client.finished(batch.id)
  await open('#/batches')
  await page.locator('.batch-list a').first().waitFor()
  await check('batches')
  await open(`#/batches/${batch.id}`)
  await page.locator('.cell img').first().waitFor()
  await page.locator('.cell').nth(0).click()
  await check('a batch')
  await page
    .locator('.cell')
    .nth(2)
    .click({ modifiers: ['Shift'] })
  await check('several images')
  await page.keyboard.press('d')
  await page.keyboard.press('b')
  await page.locator('.cell').nth(1).dblclick()
  await page.locator('dialog:modal .closer').waitFor()
  await check('the large view')
  await page.keyboard.press('Escape')
  await page.locator('.batch-head .button.primary').click()
  await page.locator('dialog .confirm-list img').first().waitFor()
  await check('the next version')
  await page.keyboard.press('Escape')
  await open(`#/batches/${batch.id}?summary=1`)
  await page.locator('.summary-images img').first().waitFor()
  await check('the summary')
  await open(`#/map/part@1?batch=${batch.id}`)
  await page.locator('.map canvas').first().waitFor({ timeout: 180_000 })
  await check('the map')
})

test('a comparison: its sentences, its table and its progress; operations; the key', options, async () => {
  await open('#/compare')
  await page.setInputFiles('[data-pick=files] >> nth=0', rig.held.parts)
  await page.setInputFiles('[data-pick=files] >> nth=1', rig.held.others)
  await page.locator('details summary').first().click()
  const methods = page.locator('.method-picks input')
  for (const method of await methods.all()) await method.uncheck()
  const picked = /Ensemble|Nächster Nachbar|Mahalanobis/
  for (const label of await page.locator('.method-picks label').all())
    if (picked.test((await label.textContent()) ?? '')) await label.locator('input').check()
  await check('a new comparison')
  await page.getByRole('button', { name: 'Starten' }).click()
  await page.locator('.progress-words, .findings').first().waitFor()
  await check('a comparison under way')
  await page.locator('.findings li').first().waitFor({ timeout: 240_000 })
  assert.match(await text('.findings'), /Am besten auf Ihren Bildern: .* AUROC [01],\d{3}/)
  assert.match(await text('.findings'), /Das .*Ensemble, das im Dienst ist.* weist .*der Sache ab/)
  await check('a comparison')
  await open('#/operations')
  await page.locator('.tiles').waitFor()
  await check('operations')
  await page.locator('.foot-link').nth(1).click()
  await page.locator('dialog').waitFor()
  await check('the key')
})

test('and the check itself finds English', options, async () => {
  await open('#/models')
  // what is drawn while the list loads is drawn anew, without what was added
  await page.getByText('part', { exact: true }).first().waitFor()
  await page.evaluate(`document.querySelector('h1').append(' of ${basename('x')}')`)
  await assert.rejects(check('models'), /of: /)
})
