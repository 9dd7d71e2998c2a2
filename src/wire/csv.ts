/** CSV (RFC 4180), read and written. */

/** What begins a formula, full-width forms included, behind blanks that are seen or not (OWASP, "CSV Injection"). */
const formula = /^[\s\u200b-\u200f\u2060]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/

/** A cell: quoted where needed; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvField(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * What a file with these names begins with. Excel takes a CSV without a byte order mark for its own old character set and garbles names
 * that are no plain ASCII, so there is one where a name needs it, and none where programs that do not expect it would stumble for nothing.
 */
export function csvMark(names: Iterable<string>): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  for (const name of names) if (!/^[\u0000-\u007f]*$/.test(name)) return '\uFEFF'
  return ''
}

/** Rows of cells: quoted cells may hold separators, line ends and doubled quotes; a byte order mark is taken away. */
export function parseCsv(text: string, separator = ','): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  const endRow = () => {
    row.push(cell)
    rows.push(row)
    row = []
    cell = ''
  }
  for (let i = text.startsWith('\uFEFF') ? 1 : 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (isQuoted) {
      if (char !== '"') cell += char
      else if (text[i + 1] === '"') cell += text.charAt(++i)
      else isQuoted = false
    } else if (char === '"' && cell === '') isQuoted = true
    else if (char === separator) {
      row.push(cell)
      cell = ''
    } else if (char === '\n' || (char === '\r' && text[i + 1] !== '\n')) endRow()
    else if (char !== '\r') cell += char
  }
  if (cell !== '' || row.length > 0) endRow()
  return rows
}
