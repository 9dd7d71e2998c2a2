/** Images of a batch selected, one or several, by mouse, keys and finger, and one answer for all. A real service and browser. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser } from '../support/browser.ts'
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
    // a key right after a dialog has gone is heard once, though no frame was drawn in between
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog:modal .closer')
    await page.evaluate(`(async () => {
      document.querySelector('dialog header button').click()
      while (document.querySelector('dialog')) await null
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'b', bubbles: true, cancelable: true }))
    })()`)
    await reviewed(3)
    await page.keyboard.press('u')
    await reviewed(2)
    assert.match(await text('h1'), /Uploaded images/)
  },
)

test(
  'two browsers about one image: what was said last counts, who is overruled hears of it, and U takes back only the own',
  options,
  async () => {
    const { page } = browser
    const other = await openBrowser(program!)
    try {
      await other.page.goto(page.url())
      await pickFirst(other.page)
      const image = await other.page.locator('.detail-panel h2').first().textContent()
      await page.keyboard.press('Home')
      await pickFirst()
      assert.equal(await text('.detail-panel h2'), image)
      await page.keyboard.press('b')
      await other.page.waitForSelector('.cell >> nth=0 >> .badge.belongs')
      await other.page.keyboard.press('d')
      await says('.toasts', /Somebody else said otherwise of an image that you reviewed/)
      await page.waitForSelector('.cell >> nth=0 >> .badge.differs')
      await page.keyboard.press('u')
      await page.waitForTimeout(3000) // longer than it takes to send and to hear
      assert.equal(await page.locator('.cell').first().locator('.badge.differs').count(), 1)
      await other.page.keyboard.press('u')
      await page.waitForSelector('.cell >> nth=0 >> .badge.belongs')
      assert.deepEqual(other.errors, [])
    } finally {
      await other.close()
    }
  },
)

test('on a touch screen a long press begins a selection, taps add to it, and a swipe does not', options, async () => {
  const { page } = browser
  const session = await browser.context.newCDPSession(page)
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 1 })
  const middleOf = async (at: number) => {
    const box = await page.locator('.cell').nth(at).boundingBox()
    assert.ok(box)
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  }
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: { x: number; y: number }[]) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints })
  // sent without a wait between them: on a busy machine a tap that waits for its own beginning becomes a long press
  const tap = async (at: number) => {
    const point = await middleOf(at)
    await Promise.all([touch('touchStart', point), touch('touchEnd')])
  }
  const selected = (n: number) => until(`document.querySelectorAll('.cell[aria-selected=true]').length === ${n}`)
  try {
    await page.evaluate('scrollTo(0, 0)')
    await page.keyboard.press('Escape')
    await selected(0)
    await touch('touchStart', await middleOf(0))
    await selected(1)
    await touch('touchEnd')
    await tap(1)
    await selected(2)
    await tap(2)
    await selected(3)
    await tap(1)
    await selected(2)
    await says('.detail-panel h2', /^2 images selected/)
    await page.keyboard.press('Escape')
    await selected(1)
    await page.keyboard.press('Escape')
    await selected(0)
    await tap(3)
    await selected(1)
    // a finger that begins to scroll holds nothing
    const { x, y } = await middleOf(6)
    await Promise.all([
      touch('touchStart', { x, y }),
      ...[10, 30, 60].map((up) => touch('touchMove', { x, y: y - up })),
    ])
    await page.waitForTimeout(900)
    await touch('touchEnd')
    await selected(1)
    assert.equal(await page.locator('.cell').nth(3).getAttribute('aria-selected'), 'true')
  } finally {
    await session.send('Emulation.setTouchEmulationEnabled', { enabled: false })
  }
})

test('all the while: no console error, and no request left the origin', options, () => {
  rig.assertQuiet()
})
