/** What an address shows: links to what is gone, links that are opened in a tab that shows the same batch, and what others changed or began meanwhile. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient, type OneclassClient } from '../../src/client.ts'
import { options, type PageRig, program, startPage } from '../support/page.ts'

let rig: PageRig
let { browser, open, says, until, held } = {} as PageRig
let client: OneclassClient
let batch = ''

before(async () => {
  if (program === undefined) return
  rig = await startPage()
  ;({ browser, open, says, until, held } = rig)
  await rig.fitPart()
  client = createClient(rig.service().address)
  const images = await rig.read([...held.parts, ...held.others])
  batch = (await client.finished((await client.batch('part', images, { thumbnails: true })).id)).id
})
after(() => rig?.end())

test('a link to a model that is gone shows no other one in silence: a batch waits for a choice', options, async () => {
  const { page } = browser
  await open('#/map/gone@7')
  await says('.note', /“gone@7” is not here.*What you see is said by part@1/)
  await open('#/batches?model=gone@7')
  await says('.new-batch', /“gone@7” is not here: it was removed or renamed. Choose another one/)
  await page.setInputFiles('[data-pick=files]', held.parts.slice(0, 2))
  const run = page.getByRole('button', { name: 'Run', exact: true })
  assert.ok(await run.isDisabled())
  await page.getByLabel('Model').selectOption('part@1')
  assert.ok(await run.isEnabled())
  assert.doesNotMatch(await rig.text('.new-batch'), /is not here/)
  await page.getByRole('button', { name: 'Start over' }).click()
  const make = page.locator('.fit-form button[type=submit]')
  await open('#/models?new=1&base=gone@7')
  await says('.view-head', /“gone@7” is not here/)
  await page.setInputFiles('.view > .fit-columns > section > .drop [data-pick=files]', held.parts.slice(0, 12))
  await page.getByLabel('Name').fill('gone')
  await says('main', /12 photos/)
  assert.ok(await make.isDisabled(), 'it would be a model of the new photos alone')
  await page.getByRole('button', { name: 'Start over' }).click()
  await page.goto('about:blank')
  await open('#/models?new=1&base=part@1')
  await says('h1', /Next version of “part”/)
  assert.equal(await page.getByLabel('Name').inputValue(), 'part')
})

test(
  'a link to a batch counts in a tab that shows it, and the way back from its summary keeps it',
  options,
  async () => {
    const { page } = browser
    await open(`#/batches/${batch}`)
    const picked = (n: number) =>
      until(`document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === '${n}'`)
    await until(`document.querySelectorAll('.cell img').length > 30`)
    await page.evaluate(`location.hash = '#/batches/${batch}?find=other-1&alpha=0.1&sort=name'`)
    await picked(1) // other-1, other-10 and other-11
    await says('.batch-side output', /1 good image in 10 /)
    await page.getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: 'One-page summary' }).click()
    await says('.summary .facts', /1 good image in 10 /)
    await page.getByRole('link', { name: 'Back to the batch' }).click()
    await picked(1)
    await page.reload()
    await picked(1)
    await says('.batch-side output', /1 good image in 10 /)
  },
)

test('an alpha that others set is shown, and a model that is renamed keeps its view', options, async () => {
  const { page } = browser
  await open('#/models/part@1')
  await says('.alpha output', /1 good image in 20 /)
  await client.update('part', { alpha: 0.1 })
  await page.evaluate(`dispatchEvent(new Event('focus'))`)
  await says('.alpha output', /1 good image in 10 /)
  assert.ok(await page.getByRole('button', { name: 'Keep for the model' }).isDisabled())
  await page.getByRole('button', { name: 'More actions: part' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByLabel('New name').fill('ring')
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
  await until(`location.hash === '#/models/ring%401'`)
  await says('h1', /^ring version 1/)
  await page.waitForSelector('.positives img')
})

test(
  'a model that is being made is found again in the list, by whoever looks, and its end is told',
  options,
  async () => {
    const { page } = browser
    const row = (name: string) => page.locator('.batch-list a', { hasText: name })
    const first = await client.fit('slow', await rig.read(rig.train))
    await open('#/models')
    await row('slow').waitFor()
    await page.reload()
    await row('slow').click()
    await until(`location.hash.includes('job=${first.id}')`)
    await page.getByRole('link', { name: 'Models' }).last().click()
    await says('.toasts', /“slow@1” is ready/)
    await says('.model-list', /slow/)
    assert.equal(await row('slow').count(), 0)
    const second = await client.fit('stopped', await rig.read(rig.train))
    await row('stopped').waitFor()
    await client.cancel(second.id)
    await says('.toasts', /“stopped” could not be made. The job was cancelled/)
  },
)

test('what a lost connection kept from being done is said so, and not that it is tried again', options, async () => {
  const { page, context } = browser
  await open('#/models/ring')
  await page.waitForSelector('.positives img')
  await context.setOffline(true)
  await page.getByRole('button', { name: 'More actions: ring' }).click()
  await page.getByRole('menuitem', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await says('.toasts', /did not answer, so this was most likely not done: try it again/)
  await context.setOffline(false)
  await page.waitForSelector('[data-trouble]', { state: 'detached' })
  assert.ok((await client.models()).some(({ name }) => name === 'ring'))
  // a map that could not be asked for has a way on
  await page.route(/\/maps/, (route) => route.abort())
  await page.evaluate(`location.hash = '#/map/ring'`)
  await says('.note.error', /did not answer/)
  await page.unroute(/\/maps/)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.waitForSelector('.map canvas')
  rig.forget(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
})

test('a batch whose model is gone says so, and nothing can be taught to it', options, async () => {
  const { page } = browser
  await client.review(batch, { reviews: [{ index: 0, label: 'belongs' }] })
  // it carries the name that it was asked with, and the model has another one by now
  await open(`#/batches/${batch}`)
  await says('.batch-head', /“part@1” is not here: it was removed or renamed/)
  await says('.review-status', /^1 of 36/)
  assert.ok(await page.getByRole('button', { name: 'Teach it the good image' }).isDisabled())
  await client.update('ring', { name: 'part' })
  await page.reload()
  await says('.review-status', /^1 of 36/)
  assert.ok(await page.getByRole('button', { name: 'Teach it the good image' }).isEnabled())
  assert.doesNotMatch(await rig.text('.batch-head'), /is not here/)
})

test('all the while: no console error, and no request left the origin', options, () => {
  rig.assertQuiet()
})
