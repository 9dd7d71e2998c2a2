/** The page in a real browser, against a real service with its Redis and worker: models, made, changed, saved and removed. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/client.ts'
import { findFaceModels } from '../../src/features/face/face-weights.ts'
import { openKeyStore } from '../../src/service/key-store.ts'
import { assertAccessible } from '../support/accessible.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'
import { smallNetwork } from '../support/small-network.ts'

const person = join(process.cwd(), '../shared/data/person-nicolas-cage/train/positive')
const canFindFaces = existsSync(person) && findFaceModels() !== undefined
const personOptions = canFindFaces ? options : { skip: 'the photos of ../shared, or the face network, are not here' }

let rig: PageRig
let { browser, open, says, until, forget, train, held, odd, broken } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, says, until, forget, train, held, odd, broken } = rig)
})
after(() => rig?.end())

test('the first view: strict policy, small, and it teaches', options, async () => {
  const response = await browser.page.goto(`${rig.service().address}/`)
  const headers = response!.headers()
  const policy = headers['content-security-policy']!
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.equal(headers['permissions-policy'], 'camera=(self), microphone=(), geolocation=()')
  const other = await fetch(`${rig.service().address}/healthz`)
  assert.match(other.headers.get('permissions-policy')!, /camera=\(\)/)
  await until(`document.querySelector('h1')?.textContent === 'Teach it one thing'`)
  const bytes = (await browser.page.evaluate(
    `[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')].reduce((n, e) => n + e.transferSize, 0)`,
  )) as number
  assert.ok(bytes > 10_000 && bytes < 60_000, `the first view took ${bytes} bytes`)
  assert.ok(!browser.requests.some((line) => line.includes('map-page')), 'the map waits until it is asked for')
  assert.equal(await browser.page.evaluate('window.shift'), 0)
})

test(
  'makes a model from 61 files; says what it promises, and which photos could not be used or do not fit',
  options,
  async () => {
    const { page } = browser
    await open('#/models?new=1')
    await page.setInputFiles('[data-pick=files]', [...train, odd, broken])
    await page.getByLabel('Name').fill('part')
    await page.getByText('Images that do not belong, if you have some').click()
    await page.setInputFiles('[data-drop=negatives] [data-pick=files]', [...held.others.slice(0, 4), train[0]!])
    await says('[data-drop=negatives]', /5 images that do not belong/)
    await page.getByText('Other networks').click()
    await page.getByRole('radio', { name: smallNetwork }).check()
    await page.getByRole('radio', { name: 'Normal' }).check()
    // what is sent, as the form is filled: the browser's debugger does not show forms with files
    await page.evaluate(
      `window.sent = {}; { const append = FormData.prototype.append; FormData.prototype.append = function (...a) { if (typeof a[1] === 'string') window.sent[a[0]] = a[1]; append.apply(this, a) } }`,
    )
    const leaves = `dispatchEvent(new Event('beforeunload', { cancelable: true }))`
    assert.equal(await page.evaluate(leaves), false, 'the photos are not sent yet')
    await page.getByRole('button', { name: 'Make the model' }).click()
    await until(`window.sent.name === 'part'`)
    assert.deepEqual(
      await page.evaluate('window.sent'),
      { name: 'part', detail: '1', backbone: smallNetwork },
      'alpha is left to the service',
    )
    await until(`location.hash.includes('job=fit-')`)
    await until(leaves)
    await page.reload()
    await until(`document.body.textContent.includes('“part@1” is ready')`)
    await says('main', /taught with 61 photos/)
    const made = await createClient(rig.service().address).model('part')
    assert.deepEqual([made.negatives, made.detail ?? 1, made.alpha], [5, 1, 0.05])
    await until(`document.querySelector('.report-body .facts')`)
    await says('.report', /% on average; between \d.*\s% and \d.*\s%, in 9 cases of 10.*1 in \d\d.*drawn images/)
    await says('.report .advice', /1 of the 5 images that do not belong is among the photos of the thing as well/)
    await says('.misfits', /odd\.jpg\d.* times as far out as nine in ten of the photos/)
    await says('.listing', /broken\.jpg/)
    await page.getByRole('link', { name: 'See what it was taught' }).click()
    await page.waitForSelector('.positives img')
  },
)

test(
  'photos of one person: the network for faces is recommended, parts are not taken for one',
  personOptions,
  async () => {
    const { page } = browser
    await open('#/models?new=1')
    const asked = () => browser.requests.filter((line) => line.includes('/v1/faces')).length
    const before = asked()
    await page.setInputFiles('[data-pick=files]', train.slice(0, 8))
    while (asked() < before + 8) await page.waitForTimeout(100)
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(500) // the advice, if any, is drawn after the last answer
    assert.equal(await page.locator('.face-advice').count(), 0)
    await page.getByRole('button', { name: 'Start over' }).click()
    const photos = readdirSync(person).sort().slice(0, 8)
    await page.setInputFiles(
      '[data-pick=files]',
      photos.map((name) => join(person, name)),
    )
    await until(`/[5-8] of the 8 photos .* one face/.test(document.querySelector('.face-advice')?.textContent)`)
    await page.getByRole('button', { name: 'Look at the face' }).click()
    assert.ok(await page.getByRole('radio', { name: /One person’s face/ }).isChecked())
  },
)

test('photos are left out, and the next version is fitted without them', options, async () => {
  const { page } = browser
  await open('#/models/part@1')
  await page.waitForSelector('.positives img')
  await page.locator('.positives li label').first().click()
  await page.getByRole('button', { name: 'Leave 1 out and fit again' }).click()
  await until(`document.body.textContent.includes('“part@2” is ready')`)
  await says('main', /taught with 60 photos/)
})

test('an older version is taken into use, which undoes the fit, and the newer one again', options, async () => {
  const client = createClient(rig.service().address)
  const more = browser.page.locator('.view-head').getByRole('button', { name: /More actions/ })
  const use = browser.page.getByRole('menuitem', { name: 'Use this version' })
  for (const version of [1, 2]) {
    await open(`#/models/part@${version}`)
    await says('h1', /^part version \d$/)
    await more.click()
    await use.click()
    await says('h1', /in use$/)
    assert.equal((await client.model('part')).version, version)
    // the list shows the version in use, and below it the other one
    await open('#/models')
    await says('.model-title .chip', new RegExp(`^version ${version}$`))
    await browser.page.getByRole('button', { name: '1 other version' }).click()
    await says('.others', new RegExp(`^version ${3 - version}`))
    await open(`#/models/part@${version}`)
    await says('h1', /in use$/)
  }
  await more.click()
  assert.equal(await use.count(), 0, 'it is in use')
  await browser.page.keyboard.press('Escape')
})

test(
  'an alpha that rejects nothing: the list and the model say so, and that another one is shown',
  options,
  async () => {
    const client = createClient(rig.service().address)
    const { alpha } = await client.model('part')
    await open('#/models')
    await says('.model-card', /at most 1 in 20 on average/)
    await client.update('part', { alpha: 0.001 })
    await browser.page.reload()
    await says('.model-card', /none, nor anything else/)
    await open('#/models/part')
    await says(
      '.detail-cards',
      /at most 1 good image in \d\d on average.*set to 1 in 1000, at which .*Shown is 1 in \d\d\./,
    )
    await says('.report', /none, and nothing else either/)
    await client.update('part', { alpha })
    await browser.page.reload()
    await says('.detail-cards', /1 good image in 20 on average/)
    assert.equal(await browser.page.locator('.detail-cards .hint.warn').count(), 0)
  },
)

test('where a fit would miss small defects, as with this small network, the report says so', options, async () => {
  const { facts } = await createClient(rig.service().address).model('part')
  assert.ok(facts!.places!.without < 0.6 && facts!.places!.with < 0.6, JSON.stringify(facts!.places))
  await open('#/models/part')
  await says('.report', /Small defects ?hardly told from good photos \(area 0\.\d+, .*On parts or surfaces .* missed/)
})

test('a model is saved to a file, and comes back from it under another name', options, async () => {
  const { page } = browser
  await open('#/models')
  await page.getByRole('button', { name: 'More actions: part' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Export' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'part@2.oneclass')
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

test('another language, chosen here, remembered, and no word of the first left', options, async () => {
  const { page } = browser
  await open('#/models')
  await page.getByLabel('Language').selectOption('de')
  await until(`document.querySelector('h1').textContent === 'Modelle' && document.documentElement.lang === 'de'`)
  await page.reload()
  await until(`document.querySelector('h1')?.textContent === 'Modelle'`)
  await says('.model-card', /Gute abgewiesen.*höchstens 1 von 20/)
  await page.getByLabel('Sprache').selectOption('en')
  await until(`document.querySelector('h1').textContent === 'Models'`)
})

test('axe finds nothing to object to, in any view, light and dark, wide and narrow', options, async () => {
  const views = [
    '#/models',
    '#/models?new=1',
    '#/models/part@1',
    '#/classify/part@2',
    '#/batches',
    '#/classify/part@2?live=1',
    '#/map/part@2',
    '#/compare',
    '#/operations',
  ]
  for (const view of views) {
    if (view.startsWith('#/map') && !(await rig.drawsMaps())) continue
    await open(view)
    await browser.page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
    if (view.startsWith('#/map')) await browser.page.waitForSelector('.map canvas')
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
  const { key } = await openKeyStore(rig.home).create('owner', 'manage')
  await open('#/models/part@2')
  await says('.note', /“part@2” is not here: it was removed or renamed/)
  await open('#/models/ring@2')
  await page.reload()
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await says('.offline', /asks for an API key.*waits here/)
  await page.getByRole('button', { name: 'Give a key' }).click()
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
  forget(/status of 4(22|15).*(classify|faces)/) // the broken file, looked at for a face, and asked about again by the next version
  rig.assertQuiet()
})
