/**
 * Runs the test files (all, or those whose path holds one of the arguments), each in a process of its own, prints what failed, and
 * closes with one line: `N passed, N failed, N skipped`. No test at all is a failure.
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const wanted = process.argv.slice(2)
const files = (readdirSync(folder, { recursive: true }) as string[])
  .filter((name) => name.endsWith('.test.js') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .sort()
  .map((name) => join(folder, name))

/** Pages keep two cores busy, and miss their moments with a third file beside; of other tests many wait. */
async function* events() {
  const isPage = (path: string) => relative(folder, path).startsWith('web')
  for (const [part, concurrency] of [
    [files.filter((path) => !isPage(path)), 3],
    [files.filter(isPage), 2],
  ] as const)
    if (part.length > 0) yield* run({ files: part, concurrency, timeout: 600_000 })
}

let passed = 0
let failed = 0
let skipped = 0
const started = performance.now()
const seconds = new Map<string, number>()
for await (const event of events()) {
  if (event.type === 'test:stdout' || event.type === 'test:stderr') continue
  if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
  const { name, details, skip, nesting, file } = event.data
  const isFile = files.includes(name)
  const from = file ?? name
  if (nesting === 0) seconds.set(from, (seconds.get(from) ?? 0) + details.duration_ms / 1000)
  if (details.type === 'suite' || (isFile && event.type === 'test:pass')) continue
  const where = `${relative(folder, from)}: ${name}`
  if (skip !== undefined) {
    skipped++
    console.log(`skip  ${where}${typeof skip === 'string' ? ` (${skip})` : ''}`)
  } else if (event.type === 'test:pass') passed++
  else {
    const error = details.error as Error & { cause?: unknown; failureType?: string }
    if (error.failureType === 'subtestsFailed') continue
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
