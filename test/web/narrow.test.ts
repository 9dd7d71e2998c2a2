/** On the narrowest phones (320 pixels) a name of any length wraps: nothing scrolls sideways but what has a bar of its own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '../../src/client.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'

const names = ['w'.repeat(64), 'a_'.repeat(32)] as const
let rig: PageRig
let batch = ''

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  await rig.fitPart()
  const client = createClient(rig.service().address)
  const file = await fetch(`${rig.service().address}/v1/models/part/export`)
  const bytes = new Uint8Array(await file.arrayBuffer())
  for (const name of names) await client.importModel({ name: 'part.oneclass', bytes }, { name })
  const [image] = await rig.read(rig.held.parts.slice(0, 1))
  const long = [image!, { ...image!, name: `${'n'.repeat(200)}.jpg` }]
  batch = (await client.finished((await client.batch(names[0], long, { thumbnails: true })).id)).id
})
after(() => rig?.end())

/** What stands beyond the right edge, and by how much, outermost first. */
const beyond = `[...document.querySelectorAll('body *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => e.tagName + '.' + e.className + ' ' + Math.round(e.getBoundingClientRect().right) + ' ' + e.textContent.slice(0, 40))
  .slice(0, 8).join('\\n')`

test('in a low and wide window, as of a large zoom, the whole side bar is reached', options, async () => {
  const { page } = rig.browser
  await page.setViewportSize({ width: 1000, height: 360 })
  await rig.open('#/models')
  const last = page.locator('.themes label').last()
  await last.scrollIntoViewIfNeeded()
  const box = (await last.boundingBox())!
  assert.ok(box.y + box.height <= 360, JSON.stringify(box))
})

test('no view scrolls sideways at 320 pixels, whatever the names are', options, async () => {
  const { page } = rig.browser
  await page.setViewportSize({ width: 320, height: 700 })
  const views = [
    'models',
    'models?new=1',
    'classify',
    `classify/${'nope'.repeat(16)}`,
    'batches',
    `batches/${batch}`,
    'operations',
    'compare',
    ...names.flatMap((name) => [`models/${name}`, `models/${name}@1`, `classify/${name}`]),
  ]
  const wide: string[] = []
  for (const view of views) {
    await rig.open(`#/${view}`)
    await page.waitForLoadState('networkidle')
    await page.waitForTimeout(300) // what came is drawn
    const width = (await page.evaluate('document.documentElement.scrollWidth')) as number
    const last = (await page.locator('.themes label').last().boundingBox())!
    assert.ok(last.x + last.width <= 320, `the frame of ${view}: ${last.x + last.width}`)
    if (width > 320) wide.push(`${view}: ${width}\n${await page.evaluate(beyond)}`)
  }
  assert.deepEqual(wide, [], wide.join('\n\n'))
})
