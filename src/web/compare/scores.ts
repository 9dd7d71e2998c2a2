/** The scores of the test images, out of the comparison's scores.csv: image, label, method, score, isPositive. */
import { parseCsv } from '../../wire/csv.ts'

export interface TestScore {
  readonly isPositive: boolean
  readonly score: number
  readonly accepted: boolean
}

/** By method. */
export type Scores = ReadonlyMap<string, readonly TestScore[]>

export function readScores(text: string): Scores {
  const scores = new Map<string, TestScore[]>()
  for (const [, label, method, score, accepted] of parseCsv(text).slice(1)) {
    if (method === undefined) continue
    const found = scores.get(method) ?? []
    scores.set(method, found)
    found.push({ isPositive: label === 'positive', score: Number(score), accepted: accepted === 'true' })
  }
  return scores
}
