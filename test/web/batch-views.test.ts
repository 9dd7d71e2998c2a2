/** Batches in a real browser: the map, a service that is killed, folders of the service, several models. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/client.ts'
import { assertAccessible } from '../support/accessible.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'
import { multiply } from '../support/pictures.ts'
import { smallNetwork } from '../support/small-network.ts'

let rig: PageRig
let { browser, open, text, says, until, forget, held, broken, pickFirst } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, text, says, until, forget, held, broken, pickFirst } = rig)
  await multiply([...held.parts, ...held.others], join(rig.root, 'many'), 220)
  await rig.fitPart()
  const client = createClient(rig.service().address)
  const files = await rig.read([...held.parts, ...held.others])
  await client.finished((await client.batch('part', files, { thumbnails: true, map: true })).id)
})
after(() => rig?.end())

test('the map: drawn, walked by keys, its code fetched only now', options, async (context) => {
  const { page } = browser
  if (!(await rig.drawsMaps())) return context.skip('this service draws no maps')
  await open('#/batches')
  await page.locator('.batch-list a').first().click()
  await page.getByRole('button', { name: 'Map', exact: true }).click()
  await page.waitForSelector('.map canvas')
  assert.ok(browser.requests.some((line) => line.includes('map-page')))
  await page.locator('.map-focus').focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('.map-tip img')
  await page.keyboard.press('+')
  await says('.map-review', /Review the \d+ images? in sight/)
  await says('.map [role=status]', /\.jpg, (taught|belongs|does not belong)/)
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
  // it stands in the address, beside what is chosen then: a reload shows the same
  await page.getByLabel('Sort').selectOption('name')
  await until(`location.hash.includes('sort=name') && location.hash.includes('picked=')`)
  await page.reload()
  await until(`/Only the ${all} images that were picked/.test(document.body.textContent)`)
  assert.equal(await page.getByLabel('Sort').inputValue(), 'name')
  await page.getByRole('button', { name: 'Show all', exact: true }).click()
  await page.reload()
  await page.waitForSelector('.cell img')
  assert.doesNotMatch(await text('body'), /picked on the map/)
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
    await until(`document.querySelector('.progress-words')?.textContent === 'Done220 of 220'`)
    await until(`!document.querySelector('.offline')`)
    await says('.filters', /^\D*All 220/)
    forget(/ERR_|Failed to fetch|network/i)
    assert.deepEqual(browser.errors, [])
  },
)

test('confirmed images of a folder of the service: one becomes a positive, one a negative', options, async () => {
  const { page } = browser
  await page.getByRole('radio', { name: /^Belongs/ }).check()
  await page.locator('.cell.belongs').first().click()
  await page.keyboard.press('Enter')
  await until(`document.querySelector('.closer-picture img[src$="/full"]')?.naturalWidth > 160`)
  await page.getByRole('button', { name: 'Show where it looks unusual' }).click()
  await page.waitForSelector('.closer-picture canvas.heat')
  await says('.closer .heat-legend', /as usual.*marked/)
  await page.locator('.closer .nearest img').first().waitFor()
  await page.keyboard.press('b')
  await page.keyboard.press('Escape')
  await page.getByRole('radio', { name: /^Does not belong/ }).check()
  await pickFirst()
  await page.keyboard.press('d')
  await until(`/2 of 220 reviewed/.test(document.body.textContent)`)
  await page.getByRole('button', { name: 'Teach it the good image' }).click()
  await page.locator('dialog .confirm-list img').nth(1).waitFor()
  await page.getByLabel('Teach it these too').check()
  await page.getByRole('button', { name: 'Make version 2 with 1 more photo and 1 other' }).click()
  await says('dialog .outcome', /Whether it misses more cannot be told: it was taught the images that do not belong/)
  assert.equal((await createClient(rig.service().address).model('part@2')).negatives, 1)
  await page.keyboard.press('Escape')
})

test('several models about a batch: each image is read once, labels say which accept it', options, async () => {
  const { page } = browser
  const client = createClient(rig.service().address)
  const others = await rig.read(held.others.slice(0, 11))
  const other = await client.finished(
    (await client.fit('other', others, { alpha: 0.2, detail: 1, backbone: smallNetwork })).id,
  )
  assert.equal(other.state, 'done', JSON.stringify(other.error))
  await page.reload()
  await open('#/batches')
  await page.setInputFiles('[data-pick=files]', [...held.parts.slice(0, 4), ...held.others.slice(0, 4), broken])
  await page.getByRole('combobox', { name: 'Model' }).selectOption('part@1')
  await page.getByText('Ask other models too').click()
  await page.getByLabel('other@1').check()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await until(`document.querySelector('.progress-words')?.textContent === 'Done9 of 9'`)
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
  assert.match((await client.resultsCsv(batch!.id)).split('\r\n')[0]!, /,labels,patchesScore,/)
  await page.getByLabel('Which model accepts it').selectOption('part@1')
  const accepted = lines.filter((line) => 'labels' in line && line.labels!.includes('part@1')).length
  await until(`document.querySelectorAll('.cell').length === ${accepted}`)
  await pickFirst()
  await says('.labels', /It could be: .*part@1/)
  const wrong = await client
    .batch('part', others.slice(0, 1), { also: 'nobody' })
    .catch((error: { code: string }) => error)
  assert.equal('code' in wrong && wrong.code, 'MODEL_NOT_FOUND')
})

test('two fingers zoom the map', options, async (context) => {
  const { page } = browser
  if (!(await rig.drawsMaps())) return context.skip('this service draws no maps')
  await open('#/map/part@1')
  await page.waitForSelector('.map canvas')
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

test(
  'on a phone the chosen image stays above the sheet about it, and nothing moves from the beginning of a batch to its end',
  options,
  async () => {
    const { page } = browser
    await page.setViewportSize({ width: 400, height: 860 })
    const client = createClient(rig.service().address)
    const batch = await client.batchFolder('part', join(rig.root, 'many'), { thumbnails: true })
    await page.goto('about:blank')
    await open(`#/batches/${batch.id}`)
    await pickFirst()
    await page.waitForSelector('.detail-panel.open')
    await until(`(() => {
    const bottom = document.querySelector('.cell[aria-selected=true]').getBoundingClientRect().bottom
    return bottom > 64 && bottom <= document.querySelector('.detail-panel.open').getBoundingClientRect().top
  })()`)
    assert.equal(await page.evaluate('window.shift'), 0, `shifted: ${await page.evaluate('window.shifts.join()')}`)
    // the large view is longer than the screen: its head, with the way out, stands above the picture
    await page.keyboard.press('Enter')
    await page.waitForSelector('.closer-picture img')
    await until(`(() => {
      const bottom = document.querySelector('dialog header button').getBoundingClientRect().bottom
      return bottom > 20 && bottom <= document.querySelector('.closer-picture').getBoundingClientRect().top + 1
    })()`)
    await page.keyboard.press('Escape')
    await until(`document.querySelector('.progress-words')?.textContent.startsWith('Done')`)
    await says('.discoveries', /do not belong/)
    assert.equal(await page.evaluate('window.shift'), 0, `shifted: ${await page.evaluate('window.shifts.join()')}`)
    await page.setViewportSize({ width: 1400, height: 900 })
  },
)

test('a batch that is left while its filter goes into the address is left', options, async () => {
  const { page } = browser
  await open('#/batches')
  await page.locator('.batch-list a').first().click()
  await page.waitForSelector('.cell img')
  for (let turn = 0; turn < 6; turn++) {
    await page.evaluate(`new Promise((left) => {
      const sort = [...document.querySelectorAll('.toolbar select')].find((one) => [...one.options].some(({ value }) => value === 'name'))
      sort.value = ${turn} % 2 === 0 ? 'name' : 'odd'
      sort.dispatchEvent(new Event('change', { bubbles: true }))
      requestAnimationFrame(() => setTimeout(() => { location.hash = '#/batches'; left() }))
    })`)
    await page.waitForSelector('[data-pick=files]', { state: 'attached' })
    await page.goBack()
    await page.waitForSelector('.cell img')
  }
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
  rig.assertQuiet()
})
