/**
 * Which places of an image are marked. A place's p-value is the share of held-out positives whose highest place, anywhere on their map, is
 * at least as high: (1 + #{peak >= value}) / (n + 1). Marked is what has a p-value of at most the model's share; so at most that share of
 * good images shows any mark at all, wherever it lies (the maximum over a map bounds all of its places: Westfall and Young,
 * "Resampling-based multiple testing", 1993).
 */
import { pValue, threshold } from '../calibration.ts'
import type { PatchState } from './patch-member.ts'

/** Of good images at most this share shows a mark: at .07 instead of .05 one real crack in 15 more is marked (bench/results/places.md). */
export const newMarkedShare = 0.07
/** Models of earlier builds, which do not name theirs. */
const earlierShare = 0.05

/** Of good images at most this share shows a mark of the model. */
export function markedShareOf({ markedShare = earlierShare }: Pick<PatchState, 'markedShare'>): number {
  return markedShare
}

type Marks = Pick<PatchState, 'peaks' | 'markedShare'>

/** A marked part of an image, in shares of its width and height. */
export interface MarkedRegion {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  /** Of its highest place. */
  readonly pValue: number
}

/** Regions beyond this are not told: the lowest p-values come first. */
const mostRegions = 20

/** @param map each place in its own unit (`PatchScores`) */
export function markedRegions(
  { height, width, peaks, markedShare }: Pick<PatchState, 'height' | 'width'> & Marks,
  map: Float64Array,
): MarkedRegion[] {
  const share = markedShareOf({ markedShare })
  const marked = Uint8Array.from(map, (value) => (pValue(peaks, value) <= share ? 1 : 0))
  const found: (MarkedRegion & { readonly highest: number })[] = []
  for (let start = 0; start < marked.length; start++) {
    if (marked[start] !== 1) continue
    let [x0, y0, x1, y1, highest] = [width, height, 0, 0, Number.NEGATIVE_INFINITY]
    const open = [start]
    marked[start] = 2
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)]
      x0 = Math.min(x0, x)
      y0 = Math.min(y0, y)
      x1 = Math.max(x1, x + 1)
      y1 = Math.max(y1, y + 1)
      highest = Math.max(highest, map[at]!)
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (marked[v * width + u] !== 1) continue
          marked[v * width + u] = 2
          open.push(v * width + u)
        }
      }
    }
    const box = { left: x0 / width, top: y0 / height, right: x1 / width, bottom: y1 / height }
    found.push({ ...box, pValue: pValue(peaks, highest), highest })
  }
  found.sort((a, b) => b.highest - a.highest)
  return found.slice(0, mostRegions).map(({ highest: _, ...region }) => region)
}

/**
 * How far each place lies above the mark, in heights of the mark: above 0 exactly where a place is marked, -1 at a typical place. Of a
 * model that can mark nothing (fewer than 14 held-out positives) the highest peak stands for the mark.
 */
export function aboveMark({ peaks, markedShare }: Marks, map: Float64Array): Float64Array {
  const limit = threshold(peaks, markedShareOf({ markedShare }))
  const mark = Math.max(limit === Number.POSITIVE_INFINITY ? peaks.at(-1)! : limit, 1e-9)
  return map.map((value) => value / mark - 1)
}
