import assert from 'node:assert/strict'
import test from 'node:test'
import { power } from '../../src/core/power.ts'

test('powers have the same bits in every Node', () => {
  // as Node 20.20, 22.23 and 24.21 give them; `**` gives others for some of these in Node 24
  assert.deepEqual(
    [0.1, 0.37, 0.5, 0.93, 1.7].map((exponent) => power(2, -exponent)),
    [0.9330329915368074, 0.7737824967711949, 0.7071067811865475, 0.5248583418115337, 0.3077861033362291],
  )
  for (const [base, exponent] of [
    [0.5, 3],
    [9, 0.5],
    [1e-300, 0.01],
    [0.73, 1.13],
  ] as const)
    assert.ok(Math.abs(power(base, exponent) / base ** exponent - 1) < 1e-13)
})
