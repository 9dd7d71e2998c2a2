/** The keys of a review, the same in the grid and in the large view. */
import { useEffect, useRef } from 'preact/hooks'
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

/**
 * Hears the keys of a review while nothing has the focus: a cell that is drawn anew (results come, columns change) loses it, and
 * an answer must not be lost with it.
 */
export function useReviewKeys(onKey: ((event: KeyboardEvent) => void) | null): void {
  const latest = useRef(onKey)
  latest.current = onKey
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (document.activeElement === document.body && !event.defaultPrevented) latest.current?.(event)
    }
    addEventListener('keydown', hear)
    return () => removeEventListener('keydown', hear)
  }, [])
}
