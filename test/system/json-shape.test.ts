import assert from 'node:assert/strict'
import test from 'node:test'
import { refuseJson } from '../../src/system/json-shape.ts'
import { parseJson } from '../../src/system/parse-json.ts'

const shape = { maxDepth: 4, maxValues: 10 }

test('depth and values are counted, strings are not', () => {
  assert.equal(refuseJson('{"a":[[[1]]]}', shape), undefined)
  assert.match(refuseJson('{"a":[[[[1]]]]}', shape)!, /4 deep/)
  assert.match(refuseJson(JSON.stringify(Array.from({ length: 20 }, () => 1)), shape)!, /10 values/)
  assert.match(refuseJson(`[${'{},'.repeat(20)}0]`, shape)!, /10 values/)
  for (const text of ['[[[[[[[', ',,,,,,,,,,,,', '\\', '\\"[[[[[[[[', '"', 'x"[[[[[[[y'])
    assert.equal(refuseJson(JSON.stringify({ text }), shape), undefined, text)
  assert.match(refuseJson('["\\\\",[[[[[1]]]]]', shape)!, /deep/)
})

test('a body of 44 MiB costs no time, whatever it holds', () => {
  const length = 44 * 2 ** 20
  for (const text of ['['.repeat(length), `["${'A'.repeat(length)}"]`, `[${'{},'.repeat(length / 3)}0]`]) {
    const started = performance.now()
    refuseJson(text, { maxDepth: 16, maxValues: 100_000 })
    assert.ok(performance.now() - started < 2000)
  }
})

test('JSON out of Redis that is built beyond all measure is none', () => {
  assert.deepEqual(parseJson('{"a":[1]}'), { a: [1] })
  assert.equal(parseJson('['.repeat(1e6)), undefined)
  assert.equal(parseJson('{'), undefined)
})
