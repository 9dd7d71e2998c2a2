/** Batches in a real browser: results as they come, a review by two people, what it teaches, the map, and a service that is killed. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { createClient } from '../../src/client.ts'
import { openBrowser } from '../support/browser.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'

let rig: PageRig
let { browser, open, says, until, train, held, broken, pickFirst } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, says, until, train, held, broken, pickFirst } = rig)
  await rig.fitPart()
})
after(() => rig?.end())

/** Do filters, order and search stand side by side at this width? */
const isOneRow = (page: Page) => page.locator('.toolbar').evaluate((bar) => bar.clientHeight < 60)

test('a batch: results stream without a shift, are reviewed by keys and exported', options, async () => {
  const { page } = browser
  await open('#/batches')
  await page.evaluate('window.shift = 0; window.shifts = []')
  // what is dropped second is added, and what is there already counts once
  await page.setInputFiles('[data-pick=files]', [...held.parts, ...held.others])
  await page.setInputFiles('[data-pick=files]', [...held.others, ...train, broken])
  await says('.new-batch', /97 images, /)
  await says('.toasts', /12 images were here already/)
  // other views take nothing away
  await open('#/classify/part@1')
  await open('#/batches')
  await says('.new-batch', /97 images, /)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.waitForSelector('.virtual-grid')
  await page.evaluate('window.shift = 0; window.shifts = []')
  await until(`document.querySelector('.progress-words')?.textContent === 'Done97 of 97'`)
  await page.waitForSelector('.cell img')
  assert.equal(await page.evaluate('window.shift'), 0, `shifted: ${await page.evaluate('window.shifts.join()')}`)
  await says('.status-words', /1 could not be read/)
  assert.ok(await isOneRow(page), 'the filters take one row')

  await says('.status-words', /Of the \d+ that do not belong, at most \d+(\.\d)? are good images/)
  await page.getByLabel('Marks', { exact: true }).check()
  await page.locator('.cell.differs .marks rect').first().waitFor()
  await page.getByLabel('Marks', { exact: true }).uncheck()
  // bad parts first: one that is rejected is confirmed as such, the next cannot be told
  await pickFirst()
  await page.keyboard.press('d')
  await page.keyboard.press('c')
  await page.keyboard.press('b')
  await page.keyboard.press('u')
  await until(`/2 of 97 reviewed/.test(document.body.textContent)`)
  await page.getByRole('radio', { name: /^Belongs/ }).check()
  await pickFirst()
  await page.keyboard.press('b')
  await until(`/3 of 97 reviewed: the model agrees with 2 and disagrees with 0/.test(document.body.textContent)`)
  await page.getByRole('radio', { name: /^All/ }).check()
  await page.getByLabel('Reviewed as').selectOption('unsure')
  await until(`document.querySelectorAll('.cell').length === 1`)

  const saved = async (name: string) => {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
    return (await readFile((await download.path())!, 'utf8')).trim().split(/\r?\n/)
  }
  const csv = await saved('CSV, with the review')
  assert.equal(csv.length, 98)
  assert.match(
    csv[0]!,
    /^image,model,.*,verdict,verdictAlpha,review,reviewedBy,reviewedAt,patchesScore,patchesPValue,discriminativeScore,discriminativePValue$/,
  )
  assert.equal(csv.filter((line) => /,unsure,,20\d\d-/.test(line)).length, 1)
  const lines = (await saved('JSON lines, with the review')).map((line) => JSON.parse(line) as { review: string })
  assert.equal(lines.length, 97)
  assert.deepEqual(lines.flatMap(({ review }) => (review === '' ? [] : review)).sort(), [
    'belongs',
    'differs',
    'unsure',
  ])
})

test(
  'a second browser, in German, sees the review, adds to it with a name, and a reload loses nothing',
  options,
  async () => {
    const { page } = browser
    const other = await openBrowser(program!, 'de-DE')
    try {
      await other.page.goto(page.url())
      await other.page.waitForSelector('.cell .badge.unsure')
      assert.equal(await other.page.locator('.cell').count(), 1, 'the link shows the same filter')
      assert.ok(await isOneRow(other.page), 'in German too')
      await other.page.getByLabel('Durchgesehen als').selectOption('any')
      await other.page.getByLabel('Name suchen').fill('part-3.jpg')
      await pickFirst(other.page)
      await other.page.getByLabel('Ihr Name, wird mit Ihrem Urteil gemerkt').fill('Ann')
      await pickFirst(other.page)
      await other.page.keyboard.press('d')
      await until(`/4 of 97 reviewed/.test(document.body.textContent)`)
      await page.reload()
      await until(`/4 of 97 reviewed/.test(document.body.textContent)`)
      await page.getByLabel('Reviewed as').selectOption('differs')
      await page.getByLabel('Find by name').fill('part-3.jpg')
      await pickFirst()
      await says('.said', /Said by Ann/)
      await page.keyboard.press('Backspace')
      await other.page.waitForSelector('.cell .badge', { state: 'detached' })
      assert.deepEqual(other.errors, [])
    } finally {
      await other.close()
    }
  },
)

