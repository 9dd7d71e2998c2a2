/** Batches in a real browser: results as they come, a review by two people, what it teaches, the map, and a service that is killed. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/client.ts'
import { assertAccessible } from '../support/accessible.ts'
import { openBrowser } from '../support/browser.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'
import { multiply } from '../support/pictures.ts'

let rig: PageRig
let { browser, open, text, until, forget, train, held, broken } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, text, until, forget, train, held, broken } = rig)
  await multiply([...held.parts, ...held.others], join(rig.root, 'many'), 220)
  const client = createClient(rig.service().address)
  const files = await Promise.all(
    [...train, held.others[11]!].map(async (path) => ({ name: basename(path), bytes: await readFile(path) })),
  )
  const job = await client.finished((await client.fit('part', files, { detail: 1 })).id)
  assert.equal(job.state, 'done', JSON.stringify(job.error))
})
after(() => rig?.end())

/** Selects the first cell, by as many clicks as it needs: the grid may be drawn anew under the first. */
async function pickFirst(): Promise<void> {
  const { page } = browser
  await page.waitForSelector('.cell img')
  const selected = () => page.waitForSelector('.cell[aria-selected=true]', { timeout: 2000 }).catch(() => null)
  do await page.locator('.cell').first().click()
  while ((await selected()) === null)
}

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

  assert.match(await text('.status-words'), /Of the \d+ that do not belong, at most \d.* % are good images/)
  await page.getByLabel('Marked places').check()
  assert.ok((await page.locator('.cell.differs .marks rect').count()) > 0)
  await page.getByLabel('Marked places').uncheck()
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
  assert.equal(await page.locator('.cell').count(), 1)

  const saved = async (name: string) => {
    await page.getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
    return (await readFile((await download.path())!, 'utf8')).trim().split(/\r?\n/)
  }
  const csv = await saved('CSV, with the review')
  assert.equal(csv.length, 98)
  assert.match(csv[0]!, /^image,model,.*,verdict,verdictAlpha,review,reviewedBy,reviewedAt$/)
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
      await other.page.getByLabel('Durchgesehen als').selectOption('any')
      await other.page.getByLabel('Nach Namen suchen').fill('part-3.jpg')
      await other.page.locator('.cell').first().click()
      await other.page.getByLabel('Ihr Name, wird mit Ihrem Urteil gemerkt').fill('Ann')
      await other.page.locator('.cell').first().click()
      await other.page.keyboard.press('d')
      await until(`/4 of 97 reviewed/.test(document.body.textContent)`)
      await page.reload()
      await until(`/4 of 97 reviewed/.test(document.body.textContent)`)
      await page.getByLabel('Reviewed as').selectOption('differs')
      await page.getByLabel('Find by name').fill('part-3.jpg')
      await page.locator('.cell').first().click()
      assert.match(await text('.said'), /Said by Ann/)
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
  await page.waitForSelector('.summary-images li')
  assert.match(await text('.summary .facts'), /part@1.*1 good image in 20.*at most .* % are good images/)
  assert.equal(await page.locator('.summary-images li').count(), 18)
  const pdf = await page.pdf({ format: 'A4' })
  assert.equal(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length, 1, 'one page')
  await page.getByRole('link', { name: 'Back to the batch' }).click()
})

