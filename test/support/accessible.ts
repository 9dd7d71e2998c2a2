/** axe-core over what a page shows now, in light and dark, on a wide screen and on a phone. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[]
}

export async function assertAccessible(page: Page, name: string): Promise<void> {
  // over the debugger's channel, which the page's policy does not bind
  await page.evaluate(source)
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme })
    for (const width of theme === 'light' ? [1400, 390] : [1400]) {
      await page.setViewportSize({ width, height: 844 })
      const violations = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Violation[]
      const shown = violations.map(
        ({ id, help, nodes }) =>
          `${id}: ${help}\n  ${nodes.map((n) => `${n.html}\n  ${n.failureSummary}`).join('\n  ')}`,
      )
      assert.equal(violations.length, 0, `${name}, ${theme}, ${width} px:\n${shown.join('\n')}`)
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1400, height: 900 })
}
