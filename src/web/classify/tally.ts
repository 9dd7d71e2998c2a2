/** What passes before a camera, counted: a thing is in sight for many frames, and counts once. */
import type { Verdict } from '../verdict.ts'

export interface Tally {
  readonly belongs: number
  readonly differs: number
  /** The verdict of what is in sight now; null until it has lasted. */
  readonly now: Verdict | null
}

/** Frames in a row that a verdict must last, so that a single blurred one does not count. */
const steady = 3

/** @returns a function of each verdict, which gives the counts after it */
export function createTally(): (verdict: Verdict) => Tally {
  let tally: Tally = { belongs: 0, differs: 0, now: null }
  let last: Verdict | null = null
  let run = 0
  return (verdict) => {
    run = verdict === last ? run + 1 : 1
    last = verdict
    if (run === steady && verdict !== tally.now) {
      tally = {
        belongs: tally.belongs + (verdict === 'belongs' ? 1 : 0),
        differs: tally.differs + (verdict === 'differs' ? 1 : 0),
        now: verdict,
      }
    }
    return tally
  }
}
