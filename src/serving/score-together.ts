/**
 * Images of a batch that the network answers in one run are scored in one call, which takes a part of the time: the numbers of a model are
 * then fetched from memory once for all of them.
 */
import { pairs } from '../core/pairs.ts'
import type { Classifier, Seen } from '../pipeline/classify.ts'
import type { Scored } from '../wire/result.ts'

interface Waiting {
  readonly seen: Seen
  resolve(scored: Scored): void
  reject(error: unknown): void
}

export type ScoreTogether = (classifier: Classifier, seen: Seen, alpha: number | undefined) => Promise<Scored>

/** What is asked for before the event loop turns is scored together. Errors as `Classifier.score`. */
export function createScoreTogether(): ScoreTogether {
  const queues = new Map<Classifier, Map<number | undefined, Waiting[]>>()

  const flush = (): void => {
    const all = [...queues]
    queues.clear()
    for (const [classifier, byAlpha] of all) {
      for (const [alpha, waiting] of byAlpha) scoreQueue(classifier, alpha, waiting)
    }
  }

  return (classifier, seen, alpha) =>
    new Promise((resolve, reject) => {
      if (queues.size === 0) setImmediate(flush)
      const byAlpha = queues.get(classifier) ?? new Map<number | undefined, Waiting[]>()
      queues.set(classifier, byAlpha)
      byAlpha.set(alpha, [...(byAlpha.get(alpha) ?? []), { seen, resolve, reject }])
    })
}

function scoreQueue(classifier: Classifier, alpha: number | undefined, waiting: readonly Waiting[]): void {
  try {
    const scored = classifier.scoreAll(
      waiting.map(({ seen }) => seen),
      alpha,
    )
    for (const [{ resolve }, one] of pairs(waiting, scored)) resolve(one)
  } catch {
    // one of them is at fault: each is scored alone, so that no other pays for it
    for (const { seen, resolve, reject } of waiting) {
      try {
        resolve(classifier.score(seen, alpha))
      } catch (own) {
        reject(own)
      }
    }
  }
}
