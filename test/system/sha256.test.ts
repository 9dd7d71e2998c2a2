import assert from 'node:assert/strict'
import test from 'node:test'
import { sha256, sha256InTurns } from '../../src/system/sha256.ts'

const mebi = 2 ** 20

test('the hash of many bytes is the same in turns, and others get theirs in between', async () => {
  const bytes = Buffer.alloc(33 * mebi, 'not all the same')
  const parts = [bytes.subarray(0, 7), bytes.subarray(7, 5 * mebi), bytes.subarray(5 * mebi)]
  let isOver = false
  let turns = 0
  const count = (): void => {
    turns++
    if (!isOver) setImmediate(count)
  }
  count()
  for (const data of [bytes, parts]) {
    const before = turns
    assert.equal(await sha256InTurns(data), sha256(bytes))
    assert.ok(turns - before >= 14, `${turns - before} turns`)
  }
  isOver = true
  for (const small of ['', 'a']) assert.equal(await sha256InTurns(Buffer.from(small)), sha256(small))
})