test('a review becomes the next version, and a sentence says what that gained', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Teach it the 1 good image' }).click()
  assert.match(await text('dialog'), /The files are no longer in this page/)
  await page.keyboard.press('Escape')
  await open('#/batches')
  await page.setInputFiles('[data-pick=files]', [...held.parts, ...held.others])
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done36 of 36'`, 60)
  await pickFirst()
  await page.keyboard.press('d')
  // nothing has the focus: the keys are heard all the same
  await page.evaluate('document.activeElement.blur()')
  await page.keyboard.press('d')
  await until(`/2 of 36 reviewed/.test(document.body.textContent)`)
  await page.getByRole('radio', { name: /^Belongs/ }).check()
  await pickFirst()
  await page.keyboard.press('b')
  await page.getByRole('button', { name: 'Teach it the 1 good image' }).click()
  await page.locator('dialog .confirm-list img').nth(2).waitFor()
  assert.equal(await page.locator('dialog .confirm-list img').count(), 3, 'pictures before anything is made')
  await page.getByRole('dialog').getByRole('button', { name: 'Make version 2 with 1 more photo' }).click()
  await until(`document.querySelector('dialog')?.textContent.includes('“part@2” is ready')`, 60)
  assert.match(await text('dialog'), /taught with 62 photos/)
  await page.waitForSelector('.outcome', { timeout: 30_000 })
  assert.match(
    await text('.outcome'),
    /^Version 2 rejects .* of the 1 good images? .*version 1.*, and misses .* of the 2 that do not belong/,
  )
  await page.keyboard.press('Escape')
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
    `/Of 24 images that people call good it rejects \\d+; 1 in 20 was promised/.test(document.querySelector('.promise-kept')?.textContent)`,
  )
  assert.match(await client.metrics(), /oneclass_confirmed_uniformity_p_value\{model="part@1"\} [0-9.]+/)
  await client.review(batch.id, { reviews: [{ ...reviews[0]!, label: null }] })
  assert.equal((await client.model('part@1')).promise, undefined)
})

test('the map: drawn, walked by keys, its code fetched only now', options, async (context) => {
  const { page } = browser
  if (!(await rig.drawsMaps())) return context.skip('this service draws no maps')
  await open('#/batches')
  await page.locator('.batch-list a').first().click()
  await page.getByRole('button', { name: 'Map', exact: true }).click()
  await page.waitForSelector('.map canvas', { timeout: 15_000 })
  assert.ok(browser.requests.some((line) => line.includes('map-page')))
  await page.locator('.map-focus').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('.map-tip img')
  await page.keyboard.press('+')
  assert.match(await text('.map-review'), /Review the \d+ images? in sight/)
  assert.match(await text('.map [role=status]'), /\.jpg, (taught|belongs|does not belong)/)
  // a line around all dots, then around those of the left half
  await page.keyboard.press('0')
  await page.getByRole('button', { name: 'Draw around' }).click()
  const box = (await page.locator('.lasso').boundingBox())!
  const around = async (width: number) => {
    const corners = [
      [4, 4],
      [width, 4],
      [width, box.height - 4],
      [4, box.height - 4],
    ] as const
    await page.mouse.move(box.x + 4, box.y + 4)
    await page.mouse.down()
    for (const [x, y] of corners) await page.mouse.move(box.x + x, box.y + y, { steps: 3 })
    await page.mouse.up()
    return Number(/Review the (\d+) images? inside the line/.exec(await text('.map-review'))?.[1])
  }
  const [all, some] = [await around(box.width - 4), await around(box.width / 2)]
  assert.ok(all > 0 && some < all, `${all}, ${some}`)
  await around(box.width - 4)
  await page.getByRole('button', { name: /inside the line/ }).click()
  await until(
    `document.querySelectorAll('.cell').length > 0 && /Only the ${all} images that were picked on the map/.test(document.body.textContent)`,
  )
  await page.getByRole('button', { name: 'Show all', exact: true }).click()
})

test(
  'the service is killed in mid-batch and started again: the page says so, and goes on to the end',
  options,
  async () => {
    const { page } = browser
    await open('#/batches')
    await page.getByText('A folder on the server').click()
    await page.getByLabel('A folder on the server').last().fill(join(rig.root, 'many'))
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await until(`parseInt(document.querySelector('.batch-status .numbers')?.textContent ?? '0') >= 16`)
    await rig.kill()
    await page.waitForSelector('.offline')
    await rig.start()
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
  await page.keyboard.press('Enter')
  await until(`document.querySelector('.closer-picture img[src$="/full"]')?.naturalWidth > 160`)
  await page.getByRole('button', { name: 'Show where it looks unusual' }).click()
  await page.waitForSelector('.closer-picture canvas.heat', { timeout: 20_000 })
  assert.match(await text('.closer .heat-legend'), /as usual.*marked/)
  assert.ok((await page.locator('.closer .nearest img').count()) > 0)
  await page.keyboard.press('b')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Teach it the 1 good image' }).click()
  await page.waitForSelector('dialog .confirm-list img')
  assert.ok(await page.getByRole('button', { name: 'Make version 3 with 1 more photo' }).isEnabled())
  await page.keyboard.press('Escape')
})

