/** A short run of `test/chaos/hostile-files.ts`: each kind of hostile file, with none of the enormous ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHostileFiles } from '../chaos/hostile-run.ts'

test('hostile files: each a result or an error that blames the file, alone as in a batch, and nothing dies', async () => {
  const report = await runHostileFiles({ count: 160, seed: 7, size: 'small', workers: 1, maxMebi: 1024, maxMs: 30_000 })
  assert.deepEqual(report.wrong, [])
  assert.ok(report.files >= 160)
  assert.ok((report.outcomes['result'] ?? 0) > 30)
  for (const code of ['IMAGE_UNREADABLE', 'IMAGE_UNSUPPORTED', 'IMAGE_TOO_LARGE'])
    assert.ok((report.outcomes[code] ?? 0) > 3, code)
})
