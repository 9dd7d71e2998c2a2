/** `bench/corpus.ts` as anyone runs it; where no Python has Pillow, only that it says so. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { drawFolder } from '../support/command-line.ts'

test('each file is decoded here and, where there is one, by a second decoder; the last line counts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'oneclass-corpus-'))
  try {
    await drawFolder(folder, 3, 1)
    await writeFile(join(folder, 'broken.jpg'), 'no image')
    const program = fileURLToPath(new URL('../../bench/corpus.js', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [program, folder])
    assert.match(stdout, /broken\.jpg: neither: IMAGE_UNREADABLE/)
    assert.match(stdout, /^(1 neither, 3 same|3 same, 1 neither)( \(decoded here only: .*\))?\n$/m)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
