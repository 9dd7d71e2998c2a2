/** The report as its reader opens it: a file, in a real browser, on a phone and on a desk, and printed. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { compare } from '../../src/evaluation/compare.ts'
import { renderReport } from '../../src/evaluation/report/report.ts'
import { findChromium, openBrowser } from '../support/browser.ts'
import { backbone, images } from '../support/drawn-images.ts'
import { temporaryFolder } from '../support/temporary.ts'

const program = findChromium()

test('the report opens offline without an error or a request, fits 400 and 1400 px, and prints', {
  skip: program ? false : 'there is no Chromium on the PATH',
}, async (t) => {
  const folder = await temporaryFolder(t)
  const long = { name: `test/negative/${'a-very-long-file-name-'.repeat(8)}.jpg`, bytes: new Uint8Array([1, 2, 3]) }
  const report = await compare({
    images: { ...images, testNegative: [...images.testNegative, long] },
    backbone,
    effort: 'quick',
    methods: ['transfer-binary', 'isolation-forest', 'one-class-svm', 'mahalanobis', 'ensemble'],
    keepNearDuplicates: true,
  })
  const file = join(folder, 'report.html')
  // a network's training, as long as a quick run is
  const history = [1, 2, 3].map((epoch) => ({
    epoch,
    loss: 1 / epoch,
    accuracy: 0.9,
    validationLoss: 1.2 / epoch,
    validationAccuracy: 0.8,
    seconds: 1,
  }))
  const methods = report.methods.map((row) => (row.key === 'transfer-binary' ? { ...row, history } : row))
  await writeFile(file, renderReport({ ...report, methods })['report.html'])

  const browser = await openBrowser(program!)
  t.after(() => browser.close())
  const { page, errors, requests } = browser
  const own = pathToFileURL(file).href
  for (const width of [400, 1400]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(own)
    // in the page: nothing is wider than the window
    const widest = (await page.evaluate('document.documentElement.scrollWidth')) as number
    assert.ok(widest <= width, `${widest} px wide at ${width}`)
    const legends = (await page.evaluate(
      `[...document.querySelectorAll('.legend')].map((list) => [list.textContent.trim(), ...[...list.querySelectorAll('.swatch')].map((one) => getComputedStyle(one).background)])`,
    )) as string[][]
    assert.ok(legends.length > 6)
    for (const [text, ...swatches] of legends) {
      assert.ok(text !== '', 'a legend without words')
      for (const one of swatches) assert.doesNotMatch(one, /^rgba\(0, 0, 0, 0\) none/, text)
    }
    // names are cut before their end, which tells files apart, and a number keeps its "%"
    const ends = page.locator('.strip .name > :last-child')
    assert.match((await ends.first().textContent()) ?? '', /.\.\w+$/)
    assert.ok(await ends.evaluateAll((all) => all.every((end) => end.scrollWidth <= end.clientWidth + 1)))
    assert.doesNotMatch((await page.locator('.verdict, th, figcaption').allTextContents()).join(), /\d %/)
    const epochs = page.locator('.card', { hasText: 'Training of Transfer learning, binary head' })
    assert.deepEqual(await epochs.locator('.tick[text-anchor=middle]').allTextContents(), ['1', '2', '3'])
    assert.match((await epochs.locator('.legend').textContent()) ?? '', /training loss.*validation loss/)
    // a point of the embedding shows its image
    const dot = page.locator('.scatter .dot').first()
    await dot.scrollIntoViewIfNeeded()
    await dot.dispatchEvent('pointerover', { bubbles: true })
    assert.equal(await page.locator('.peek').isVisible(), true)
    const picture = process.env['REPORT_PICTURES']
    if (picture) await page.screenshot({ path: join(picture, `report-${width}.png`), fullPage: true })
  }
  // on paper colours are kept
  await page.emulateMedia({ media: 'print' })
  const swatch = `getComputedStyle(document.querySelector('.legend .swatch')).printColorAdjust`
  assert.equal(await page.evaluate(swatch), 'exact')
  const paper = await page.pdf({ format: 'A4' })
  if (process.env['REPORT_PICTURES']) await writeFile(join(process.env['REPORT_PICTURES'], 'report.pdf'), paper)
  assert.ok(paper.length > 10_000)
  const pages = paper.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0
  assert.ok(pages >= 2 && pages <= 4, `${pages} pages for five methods`)
  const unfolded = page.locator('details:not([open])')
  assert.equal(
    await unfolded.first().isVisible(),
    false,
    'the images of other methods are printed where somebody opened them',
  )
  const away = requests.filter((request) => !request.startsWith('GET file:') && !request.startsWith('GET data:'))
  assert.deepEqual({ errors, away }, { errors: [], away: [] })
})
