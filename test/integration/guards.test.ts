/** The guards that `chaos/guards.ts` takes out stand in the build: code that moves takes its guard along in the list. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { guards } from '../chaos/guard-list.ts'

test('each guard is found', async () => {
  for (const { attack, file, guard, instead } of guards) {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')
    assert.notEqual(
      text.replace(guard, () => instead),
      text,
      `${attack}: not in ${file}`,
    )
  }
})
