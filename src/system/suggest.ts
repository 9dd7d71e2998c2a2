/** "Did you mean": the known word nearest to a wrong one. */

/** @returns undefined where none is near */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = edits(heard(word), heard(candidate))
    // of one letter another one is no misspelling
    if (distance < least && distance < Math.max(word.length, candidate.length)) [best, least] = [candidate, distance]
  }
  // a beginning that fits one word only
  return best ?? only(known.filter((candidate) => word.length >= 2 && candidate.startsWith(word)))
}

/** ` Did you mean "fit"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}

/** As it sounds: "alfa" is near to "alpha". */
function heard(word: string): string {
  return word.toLowerCase().replaceAll('ph', 'f')
}

/** Letters to insert, remove, change or swap with their neighbour (Damerau-Levenshtein, optimal string alignment). */
function edits(a: string, b: string): number {
  const letters = [...b]
  let beforeLast: number[] = []
  let last = [0, ...letters.map((_, j) => j + 1)]
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1]
    for (const [j, other] of letters.entries()) {
      // all three neighbours are there: rows have one number more than letters
      const [left = 0, above = 0, across = 0] = [row[j], last[j + 1], last[j]]
      let least = Math.min(above + 1, left + 1, across + (letter === other ? 0 : 1))
      if (letter === letters[j - 1] && other === a[i - 1]) least = Math.min(least, (beforeLast[j - 1] ?? 0) + 1)
      row.push(least)
    }
    ;[beforeLast, last] = [last, row]
  }
  return last.at(-1) ?? a.length
}

function only(words: readonly string[]): string | undefined {
  return words.length === 1 ? words[0] : undefined
}
