/** What Redis answers with WITHSCORES: members and their scores in turn. */
import { pairs } from '../core/pairs.ts'

export function withScores(flat: readonly string[]): { member: string; score: number }[] {
  const members = flat.filter((_, i) => i % 2 === 0)
  const scores = flat.filter((_, i) => i % 2 === 1)
  return pairs(members, scores).map(([member, score]) => ({ member, score: Number(score) }))
}
