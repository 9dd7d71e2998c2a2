import assert from 'node:assert/strict'
import test from 'node:test'
import { leadingComponents } from '../../src/core/leading-components.ts'
import { l2Normalise, matrix, row } from '../../src/core/matrix.ts'
import { createRandom } from '../../src/core/random.ts'
import { principalComponents } from '../../src/evaluation/projection.ts'

const random = createRandom(4)

test('as the full decomposition has it, for more rows than columns and for fewer', () => {
  for (const [n, d] of [
    [60, 20],
    [20, 60],
  ] as const) {
    const X = l2Normalise(
      matrix(
        n,
        d,
        Float64Array.from({ length: n * d }, (_, k) => 1 + random.normal() / (1 + (k % d))),
      ),
    )
    const expected = principalComponents(X)
    const found = leadingComponents(X, 2, createRandom(1))
    for (let c = 0; c < 2; c++) {
      const pairs = expected.map((point, i) => [point[c]!, found.data[2 * i + c]!] as const)
      const sign = Math.sign(pairs.reduce((sum, [a, b]) => sum + a * b, 0))
      for (const [a, b] of pairs) assert.ok(Math.abs(a - sign * b) < 1e-6, `${a} ${b}`)
    }
  }
})

test('the same seed gives the same numbers; rows that do not vary give zeros', () => {
  const X = matrix(5, 3, Float64Array.from([1, 2, 3, 4, 5, 6, 7, 8, 10, 0, 1, 0, 2, 2, 2]))
  assert.deepEqual(leadingComponents(X, 2, createRandom(1)), leadingComponents(X, 2, createRandom(1)))
  const same = leadingComponents(matrix(4, 3, new Float64Array(12).fill(7)), 2, createRandom(1))
  assert.deepEqual([...row(same, 3)].map(Math.abs), [0, 0])
  assert.deepEqual([...leadingComponents(matrix(1, 3), 2, createRandom(1)).data].map(Math.abs), [0, 0])
})