test('the summary of a batch stands on one page', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'One-page summary' }).click()
  await until(`document.querySelectorAll('.summary-images li').length === 18`)
  await says('.summary .facts', /part@1.*1 good image in 20.*at most \d+(\.\d)? are good images/)
  const pdf = await page.pdf({ format: 'A4' })
  assert.equal(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length, 1, 'one page')
  // dark is for screens: on paper it would be light words on white
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const paper = '(({ color, colorScheme }) => [color, colorScheme])(getComputedStyle(document.body))'
  assert.deepEqual(await page.evaluate(paper), ['rgb(23, 24, 29)', 'light'])
  await page.emulateMedia({ media: null, colorScheme: null })
  await page.getByRole('link', { name: 'Back to the batch' }).click()
})

test('where the system forces its own colours, bars and what is chosen are seen', options, async () => {
  const { page } = browser
  await page.emulateMedia({ forcedColors: 'active' })
  const style = (selector: string, name: string) =>
    page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${name}`)
  const bar = '.batch-status .bar'
  assert.notEqual(await style(`${bar} > div`, 'backgroundColor'), await style(bar, 'backgroundColor'))
  assert.equal(await style('.filters label:has(:checked)', 'outlineStyle'), 'solid')
  await page.emulateMedia({ forcedColors: null })
})

test('a review becomes the next version, and a sentence says what that gained', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Teach it the good image' }).click()
  await says('dialog', /The files are no longer in this page/)
  await page.setInputFiles('dialog [data-pick=files]', {
    name: 'x.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from('x'),
  })
  await says('dialog', /None of these files is of this batch/)
  await page.setInputFiles('dialog [data-pick=files]', [...held.parts, ...held.others, ...train])
  await page.getByRole('button', { name: 'Make version 2 with 1 more photo', disabled: false }).waitFor()
  await page.keyboard.press('Escape')
  await open('#/batches')
  await page.setInputFiles('[data-pick=files]', [...held.parts, ...held.others])
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done36 of 36'`)
  await pickFirst()
  await page.keyboard.press('d')
  // nothing has the focus: the keys are heard all the same
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('d')
  await until(`/2 of 36 reviewed/.test(document.body.textContent)`)
  await page.getByRole('radio', { name: /^Belongs/ }).check()
  await pickFirst()
  await page.keyboard.press('b')
  await page.getByRole('button', { name: 'Teach it the good image' }).click()
  await page.locator('dialog .confirm-list img').nth(2).waitFor()
  assert.equal(await page.locator('dialog .confirm-list img').count(), 3, 'pictures before anything is made')
  await page.getByRole('dialog').getByRole('button', { name: 'Make version 2 with 1 more photo' }).click()
  await until(`document.querySelector('dialog')?.textContent.includes('“part@2” is ready')`)
  await says('dialog', /taught with 62 photos/)
  await page.waitForSelector('.outcome')
  await says(
    '.outcome',
    /^Version 2 rejects .* of the 1 good images? .*version 1.*, and misses .* of the 2 that do not belong/,
  )
  // a click beside it takes the sentence from nobody, and closed it still stands in the batch
  await page.mouse.click(4, 450)
  assert.equal(await page.locator('dialog[open]').count(), 1)
  // the same images by the new version are two clicks away
  await page.getByRole('button', { name: 'Score the 36 images again, with version 2' }).click()
  await says('.new-batch', /36 images, /)
  assert.equal(await page.getByRole('combobox', { name: 'Model' }).inputValue(), 'part@2')
  await page.getByRole('button', { name: 'Start over' }).click()
  await page.goBack()
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.waitForSelector('.outcome')
  await page.keyboard.press('Escape')
  await says('.next-note', /^Version 2 rejects .* that do not belong/)
  await page.reload()
  await says('.next-note', /“part@2” is ready/)
})

test('a batch that was reviewed as a whole: one sentence says whether the promise is kept', options, async () => {
  const client = createClient(rig.service().address)
  await open('#/models/part@1')
  await until(`/Go through a whole batch/.test(document.querySelector('.promise-kept')?.textContent)`)
  const batch = (await client.batches()).find(({ progress }) => progress.total === 36)!
  const lines = await client.results(batch.id)
  const reviews = lines.map(
    ({ index, image }) => ({ index, label: /^part/.test(image) ? 'belongs' : 'differs' }) as const,
  )
  await client.review(batch.id, { reviews: reviews.slice(1) })
  await client.review(batch.id, { reviews: [{ ...reviews[0]!, label: 'unsure' }] })
  assert.equal((await client.model('part@1')).promise, undefined, 'one image is not decided')
  await client.review(batch.id, { reviews: [reviews[0]!] })
  const { promise } = await client.model('part@1')
  const good = lines.flatMap((line) => ('pValue' in line && /^part/.test(line.image) ? line.pValue : []))
  assert.deepEqual(
    { images: promise?.images, batches: promise?.batches, rejected: promise?.rejected, isUniform: promise?.isUniform },
    { images: 24, batches: 1, rejected: good.filter((p) => p <= 0.05).length, isUniform: promise!.pValue > 0.05 },
  )
  await open('#/models')
  await open('#/models/part@1')
  await until(
    `/Of 24 images that people call good it rejects \\d+; at most 1 in 20 was promised/.test(document.querySelector('.promise-kept')?.textContent)`,
  )
  assert.match(await client.metrics(), /oneclass_confirmed_uniformity_p_value\{model="part@1"\} [0-9.]+/)
  await client.review(batch.id, { reviews: [{ ...reviews[0]!, label: null }] })
  assert.equal((await client.model('part@1')).promise, undefined)
})

test('all the while: no console error, and no request left the origin', options, () => {
  rig.assertQuiet()
})
