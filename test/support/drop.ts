/** Files and folders of this machine dropped on an element, as a mouse does it: the page gets the browser's own drop event. */
import type { Page } from 'playwright-core'

export async function dropFiles(page: Page, selector: string, paths: readonly string[]): Promise<void> {
  const target = page.locator(selector).first()
  // a view that is on its way may take away what was found
  let box = await target.boundingBox()
  for (let tries = 0; box === null && tries < 50; tries++) {
    await page.waitForTimeout(100)
    box = await target.boundingBox()
  }
  if (box === null) throw new Error(`${selector} is not in sight`)
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const data = { items: [], files: [...paths], dragOperationsMask: 1 }
  const session = await page.context().newCDPSession(page)
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...point, data })
  await session.detach()
}
