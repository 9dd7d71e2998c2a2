/**
 * What the reviewer says an image is. Right and wrong follow from it and from alpha, so moving alpha after a review shows
 * how the verdicts would have fared. Kept on this device, a batch an entry, the latest twenty.
 */
import { type Signal, signal } from '@preact/signals'
import { type Verdict, verdictOf } from '../verdict.ts'
import type { Item } from './live.ts'

export type Truth = 'belongs' | 'differs' | 'unsure'
export type Mark = 'right' | 'wrong' | 'unsure'
export type Reviews = ReadonlyMap<number, Truth>

const prefix = 'oneclass.review.'
const most = 20

export function openReviews(batch: string): Signal<Reviews> {
  let saved: [number, Truth][] = []
  try {
    saved = (JSON.parse(localStorage.getItem(prefix + batch) ?? '{"truths":[]}') as { truths: [number, Truth][] })
      .truths
  } catch {
    // none, or not ours
  }
  return signal<Reviews>(new Map(saved))
}

export function setTruth(batch: string, reviews: Signal<Reviews>, index: number, truth: Truth | null): void {
  const next = new Map(reviews.value)
  if (truth === null) next.delete(index)
  else next.set(index, truth)
  reviews.value = next
  try {
    localStorage.setItem(prefix + batch, JSON.stringify({ at: Date.now(), truths: [...next] }))
    prune()
  } catch {
    // full or forbidden: the review lives as long as the page
  }
}

function prune(): void {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix))
  if (names.length <= most) return
  const age = (name: string) => (JSON.parse(localStorage.getItem(name) ?? '{}') as { at?: number }).at ?? 0
  names.sort((a, b) => age(a) - age(b))
  for (const name of names.slice(0, names.length - most)) localStorage.removeItem(name)
}

export function markOf(verdict: Verdict, truth: Truth | undefined): Mark | undefined {
  if (truth === undefined || truth === 'unsure') return truth
  return truth === verdict ? 'right' : 'wrong'
}

/** The truth that a mark stands for, given what the model said. */
export function truthOf(verdict: Verdict, mark: Mark): Truth | null {
  if (verdict === 'unreadable' || verdict === 'unanswered') return null
  if (mark === 'unsure') return 'unsure'
  if (mark === 'right') return verdict
  return verdict === 'belongs' ? 'differs' : 'belongs'
}

export interface ReviewCounts {
  readonly reviewed: number
  readonly right: number
  readonly wrong: number
  /** Indices of images that the reviewer says belong. */
  readonly confirmed: readonly number[]
}

export function countReviews(items: readonly Item[], reviews: Reviews, alpha: number): ReviewCounts {
  let right = 0
  let wrong = 0
  const confirmed: number[] = []
  if (reviews.size > 0)
    for (const { index, line } of items) {
      const truth = reviews.get(index)
      const mark = markOf(verdictOf(line, alpha), truth)
      if (mark === 'right') right++
      if (mark === 'wrong') wrong++
      if (truth === 'belongs') confirmed.push(index)
    }
  return { reviewed: reviews.size, right, wrong, confirmed }
}
