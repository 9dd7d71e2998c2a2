/**
 * What two lists hold at the same places: `[[left[0], right[0]], [left[1], right[1]], ...]`.
 * @throws Error when one is longer than the other, which is a fault of ours: what is asked for many has an answer for each
 */
export function pairs<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  if (left.length !== right.length) throw new Error(`${left.length} and ${right.length} values make no pairs`)
  const rights = right.values()
  return left.map((one) => {
    const other = rights.next()
    if (other.done) throw new Error('A list became shorter while it was read')
    return [one, other.value]
  })
}