test('several models about a batch: each image is read once, labels say which accept it', options, async () => {
  const { page } = browser
  const client = createClient(rig.service().address)
  const others = await Promise.all(
    held.others.slice(0, 11).map(async (path) => ({ name: basename(path), bytes: await readFile(path) })),
  )
  const other = await client.finished((await client.fit('other', others, { alpha: 0.2, detail: 1 })).id)
  assert.equal(other.state, 'done', JSON.stringify(other.error))
  await page.reload()
  await open('#/batches')
  await page.setInputFiles('[data-pick=files]', [...held.parts.slice(0, 4), ...held.others.slice(0, 4), broken])
  await page.getByRole('combobox', { name: 'Model' }).selectOption('part@1')
  await page.getByText('Ask other models too').click()
  await page.getByLabel('other@1').check()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done9 of 9'`, 60)
  const [batch] = await client.batches()
  assert.deepEqual([batch!.model, batch!.also], ['part@1', ['other@1']])
  const lines = await client.results(batch!.id)
  for (const line of lines) {
    if ('error' in line) continue
    assert.deepEqual(Object.keys(line.models!), ['part@1', 'other@1'])
    const { isPositive, score, pValue, alpha } = line
    assert.deepEqual(line.models!['part@1'], { isPositive, score, pValue, alpha })
    const alone = await client.classify('other@1', {
      name: line.image,
      bytes: await readFile([...held.parts, ...held.others].find((path) => basename(path) === line.image)!),
    })
    const there = line.models!['other@1']!
    assert.ok('pValue' in there && Math.abs(there.pValue - alone.pValue) < 1e-9, JSON.stringify({ there, alone }))
    assert.equal(line.labels!.includes('other@1'), alone.isPositive)
  }
  assert.match((await client.resultsCsv(batch!.id)).split('\r\n')[0]!, /,labels$/)
  await page.getByLabel('Which model accepts it').selectOption('part@1')
  const accepted = lines.filter((line) => 'labels' in line && line.labels!.includes('part@1')).length
  await until(`document.querySelectorAll('.cell').length === ${accepted}`)
  await pickFirst()
  assert.match(await text('.labels'), /It could be: .*part@1/)
  const wrong = await client
    .batch('part', others.slice(0, 1), { also: 'nobody' })
    .catch((error: { code: string }) => error)
  assert.equal('code' in wrong && wrong.code, 'MODEL_NOT_FOUND')
})

test('two fingers zoom the map', options, async (context) => {
  const { page } = browser
  if (!(await rig.drawsMaps())) return context.skip('this service draws no maps')
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

test('axe finds nothing to object to in a batch, its large view, its summary and its map', options, async () => {
  const { page } = browser
  await open('#/batches')
  await page.locator('.batch-list a').first().click()
  await page.waitForSelector('.cell img')
  await pickFirst()
  await assertAccessible(page, 'a batch')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.closer')
  await assertAccessible(page, 'the large view')
  await page.keyboard.press('Escape')
  const id = decodeURIComponent(new URL(page.url()).hash.split('/')[2]!.split('?')[0]!)
  await open(`#/batches/${id}?summary=1`)
  await page.waitForSelector('.summary-images li')
  await assertAccessible(page, 'the summary')
})

test('all the while: no console error, and no request left the origin', options, () => {
  assert.deepEqual(browser.errors, [])
  const foreign = browser.requests.filter((line) => !/^\w+ (blob:)?http:\/\/127\.0\.0\.1:/.test(line))
  assert.deepEqual(foreign, [])
})
