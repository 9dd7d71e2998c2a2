/** The report as its reader opens it: a file, in a real browser, on a phone and on a desk, and printed. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { pathToFileURL } from 'node:url'
import { compare } from '../../src/evaluation/compare.ts'
import { renderReport } from '../../src/evaluation/report/report.ts'
import { findChromium, openBrowser } from '../support/browser.ts'
import { backbone, images } from '../support/drawn-images.ts'

const program = findChromium()

test('the report opens offline without an error or a request, fits 400 and 1400 px, and prints', {
  skip: program ? false : 'there is no Chromium on the PATH',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const long = { name: `test/negative/${'a-very-long-file-name-'.repeat(8)}.jpg`, bytes: new Uint8Array([1, 2, 3]) }
  const report = await compare({
    images: { ...images, testNegative: [...images.testNegative, long] },
    backbone,
    effort: 'quick',
    methods: ['transfer-binary', 'isolation-forest', 'one-class-svm', 'mahalanobis', 'ensemble'],
    keepNearDuplicates: true,
  })
  const file = join(folder, 'report.html')
  await writeFile(file, renderReport(report)['report.html'])

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
    // a point of the embedding shows its image
    const dot = page.locator('.scatter .dot').first()
    await dot.scrollIntoViewIfNeeded()
    await dot.dispatchEvent('pointerover', { bubbles: true })
    assert.equal(await page.locator('.peek').isVisible(), true)
    const picture = process.env['REPORT_PICTURES']
    if (picture) await page.screenshot({ path: join(picture, `report-${width}.png`), fullPage: true })
  }
  const paper = await page.pdf({ format: 'A4' })
  assert.ok(paper.length > 10_000)
  const away = requests.filter((request) => !request.startsWith('GET file:') && !request.startsWith('GET data:'))
  assert.deepEqual({ errors, away }, { errors: [], away: [] })
})
