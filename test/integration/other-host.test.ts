import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOtherHost } from '../chaos/other-host.ts'

test('a worker that can reach nothing but Redis fits and classifies', async (t) => {
  const { skipped, score, ...rest } = await runOtherHost()
  if (skipped !== undefined) return t.skip(skipped)
  assert.deepEqual(rest, { fit: 'done', batchResults: 40, workers: 1, reached: [] })
  assert.ok(score! >= 0 && score! <= 1)
})
