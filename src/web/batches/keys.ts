/** The keys of a review, the same in the grid and in the large view. */
import type { Truth } from './review.ts'

const answers: Readonly<Record<string, Truth | null | 'undo'>> = {
  b: 'belongs',
  d: 'differs',
  c: 'unsure',
  u: 'undo',
  Backspace: null,
}

/** What a key says: an answer, null to take the answer of this image back, or to undo the last one; undefined for other keys. */
export function reviewKey(event: KeyboardEvent): Truth | null | 'undo' | undefined {
  return answers[event.key.length === 1 ? event.key.toLowerCase() : event.key]
}

/** The key that says it. */
export function keyOf(truth: Truth): string {
  return (Object.keys(answers).find((key) => answers[key] === truth) ?? '').toUpperCase()
}
