/** Which images of a folder are the same photo: they are used, but held out together. */
import type { Matrix } from '../core/matrix.ts'
import { present } from '../errors.ts'
import { groupNearDuplicates } from '../images/near-duplicates.ts'
import type { PerceptualHash } from '../images/phash.ts'
import type { Positive } from './make-gallery.ts'

/** For each positive the first of its near-duplicates. */
export function groupsOf(positives: readonly Positive[], X: Matrix): Int32Array {
  return groupNearDuplicates({ traits: positives, X })
}

export function namesOfGroups(groups: Int32Array, images: readonly string[]): string[][] {
  const members = new Map<number, string[]>()
  groups.forEach((leader, i) => {
    members.set(leader, [...(members.get(leader) ?? []), present(images[i], 'the name of a positive')])
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
