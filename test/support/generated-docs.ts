/** The parts of docs/ that are made from tables in the code. `node dist/test/support/write-docs.js` writes them; a test compares. */
import { readFile } from 'node:fs/promises'
import { limitTable } from '../../src/api/limits.ts'
import { errorTable } from '../../src/errors.ts'

/** Path, from the root of the project, and content. */
export async function generatedDocs(): Promise<[path: string, text: string][]> {
  return [
    ['docs/errors.md', errorsPage()],
    ['docs/operations.md', withLimits(await readFile('docs/operations.md', 'utf8'))],
  ]
}

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { status, title, retry, blames }]) => `| \`${code}\` | ${status} | ${title} | ${retry} | ${blames} |`,
  )
  return `# Errors

Made from \`src/errors.ts\` by \`node dist/test/support/write-docs.js\`.

The command line prints \`oneclass: CODE: sentence\`; the API answers \`application/problem+json\` with \`code\`, \`status\` and \`detail\`; a result
about an image that cannot be scored has \`error: {code, message}\`. The sentence says what to do.

*Retry*: \`again\` means that the same request may succeed a little later (429 and 503 say when, by \`Retry-After\`). *Blames*: what has to
change: what the caller asks for, the image, or something of the service. An error that blames the service says nothing about the
image that it stands beside.

| code | status | what | retry | blames |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}

const [begin, end] = ['<!-- limits: made from src/api/limits.ts -->\n', '<!-- end of limits -->']

function withLimits(page: string): string {
  const rows = Object.entries(limitTable).map(
    ([name, { value, unit, what, at }]) => `| \`${name}\` | ${shown(value, unit)} ${what} | ${at} |`,
  )
  const table = `| limit | default | at it |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  const [before = '', rest = ''] = page.split(begin)
  return `${before}${begin}${table}${end}${rest.split(end)[1] ?? ''}`
}

function shown(value: number, unit: string): string {
  if (unit === 'bytes') return `${value / 1024 ** 2} MiB`
  if (unit === 'ms') return `${value / 1000} seconds`
  return `${value.toLocaleString('en')} ${unit}`
}
