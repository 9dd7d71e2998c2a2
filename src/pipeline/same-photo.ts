/** Which images of a folder are the same photo: they are used, but held out together. */
import { joinPartitions } from '../core/groups.ts'
import type { Matrix } from '../core/matrix.ts'
import { groupCopies } from '../images/copies.ts'
import { groupNearDuplicates, type PerceptualHash } from '../images/phash.ts'
import type { Positive } from './make-gallery.ts'

/** Bits by which perceptual hashes of the same photo may differ. */
const nearDuplicateBits = 4
/** Among more images than this, copies are looked for by hash only: laying them onto each other would take minutes. */
const mostCompared = 2000

/** For each positive the first of its near-duplicates: the same photo by its hash, or turned, mirrored, cropped, relit. */
export function groupsOf(positives: readonly Positive[], X: Matrix): Int32Array {
  const alike = groupNearDuplicates(
    positives.map(({ hash }) => hash),
    nearDuplicateBits,
  )
  if (positives.length > mostCompared) return Int32Array.from(alike)
  const copies = groupCopies(
    positives.map(({ print }) => print),
    X,
  )
  return joinPartitions(alike, copies)
}

export function namesOfGroups(groups: Int32Array, images: readonly string[]): string[][] {
  const members = new Map<number, string[]>()
  groups.forEach((leader, i) => {
    members.set(leader, [...(members.get(leader) ?? []), images[i]!])
  })
  return [...members.values()].filter((names) => names.length > 1)
}

/** Tells whether an image is one of these positives: the same hash and, to the last bit, the same embedding. */
export function knownPixels(
  positives: readonly Positive[],
): (embedding: Float32Array, hash: PerceptualHash) => boolean {
  const keyOf = ({ high, low }: PerceptualHash) => `${high} ${low}`
  const byHash = new Map<string, Float32Array[]>()
  for (const { hash, embedding } of positives) byHash.set(keyOf(hash), [...(byHash.get(keyOf(hash)) ?? []), embedding])
  return (embedding, hash) =>
    byHash.get(keyOf(hash))?.some((known) => known.every((value, i) => value === embedding[i])) ?? false
}
