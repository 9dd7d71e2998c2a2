/**
 * How many independent photos a set with near-duplicates is worth, and which held-out scores stand for it.
 *
 * p-values and the Beta distribution of the realised rate (`promise.ts`) take held-out scores to be independent. The scores of copies of
 * one photo are not: m of them with the intraclass correlation r tell as much as m / (1 + (m - 1) r) independent ones (the design
 * effect: Kish, "Survey Sampling", 1965): one where copies score alike, all where they do not. So many scores are counted in all. r is
 * estimated from the ranks of the scores by one-way analysis of variance (Donner, "A review of inference procedures for the intraclass
 * correlation coefficient", Int. Statistical Review 54, 1986), over all groups together.
 *
 * Which scores are counted: those that lie evenly in the sorted scores of all rows. Photos in the middle of the class have near
 * neighbours by chance: leaving out one of each such pair would leave too many high scores, and thresholds that reject too little.
 */

/**
 * @param rows the rows that were held out
 * @param groups group number of each row of the fit
 * @param scores held-out score of each row of the fit
 * @returns the rows whose scores count, in the order of `rows`
 */
export function independentRows(
  rows: readonly number[],
  groups: ArrayLike<number>,
  scores: ArrayLike<number>,
): readonly number[] {
  const members = new Map<number, number[]>()
  for (const i of rows) members.set(groups[i]!, [...(members.get(groups[i]!) ?? []), i])
  if (members.size === rows.length) return rows
  const correlation = intraclassCorrelation([...members.values()], ranksOf(rows, scores))
  const weight = new Map<number, number>()
  let [total, sum] = [0, 0]
  for (const list of members.values()) {
    const count = Math.max(1, Math.round(list.length / (1 + (list.length - 1) * correlation)))
    total += count
    for (const i of list) weight.set(i, Math.min(1, (mostWeight * count) / list.length))
    sum += Math.min(list.length, mostWeight * count)
  }
  const kept = new Set<number>()
  let passed = 0
  for (const i of rows.toSorted((a, b) => scores[a]! - scores[b]! || a - b)) {
    passed += weight.get(i)!
    if (passed > ((kept.size + 0.5) * sum) / total) kept.add(i)
  }
  return rows.filter((i) => kept.has(i))
}

/** A group weighs at most as much as so many times the photos that it is worth: one unusual thing under ten lamps is no tenth of a class. */
const mostWeight = 2

/** In [0, 1]: 1 where rows of a group have the same value, 0 where groups say nothing about values. */
function intraclassCorrelation(groups: readonly (readonly number[])[], value: ReadonlyMap<number, number>): number {
  const n = value.size
  const k = groups.length
  if (k < 2) return 1
  const mean = (n + 1) / 2
  let [between, within, squares] = [0, 0, 0]
  for (const rows of groups) {
    const own = rows.reduce((sum, i) => sum + value.get(i)!, 0) / rows.length
    between += rows.length * (own - mean) ** 2
    for (const i of rows) within += (value.get(i)! - own) ** 2
    squares += rows.length ** 2
  }
  const [msb, msw] = [between / (k - 1), within / (n - k)]
  const size = (n - squares / n) / (k - 1)
  const correlation = (msb - msw) / (msb + (size - 1) * msw)
  return Number.isFinite(correlation) ? Math.min(1, Math.max(0, correlation)) : 1
}

/** Ranks from 1, equal scores sharing theirs. */
function ranksOf(rows: readonly number[], scores: ArrayLike<number>): Map<number, number> {
  const sorted = rows.toSorted((a, b) => scores[a]! - scores[b]!)
  const ranks = new Map<number, number>()
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && scores[sorted[to]!] === scores[sorted[from]!]) to++
    for (let i = from; i < to; i++) ranks.set(sorted[i]!, (from + to + 1) / 2)
    from = to
  }
  return ranks
}
