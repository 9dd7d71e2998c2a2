/** Classify and the camera in a real browser, against a real service with its Redis and worker. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { createClient } from '../../src/client.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'
import { drawChecks } from '../support/pictures.ts'

let rig: PageRig
let { browser, open, says, until, forget, held, broken } = {} as PageRig

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, says, until, forget, held, broken } = rig)
  await rig.fitPart()
})
after(() => rig?.end())

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
    await says('.verdict', /Does not belong.*\d of the 61 photos it was taught look/)
    await page.waitForSelector('.nearest img')
    const slider = page.getByRole('slider', { name: 'How strict' })
    assert.equal(await slider.getAttribute('aria-valuetext'), 'rejects at most 1 good image in 20 on average')
    await page.waitForLoadState('networkidle')
    // the page goes on asking whether the service is well
    const asked = () => requests.filter((line) => !/readyz|v1\/service$/.test(line)).length
    const before = asked()
    await slider.press('Home')
    // below 1 / (n + 1) nothing could be rejected: not offered, so nothing is ever green for want of photos
    assert.equal(await slider.getAttribute('aria-valuetext'), 'rejects at most 1 good image in 50 on average')
    await says('.alpha-card', /6\d photos can tell no more than this/)
    await says('.verdict', /Belongs/)
    assert.equal((await verdicts())['other-0.jpg'], 'belongs')
    await slider.press('End')
    await says('.verdict', /Does not belong.*at most 1 good image in 2 is rejected/)
    assert.equal((await verdicts())['other-0.jpg'], 'differs')
    assert.equal(asked(), before, 'moving alpha sent a request')
    forget(/status of 4(22|15).*classify/)
  },
)

test(
  'heat lies on the image exactly, whatever its shape, with marked regions as boxes and a legend',
  options,
  async () => {
    const { page } = browser
    // three times as wide as high, and checked in two colours at its right end
    const wide = await sharp(held.parts[2]!)
      .resize(600, 200, { fit: 'fill' })
      .composite([{ input: drawChecks(100, 160), left: 500, top: 20 }])
      .jpeg()
      .toBuffer()
    await page.setInputFiles('[data-pick=files]', { name: 'wide.jpg', mimeType: 'image/jpeg', buffer: wide })
    await until(`document.querySelector('.stage figcaption').textContent === 'wide.jpg'`)
    const asked: string[] = []
    const note = (request: { url(): string }): void => void asked.push(request.url())
    page.on('request', note)
    await page.getByRole('button', { name: 'Show where it looks unusual' }).click()
    await until(`document.querySelector('.heat-legend')`)
    page.off('request', note)
    // the drift monitor has counted the image when it was asked about first
    assert.ok(
      asked
        .filter((url) => url.includes('/classify'))
        .every((url) => /explain=true.*drift=false|drift=false.*explain=true/.test(url)),
    )
    await says('.heat-legend', /as usual.*marked.*far beyond.*1 good image in \d+ shows any/)
    // a canvas that nothing is drawn on yet is 300 x 150
    await until(`document.querySelector('.stage-picture canvas').width !== 300`)
    const found = (await page.evaluate(`(() => {
    const box = (element) => { const { x, y, width, height } = element.getBoundingClientRect(); return { x, y, width, height } }
    const fitted = (outer, w, h) => {
      const scale = Math.min(outer.width / w, outer.height / h)
      return { x: outer.x + (outer.width - w * scale) / 2, y: outer.y + (outer.height - h * scale) / 2, width: w * scale, height: h * scale }
    }
    const img = document.querySelector('.stage-picture img')
    const heat = document.querySelector('.stage-picture canvas')
    return { picture: fitted(box(img), img.naturalWidth, img.naturalHeight), heat: fitted(box(heat), heat.width, heat.height),
      mark: box(document.querySelector('.stage-picture .marks rect:not(.halo)')) }
  })()`)) as Record<'picture' | 'heat' | 'mark', { x: number; y: number; width: number; height: number }>
    for (const side of ['x', 'y', 'width', 'height'] as const)
      assert.ok(Math.abs(found.heat[side] - found.picture[side]) < 1.5, JSON.stringify(found))
    const [middle, centre] = [found.mark.x + found.mark.width / 2, found.picture.x + (found.picture.width * 550) / 600]
    assert.ok(Math.abs(middle - centre) < 0.15 * found.picture.width, JSON.stringify(found))
    await page.getByRole('button', { name: 'Hide the colours' }).click()
    assert.equal(await page.locator('.stage-picture canvas').count(), 0)
  },
)

test('the camera: looked through, a picture taken, and an answer', options, async () => {
  const { page } = browser
  await page.getByRole('button', { name: 'Use the camera' }).click()
  await page.getByRole('button', { name: 'Take the picture' }).click()
  await until(`document.querySelectorAll('.tray-cell').length === 5 && !document.querySelector('.tray-cell.waiting')`)
  await says('.tray', /camera-/)
})

test('drift: nothing is called unchanged where all was rejected; how many were is said', options, async () => {
  const client = createClient(rig.service().address)
  // the alpha is others' now: the monitor of accepted images begins anew
  await client.update('part', { alpha: 0.1 })
  const seen = (await client.model('part')).drift
  assert.deepEqual([seen.accepted.images, seen.rejected > 0, seen.all.images > seen.rejected], [0, true, true])
  await open('#/models/part@1')
  await says('.drift', /has accepted none since its limit was set.*images seen, \d of them rejected\./)
  for (let times = 0; times < 3; times++)
    for (const image of await rig.read(held.others)) await client.classify('part', image)
  let drift = seen
  while (drift.all.images < seen.all.images + 36) drift = (await client.model('part')).drift
  assert.ok(drift.all.alarm && !drift.accepted.alarm && drift.rejected > seen.rejected + 20, JSON.stringify(drift))
  for (const view of ['#/models', '#/operations', '#/models/part@1']) await open(view)
  await says(
    '.drift',
    /What is sent is not like.*camera or the light.*images seen, \d\d of them rejected\. If nothing had/,
  )
  await open('#/operations')
  await says('.drift-list', /What is sent is not like.*\d\d of them rejected/)
  await client.update('part', { alpha: 0.05 })
  await open('#/classify/part@1')
})

test(
  'live: frames are dropped and never queued, none counts as served, photos are kept while a button is held',
  options,
  async () => {
    const { page } = browser
    const served = async () => (await createClient(rig.service().address).model('part')).drift.all.images
    const counted = await served()
    // however slow the service is, no more than two frames are ever on their way: so the delay cannot grow
    await page.evaluate(`{
      window.sentFrames = { open: 0, most: 0, answered: 0 }
      const plain = window.fetch
      window.fetch = async (...asked) => {
        if (!String(asked[0]).includes('/classify')) return await plain(...asked)
        sentFrames.most = Math.max(sentFrames.most, ++sentFrames.open)
        try { return await plain(...asked) } finally { sentFrames.open--; sentFrames.answered++ }
      }
    }`)
    await page.getByRole('link', { name: 'Watch with the camera' }).click()
    await until('sentFrames.answered >= 10')
    assert.ok(((await page.evaluate('sentFrames.most')) as number) <= 2)
    await says('.live-pace', /verdicts a second, \d.* ms behind/)
    const button = page.getByRole('button', { name: 'Hold to keep photos' })
    await button.dispatchEvent('pointerdown')
    await until(`/^\\d+ photos kept/.test(document.querySelector('.live-actions [role=status]').textContent)`)
    await button.dispatchEvent('pointerup')
    // what was asked before may be counted a moment later
    assert.ok((await served()) <= counted + 5, 'frames do not count as served images')
    await page.getByRole('button', { name: 'Large, for a line' }).click()
    const box = (await page.locator('.live.kiosk').boundingBox())!
    assert.ok(box.x === 0 && box.y === 0 && box.width > 1380 && box.height === 900, JSON.stringify(box))
    // a verdict is of now: without answers none is shown, and with them it comes back; the large form stands in the address
    await page.reload()
    await page.waitForSelector('.live.kiosk .live-verdict:not(.waiting)')
    await page.route(/\/classify/, (route) => route.abort())
    await page.waitForSelector('.live.kiosk .live-verdict.waiting')
    await says('.live-verdict', /Waits for the service|No verdict just now/)
    await page.unroute(/\/classify/)
    await page.waitForSelector('.live.kiosk .live-verdict:not(.waiting)')
    forget(/ERR_FAILED|Failed to fetch/)
    await page.keyboard.press('Escape')
    await button.dispatchEvent('pointerdown')
    await says('.live-actions', /photos? kept/)
    await button.dispatchEvent('pointerup')
    await page.getByRole('button', { name: 'Make a model of them' }).click()
    await page.waitForSelector('.chosen li')
  },
)

test(
  'live: a picture is asked about once; without a new one there is no verdict, and it goes on when the camera is back',
  options,
  async () => {
    const { page } = browser
    await open('#/classify/part@1?live=1')
    await page.waitForSelector('.live-verdict:not(.waiting)')
    const verdict = () => page.locator('.live-verdict:not(.waiting)').count()
    // what waits for the next frame is one timer, and not one more for each frame
    await page.evaluate(`{
      window.timers = 0
      const plain = window.setTimeout
      window.setTimeout = (...asked) => (timers++, plain(...asked))
    }`)
    await page.waitForTimeout(5000)
    await page.evaluate('timers = 0')
    await page.waitForTimeout(1000)
    const timers = (await page.evaluate('timers')) as number
    assert.ok(timers < 150, `${timers} timers in a second`)
    // blocked, as by another program: no event tells it
    await page.evaluate(`document.querySelector('video').srcObject.getTracks()[0].stop()`)
    await says('.live-verdict', /No verdict just now.*The camera gives no new picture/)
    await page.waitForTimeout(1000)
    assert.equal(await verdict(), 0)
    // taken away, which the browser tells; then it is asked for again
    await page.evaluate(`document.querySelector('video').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))`)
    await page.waitForSelector('.live-verdict:not(.waiting)')
    const button = page.getByRole('button', { name: 'Hold to keep photos' })
    await button.dispatchEvent('pointerdown')
    await says('.live-actions', /photos? kept/)
    await button.dispatchEvent('pointerup')
    await page.getByRole('link', { name: 'Stop the camera' }).click()
    await open('#/classify/part@1?live=1')
    await says('.live-actions', /photos? kept/)
    await page.getByRole('button', { name: 'Start over' }).click()
    await page.getByRole('button', { name: 'Start over' }).waitFor({ state: 'detached' })
  },
)

test('all the while: no console error, and no request left the origin', options, () => {
  forget(/status of 4(22|15).*classify/) // the broken file, asked about again by the next version
  rig.assertQuiet()
})
