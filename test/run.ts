/**
 * Runs the test files (all, or those whose path holds one of the arguments), each in a process of its own, prints what failed, and
 * closes with one line: `N passed, N failed, N skipped`. No test at all is a failure.
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { finished } from 'node:stream/promises'
import { type EventData, run } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const files = (readdirSync(folder, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.test.js') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort()
  .map((name) => join(folder, name))

let passed = 0
let failed = 0
let skipped = 0
const started = performance.now()
const seconds = new Map<string, number>()

/** Of the tests many wait: three files at a time keep two cores busy. Of those one is a page's, which would miss its moments beside another. */
const isPage = (path: string) => relative(folder, path).startsWith('web')
await Promise.all([
  follow(files.filter(isPage), 1),
  follow(
    files.filter((path) => !isPage(path)),
    2,
  ),
])

async function follow(some: string[], concurrency: number): Promise<void> {
  if (some.length === 0) return
  const events = run({ files: some, concurrency, timeout: 600_000 })
  events.on('test:pass', (test) => note(test, undefined))
  events.on('test:fail', (test) => note(test, test.details.error as Fault))
  events.resume()
  await finished(events)
}

type Fault = Error & { failureType?: string }

function note({ name, details, skip, nesting, file }: EventData.TestPass | EventData.TestFail, error?: Fault): void {
  const isFile = files.includes(name)
  const from = file ?? name
  if (nesting === 0) seconds.set(from, (seconds.get(from) ?? 0) + details.duration_ms / 1000)
  if (details.type === 'suite' || (isFile && error === undefined)) return
  const where = `${relative(folder, from)}: ${name}`
  if (skip !== undefined) {
    skipped++
    console.log(`skip  ${where}${typeof skip === 'string' ? ` (${skip})` : ''}`)
  } else if (error === undefined) passed++
  else if (error.failureType !== 'subtestsFailed') {
    failed++
    console.log(`FAIL  ${where}\n${String((error.cause as Error | undefined)?.stack ?? error.cause ?? error)}\n`)
  }
}
if (passed + failed === 0) {
  console.log('no test was run')
  failed = 1
}
const slowest = [...seconds].sort((a, b) => b[1] - a[1]).slice(0, 8)
console.log(`slowest: ${slowest.map(([file, took]) => `${relative(folder, file)} ${took.toFixed(0)} s`).join(', ')}`)
console.log(`${files.length} files, ${((performance.now() - started) / 1000).toFixed(0)} s`)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed > 0 ? 1 : 0
