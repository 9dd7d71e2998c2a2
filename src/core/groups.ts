/** Union-find: from links between things to groups of things. */
export interface Groups {
  /** The first of the group of i. */
  leader(i: number): number
  /** Puts the groups of i and j together. */
  join(i: number, j: number): void
  /** The first of its group, for each of the n. */
  leaders(): Int32Array
}

export function createGroups(n: number): Groups {
  const parent = Int32Array.from({ length: n }, (_, i) => i)
  const leader = (i: number): number => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!
      i = parent[i]!
    }
    return i
  }
  return {
    leader,
    join(i, j) {
      const [a, b] = [leader(i), leader(j)]
      parent[Math.max(a, b)] = Math.min(a, b)
    },
    leaders: () => parent.map((_, i) => leader(i)),
  }
}

/** The groups of two partitions together: what is in one group in either is in one group. Labels may be any numbers. */
export function joinPartitions(a: ArrayLike<number>, b: ArrayLike<number>): Int32Array {
  const groups = createGroups(a.length)
  for (const labels of [a, b]) {
    const first = new Map<number, number>()
    for (let i = 0; i < labels.length; i++) {
      const other = first.get(labels[i]!)
      if (other === undefined) first.set(labels[i]!, i)
      else groups.join(other, i)
    }
  }
  return groups.leaders()
}
