/** Images of a batch that were picked on its map, in the address as ranges of their indices: `3-7.12` is 3 to 7 and 12. */
import { useState } from 'preact/hooks'
import { noteQuery, route } from '../routes.ts'
import { useAddress } from './view-state.ts'

/** Null: all are shown. @returns what the address says, and how to show all again */
export function usePicked(): readonly [ReadonlySet<number> | null, () => void] {
  const [indices, set] = useState(() => pickedIn(route.peek().query))
  useAddress(() => set(pickedIn(route.peek().query)))
  const showAll = () => {
    set(null)
    noteQuery({ picked: null })
  }
  return [indices, showAll]
}

function pickedIn(query: URLSearchParams): ReadonlySet<number> | null {
  const words = query.get('picked')
  if (words === null) return null
  const indices = new Set<number>()
  for (const range of words.split('.')) {
    const [first = Number.NaN, last = first] = range.split('-').map(Number)
    // a batch of uploads or of a map has fewer: an address that was made up costs nothing
    for (let index = first; index <= Math.min(last, first + 100_000); index++) indices.add(index)
  }
  return indices
}

export function pickedWords(indices: Iterable<number>): string {
  const ranges: [first: number, last: number][] = []
  for (const index of [...indices].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && index === range[1] + 1) range[1] = index
    else ranges.push([index, index])
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join('.')
}
