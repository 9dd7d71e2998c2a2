/** Images of a batch selected, one or several, by mouse, keys and finger, and one answer for all. A real service and browser. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { options, type PageRig, program, startPage } from '../support/page.ts'

let rig: PageRig
let { browser, open, text, says, until, held, pickFirst } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, text, says, until, held, pickFirst } = rig)
  await rig.fitPart()
})
after(() => rig?.end())

test(
  'several images at once: Shift and Ctrl select, one answer is of all, and one U takes it back',
  options,
  async () => {
    const { page } = browser
    const reviewed = (n: number) =>
      until(`/^${n} of 36 reviewed/.test(document.querySelector('.review-status').textContent)`)
    const selected = (n: number) => says('.detail-panel h2', new RegExp(`^${n} images selected`))
    await open('#/batches')
    await page.setInputFiles('[data-pick=files]', [...held.parts, ...held.others])
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await until(`document.querySelector('.progress-words')?.textContent === 'Done36 of 36'`)
    await says('.histogram', /this batch, 36 images/)
    await reviewed(0)
    await pickFirst()
    await page
      .locator('.cell')
      .nth(4)
      .click({ modifiers: ['Shift'] })
    await selected(5)
    await page.keyboard.press('Shift+ArrowRight')
    await selected(6)
    await page
      .locator('.cell')
      .nth(1)
      .click({ modifiers: ['ControlOrMeta'] })
    await selected(5)
    await page.keyboard.press('d')
    await reviewed(5)
    assert.equal(await page.locator('.cell').nth(6).getAttribute('aria-selected'), 'true', 'on to the next')
    await page.keyboard.press('u')
    await reviewed(0)
    await page.keyboard.press('ControlOrMeta+a')
    await selected(36)
    await page.keyboard.press('Escape')
    // a click on an answer leaves the keys to the image that comes next: Enter enlarges it, and presses nothing again
    await page.locator('.review-buttons button.differs').click()
    await reviewed(1)
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog:modal .closer')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { state: 'detached' })
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('b')
    await reviewed(2)
    assert.match(await text('h1'), /Uploaded images/)
  },
)

test('on a touch screen a long press begins a selection, taps add to it, and a swipe does not', options, async () => {
  const { page } = browser
  const session = await browser.context.newCDPSession(page)
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 1 })
  const press = async (at: number, ms: number) => {
    const box = await page.locator('.cell').nth(at).boundingBox()
    assert.ok(box)
    const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }]
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
    await page.waitForTimeout(ms)
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }
  const selected = (n: number) => until(`document.querySelectorAll('.cell[aria-selected=true]').length === ${n}`)
  try {
    await page.evaluate('scrollTo(0, 0)')
    await press(0, 900)
    await selected(1)
    await press(1, 30)
    await selected(2)
    await press(2, 30)
    await selected(3)
    await press(1, 30)
    await selected(2)
    await says('.detail-panel h2', /^2 images selected/)
    await page.keyboard.press('Escape')
    await press(3, 30)
    await selected(1)
    // a finger that begins to scroll holds nothing
    const box = await page.locator('.cell').nth(6).boundingBox()
    assert.ok(box)
    const touch = (type: 'touchStart' | 'touchMove', y: number) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: box.x + 40, y: box.y + y }] })
    await touch('touchStart', 90)
    for (const y of [80, 60, 30]) await touch('touchMove', y)
    await page.waitForTimeout(900)
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await selected(1)
    assert.equal(await page.locator('.cell').nth(3).getAttribute('aria-selected'), 'true')
  } finally {
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: false })
  }
})

test('all the while: no console error, and no request left the origin', options, () => {
  rig.assertQuiet()
})
