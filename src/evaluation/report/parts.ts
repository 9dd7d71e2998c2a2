/** What the reports have in common: tables that fit on a phone, and images that could not be read. */
import { escapeHtml } from '../../system/html.ts'
import { plural } from '../../wire/plural.ts'

/** Text as HTML, where a number keeps its "%" on its line. */
export function words(text: string): string {
  return escapeHtml(text).replace(/(?<=\d) %/g, '\u00a0%')
}

/** The name of a file below its image: cut in the middle where there is no room, as its end tells files apart. */
export function nameBelow(image: string): string {
  const name = fileName(image)
  const [start, end] = [name.slice(0, -namesEnd), name.slice(-namesEnd)].map(escapeHtml)
  return `<span class="name" title="${escapeHtml(image)}"><span>${start}</span><span>${end}</span></span>`
}

/** Letters of a name that are never cut off. */
const namesEnd = 9

/**
 * A table that a phone shows row by row, where each cell says the name of its column.
 * @param head plain text; that of the first column may be empty
 * @param rows cells as HTML
 */
export function stackedTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (html: string, at: number) =>
    at === 0 ? `<td>${html}</td>` : `<td data-name="${words(head[at] ?? '')}"><span>${html}</span></td>`
  const names = head.map((text) => `<th scope="col">${words(text)}</th>`)
  const body = rows.map((cells) => `<tr>${cells.map(cell).join('')}</tr>`)
  return `<div class="scroll"><table class="main"><thead><tr>${names.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** A sentence about images that could not be read; undefined where all could. */
export function leftOut(
  unreadable: readonly { readonly image: string; readonly error: { readonly code: string } }[],
): string | undefined {
  const n = unreadable.length
  if (n === 0) return undefined
  const some = unreadable.slice(0, 5).map(({ image, error }) => `${short(image)} (${error.code})`)
  const rest = n > 5 ? `, and ${n - 5} more (the file in JSON beside this one names all)` : ''
  return `${plural(n, 'image could not be read and is left out', 'images could not be read and are left out')}: ${some.join(', ')}${rest}.`
}

/** The last three parts of a path: split, kind and file. */
export function short(image: string): string {
  return image.split('/').slice(-3).join('/')
}

/** The last part of a path. */
export function fileName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1)
}
