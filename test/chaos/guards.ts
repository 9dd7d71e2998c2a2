/**
 * Does every attack's test fail without the guard against it? Takes each guard out of a copy of the build, runs the test
 * that should notice, and reports guards that nobody would miss. By hand: `node dist/test/chaos/guards.js [PART]`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freezeBuild } from '../support/frozen.ts'
import { guards } from './guard-list.ts'

const wanted = process.argv[2] ?? ''
const copy = await mkdtemp(join(tmpdir(), 'oneclass-guards-'))
let missed = 0
try {
  await freezeBuild(copy)
  for (const { attack, file, guard, instead, test } of guards) {
    if (!attack.includes(wanted) && !file.includes(wanted)) continue
    const path = join(copy, 'dist', file)
    const before = await readFile(path, 'utf8')
    const after = before.replace(guard, () => instead)
    let outcome = 'noticed'
    if (after === before) outcome = 'THE GUARD WAS NOT FOUND'
    else {
      await writeFile(path, after)
      if (await passes(test)) outcome = 'NOBODY NOTICED'
      await writeFile(path, before)
    }
    if (outcome !== 'noticed') missed++
    process.stdout.write(`${outcome.padEnd(24)} ${attack} (${test})\n`)
  }
} finally {
  await rm(copy, { recursive: true, force: true })
}
process.stdout.write(`${missed} of ${guards.length} guards are not proven\n`)
process.exitCode = missed > 0 ? 1 : 0

function passes(test: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('node', [join(copy, 'dist/test/run.js'), test], { cwd: copy, timeout: 240_000 }, (error) =>
      resolve(error === null),
    )
  })
}
