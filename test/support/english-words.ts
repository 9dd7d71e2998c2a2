/** English words in what a page shows: what a translation has forgotten. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

/** Short words that every English sentence has some of, and no German one. */
const words =
  /\b(the|of|and|is|are|with|from|this|that|which|it|to|for|not|be|by|has|have|when|where|images?|photos?|files?|could|would|good|yes|no|done|running|waiting|all|more|than|than|at most|each|choose|drop|open|close|show|loading)\b/gi

/** What one sees and what a screen reader says, without what is marked as English and without commands. */
const shown = `(() => {
  const texts = []
  const skip = (element) => element.closest('[lang=en], code, script, style, noscript') !== null
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.textContent.trim() !== '' && !skip(node.parentElement)) texts.push(node.textContent.trim())
    } else if (!skip(node))
      for (const name of ['aria-label', 'aria-valuetext', 'aria-description', 'title', 'placeholder', 'alt'])
        if (node.getAttribute(name)) texts.push(node.getAttribute(name))
  }
  texts.push(document.title)
  return texts
})()`

/** @param names what is called so by somebody else, such as files */
export async function assertNoEnglish(page: Page, view: string, names: RegExp): Promise<void> {
  const texts = (await page.evaluate(shown)) as string[]
  const left = texts.flatMap((text) => {
    const own = text.replace(/„oneclass [^“]*“|„npm [^“]*“/g, '').replace(names, '')
    const found = own.match(words)
    return found ? [`${found.join(', ')}: ${text}`] : []
  })
  assert.ok(texts.join(' ').length > 100, `${view} shows something`)
  assert.deepEqual([...new Set(left)], [], view)
}
