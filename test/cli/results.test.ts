/** The table of results: columns stand below their heads, and places have one where the model looks at them. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { resultWriter } from '../../src/cli/results.ts'
import type { ImageResult } from '../../src/wire/result.ts'

const detector = (pValue: number) => ({ score: 0.5, pValue })
const scored: ImageResult = {
  image: 'a.jpg',
  model: 'part@1',
  isPositive: false,
  score: 0.912,
  pValue: 0.005,
  alpha: 0.05,
  detectors: { isolationForest: detector(0.1), oneClassSvm: detector(0.2), patches: detector(0.0123) },
  nearest: [],
}
const unread: ImageResult = { image: 'b.jpg', error: { code: 'IMAGE_UNREADABLE', message: 'no image' } }

test('a model of places has a column of what they say, and all columns stand below their heads', () => {
  for (const hasPlaces of [false, true]) {
    const writer = resultWriter('table', [], {}, hasPlaces)
    const lines: string[] = [...writer.head, ...writer.lines(scored), ...writer.lines(unread)]
    assert.equal(lines[0]!.includes('places p'), hasPlaces)
    assert.equal(lines[1]!.includes('0.0123'), hasPlaces)
    const starts = lines.map((line) => line.search(/\S+$/))
    assert.equal(new Set(starts).size, 1, lines.join('\n'))
  }
})
